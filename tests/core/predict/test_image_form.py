"""Images of every format and of any size are made like the training images; hostile ones are
refused in one sentence.
"""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.base.errors import BadData
from core.data.arrays.image_decoding import ImageFile
from core.predict.image_form import ImageForm, PreparedImage

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")


@pytest.fixture(scope="module")
def form(predictor) -> ImageForm:
    return predictor.form


@pytest.fixture(scope="module")
def digit(predictor) -> np.ndarray:
    """A test image (8, 8) that the network reads rightly and surely."""
    images = predictor.samples("test", range(predictor.count("test")))
    found = predictor.predict(images)
    right = found.scores.argmax(1) == predictor.targets("test", range(len(images)))
    return images[np.argmax(found.probabilities.max(1) * right)][0].round().astype(np.uint8)


def encoded(image: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def prepared(form: ImageForm, content: bytes, name: str = "seven.png") -> PreparedImage:
    return form.prepare_file(ImageFile(name, lambda: io.BytesIO(content)))


def codes(image: PreparedImage) -> list[str]:
    return [finding.code for finding in image.findings]


def large(digit: np.ndarray, *, negative: bool = False) -> Image.Image:
    """The digit on a page of 120 × 90 pixels, black on white if it is `negative`."""
    page = np.zeros((120, 90), np.uint8)
    page[20:84, 15:79] = np.kron(digit, np.ones((8, 8), np.uint8))
    return Image.fromarray(255 - page if negative else page)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_the_same_answer(predictor, form, digit, format):
    options = {"lossless": True} if format == "WEBP" else {}
    small = prepared(form, encoded(Image.fromarray(digit), format, **options))
    assert codes(small) == []
    np.testing.assert_allclose(small.pixels[0], digit, atol=30 if format == "JPEG" else 0)
    page = prepared(form, encoded(large(digit, negative=True), format))
    assert codes(page) == ["inverted", "resized", "placed"]
    same = predictor.predict(np.stack([digit[None], small.pixels, page.pixels]))
    assert len({prediction.answer for prediction in same}) == 1


@pytest.mark.parametrize(
    ("mode", "format", "expected"),
    [
        ("1", "PNG", []),
        ("L", "PNG", []),
        ("P", "PNG", []),
        ("RGB", "PNG", []),
        ("CMYK", "JPEG", []),
        ("CMYK", "TIFF", []),
        ("I;16", "PNG", ["sixteen_bits"]),
        ("LA", "PNG", ["transparency"]),
        ("RGBA", "PNG", ["transparency"]),
        ("RGBA", "WEBP", ["transparency"]),
        ("white LA", "PNG", ["transparency"]),
        ("white RGBA", "WEBP", ["transparency"]),
    ],
)
def test_every_mode_is_read(predictor, form, digit, mode, format, expected):
    page = large(digit)
    if mode == "I;16":
        page = Image.fromarray(np.asarray(page).astype(np.uint16) * 257)
    elif mode.endswith("A"):  # ink on nothing, which becomes white, or black under white ink
        alpha, is_white = page, mode.startswith("white")
        page = Image.new(mode.removeprefix("white "), page.size, "white" if is_white else 0)
        page.putalpha(alpha)
        expected = [*expected, *["inverted"] * (not is_white)]
    else:
        page = page.convert(mode, dither=Image.Dither.NONE)
    image = prepared(form, encoded(page, format))
    assert codes(image) == [*expected, "resized", "placed"]
    own, again = predictor.predict(np.stack([digit[None], image.pixels]))
    assert own.answer == again.answer


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_followed(form, orientation):
    image = Image.fromarray(np.kron(np.eye(8)[:, :5], np.ones((20, 20))).astype(np.uint8) * 255)
    turned = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)  # what EXIF undoes
    stored = image if turned is None else image.transpose(Image.Transpose(turned))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = prepared(form, encoded(image, "PNG"))
    image = prepared(form, encoded(stored, "PNG", exif=exif))
    assert np.array_equal(upright.pixels, image.pixels)
    assert ("rotated" in codes(image)) == (orientation > 1)
    assert {f.code: f.evidence for f in image.findings}["resized"]["from"] == [160, 100]


def test_only_the_first_frame_of_an_animation_is_used(form, digit):
    frames = [large(digit), Image.new("L", (90, 120), 0)]
    for format in ("GIF", "WEBP", "TIFF"):
        content = encoded(frames[0], format, save_all=True, append_images=frames[1:])
        image = prepared(form, content)
        assert codes(image) == ["animated", "resized", "placed"]
        assert image.pixels.max() > 200


def test_coloured_ink_is_made_grey_and_an_empty_page_is_reported(form, digit):
    page = np.full((120, 90, 3), 255, np.uint8)
    page[np.asarray(large(digit)) > 100] = (180, 0, 0)
    assert codes(prepared(form, encoded(Image.fromarray(page), "PNG"))) == [
        "made_grey",
        "inverted",
        "resized",
        "placed",
    ]
    blank = prepared(form, encoded(Image.new("RGB", (90, 120), (250, 250, 250)), "PNG"))
    assert codes(blank) == ["inverted", "cropped", "resized", "no_ink"]
    assert blank.findings[-1].level == "warn"


@pytest.mark.parametrize("light", [0.0, 0.3, 0.6])
def test_drawings_on_photographed_paper_are_read(predictor, form, drawings, light):
    """Yellowish paper with noise, whose far corner has less light."""
    draw, right = np.random.default_rng(1), 0
    shade = 225 * (1 - light * np.add.outer(np.linspace(0, 0.4, 400), np.linspace(0, 0.6, 400)))
    for drawing in drawings[:10]:
        page = shade * (1 - 0.75 * np.pad(drawing.ink, 60)) + draw.normal(0, 5, shade.shape)
        colours = (page[..., None] * (1, 0.97, 0.9)).clip(0, 255).astype(np.uint8)
        image = prepared(form, encoded(Image.fromarray(colours), "JPEG"))
        assert codes(image)[-2:] == ["resized", "placed"] and "inverted" in codes(image)
        assert ("evened" in codes(image)) == (light > 0)
        right += predictor.predict(image.pixels[None])[0].answer == drawing.digit
    assert right >= 8


def test_photos_are_cut_to_the_proportions_of_the_training_images():
    photos = np.random.default_rng(0).integers(0, 256, (20, 3, 16, 16)).astype(np.uint8)
    form = ImageForm.measure(photos, np.arange(20))
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, 30:70] = 200
    image = prepared(form, encoded(Image.fromarray(wide), "PNG"))
    assert codes(image) == ["cropped", "resized"]
    assert image.pixels.shape == (3, 16, 16) and image.pixels.min() == 200
    grey = prepared(form, encoded(Image.fromarray(wide[..., 0]), "PNG"))
    assert codes(grey) == ["cropped", "resized", "colours_from_grey"]
    same = prepared(form, encoded(Image.fromarray(photos[0].transpose(1, 2, 0)), "PNG"))
    assert codes(same) == [] and np.array_equal(same.pixels, photos[0])


def test_images_like_those_of_the_training_set_stay_as_they_are(predictor, form):
    images = predictor.samples("test", range(60)).round().astype(np.uint8)
    for image in images:
        again = prepared(form, encoded(Image.fromarray(image[0]), "PNG"))
        assert codes(again) == [] and np.array_equal(again.pixels, image)


def test_a_drawing_without_ink_is_refused(form):
    with pytest.raises(BadData) as caught:
        form.prepare_drawing(np.zeros((280, 280)))
    assert caught.value.code == "empty_drawing"


def test_a_drawing_for_photos_is_black_on_white_paper():
    photos = np.random.default_rng(0).integers(0, 256, (20, 3, 16, 16)).astype(np.uint8)
    form = ImageForm.measure(photos, np.arange(20))
    image = form.prepare_drawing(np.pad(np.ones((40, 40)), 60))
    assert image.pixels[:, 8, 8].tolist() == [0] * 3 and image.pixels[:, 0, 0].tolist() == [255] * 3


# --- hostile images


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims this size and contains nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sums = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sums

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def refusal(form: ImageForm, content: bytes) -> BadData:
    with pytest.raises(BadData) as caught:
        prepared(form, content, "foreign.png")
    message = str(caught.value)
    assert message.startswith("foreign.png") and message.endswith(".") and "\n" not in message
    return caught.value


def test_an_image_of_900_million_pixels_is_refused_before_it_is_decoded(form, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("was decoded"))
    for side in (10_000, 30_000):  # Pillow warns of the first and refuses the second
        assert refusal(form, png_header(side, side)).code == "image_too_large"


def test_floating_point_pixels_are_refused(form):
    image = Image.fromarray(np.ones((9, 9), np.float32))
    assert refusal(form, encoded(image, "TIFF")).code == "image_depth"


@pytest.mark.filterwarnings("ignore")  # of Pillow, on metadata
@pytest.mark.parametrize("format", FORMATS)
def test_truncated_images_are_refused(form, digit, format):
    content = encoded(large(digit).convert("RGB"), format)
    for end in (0, 10, len(content) // 2):
        assert refusal(form, content[:end]).code == ("damaged_image" if end else "empty_image")


def test_tiff_files_whose_tables_lead_nowhere_are_refused(form):
    content = bytearray(encoded(Image.new("P", (20, 20)), "TIFF"))
    (start,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, start)
    tags = [start + 2 + 12 * number for number in range(entries)]
    without_palette, second_frame = content[:], content + bytes(6)
    (palette,) = (at for at in tags if struct.unpack_from("<H", content, at) == (320,))
    struct.pack_into("<H", without_palette, palette, 321)
    struct.pack_into("<I", second_frame, tags[-1] + 12, len(content))  # that has no size
    for damaged in (without_palette, second_frame):
        assert refusal(form, bytes(damaged)).code == "damaged_image"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", FORMATS)
def test_flipped_bits_give_an_image_or_a_refusal(form, digit, format):
    content = encoded(large(digit).resize((22, 30)).convert("RGB"), format)
    draw = random.Random(format)
    for _ in range(60):
        changed = bytearray(content)
        changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        try:
            image = prepared(form, bytes(changed))
        except BadData as error:
            assert "\n" not in str(error)
        else:
            assert image.pixels.shape == form.shape


def test_a_small_digit_in_an_image_of_the_training_size_is_placed_and_not_resized(form, digit):
    small = np.pad(digit[::2, ::2], ((0, 4), (0, 4)))
    assert codes(prepared(form, encoded(Image.fromarray(small), "PNG"))) == ["placed"]
