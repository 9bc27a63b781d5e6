"""The shape of rows of pixels: right, or a question with the right answer; never silently wrong."""

import itertools

import numpy as np
import pytest
from scipy.ndimage import zoom

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.inspection.shape_guess import Arrangement, arrangements, guess_shape
from core.data.reading import Reading
from core.data.ready.builtin import DIGITS
from core.data.spreadsheet.table import Table

SIDES = (8, 9, 14, 22)
FORMATS = [(1, "planar"), *itertools.product((3, 4), ("planar", "interleaved"))]


def smooth(draw, n, channels, height, width):
    """Waves of one direction in every channel, with a little noise."""
    y, x = np.arange(height)[:, None], np.arange(width)
    slope, slant, phase = (draw.uniform(*r, (n, channels, 1, 1)) for r in
                           ((0.1, 0.5), (0.1, 0.5), (0, 6)))  # fmt: skip
    noise = draw.normal(0, 5, (n, channels, height, width))
    return 128 + 90 * np.sin(slope * y + slant * x + phase) + noise


def strokes(draw, n, channels, height, width):
    """One bright line of a random colour on black."""
    start, end = (0.5 + draw.random((n, 2)) * (height - 2, width - 2) for _ in range(2))
    y, x = np.arange(height)[:, None], np.arange(width)
    ink = np.zeros((n, height, width))
    for t in np.linspace(0, 1, 20):
        (py, px) = (start + t * (end - start)).T[:, :, None, None]
        ink = np.maximum(ink, np.clip(1.6 - np.hypot(y - py, x - px), 0, 1))
    return 255 * ink[:, None] * draw.uniform(0.3, 1, (n, channels, 1, 1))


def photographs(draw, n, channels, height, width):
    """Noise of the spectrum of photographs, 1/f (Field, 1987), shared in part by the channels."""
    frequency = np.hypot(np.fft.fftfreq(2 * height)[:, None], np.fft.fftfreq(2 * width))
    filtered = 1 / np.maximum(frequency, 0.5 / max(height, width))

    def noise(layers):
        spectrum = filtered * np.fft.fft2(draw.normal(size=(n, layers, 2 * height, 2 * width)))
        return np.fft.ifft2(spectrum).real[..., :height, :width]

    pixels = noise(1) + 0.4 * noise(channels)
    return 128 + 45 * pixels / pixels.std()


FAMILIES = {f.__name__: f for f in (smooth, strokes, photographs)}


def rows(family: str, shape: tuple[int, int, int], order: str, n: int = 24) -> np.ndarray:
    """Return (n, F) uint8; the fourth channel is opaque."""
    channels, height, width = shape
    draw = np.random.Generator(np.random.PCG64([channels, height, width, n]))
    images = FAMILIES[family](draw, n, min(channels, 3), height, width).clip(0, 255)
    if channels == 4:
        images = np.concatenate([images, np.full((n, 1, height, width), 255)], axis=1)
    images = images.transpose(0, 2, 3, 1) if order == "interleaved" else images
    return images.astype(np.uint8).reshape(n, -1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("channels", "order"), FORMATS)
def test_the_arrangement_is_right_or_one_of_two_that_are_shown(family, channels, order):
    wrong, asked = [], 0
    sizes = [s for s in itertools.product(SIDES, SIDES) if max(s) <= 2.5 * min(s)]
    for height, width in sizes:
        right = Arrangement((channels, height, width), order)
        guess = guess_shape(rows(family, right.shape, order))
        shown = [guess.best, *([guess.arrangements[guess.runner_up]] if guess.is_close else [])]
        asked += guess.is_close
        if right not in shown:
            wrong.append((right, guess.best))
    assert not wrong and asked <= len(sizes) / 2


def read(values: np.ndarray, **reading) -> Inspection:
    ids = (np.arange(len(values)) % 3).astype(np.uint8)[:, None]
    files = [Table(f"{name}.csv", v, None, tuple(range(v.shape[1])), range(1, len(v) + 1))
             for name, v in (("images", values), ("labels", ids))]  # fmt: skip
    return inspect(*files, reading=Reading(**reading))


def shape_finding(found: Inspection):
    return next(f for f in found.findings if f.code == "shape")


@pytest.mark.parametrize("n", [6, 60])
def test_the_digits_keep_their_shape_whole_and_cropped(n):
    images = np.loadtxt(DIGITS / "images.csv", np.uint8, delimiter=",", max_rows=n)
    images = images.reshape(n, 8, 8)
    for crop in (images, images[:, :, 1:7], images[:, 1:7]):
        found = read(crop.reshape(n, -1), form="images")
        right = [1, *crop.shape[1:]]
        finding = shape_finding(found)
        assert right in (finding.evidence["shape"], finding.evidence.get("second"))
        assert finding.evidence["shape"] == right or not finding.evidence["clear"]


@pytest.mark.parametrize("order", ["planar", "interleaved"])
@pytest.mark.parametrize("turned", [False, True])
def test_the_opacity_is_left_out(order, turned):
    values = rows("photographs", (4, 12, 10), order)
    found = read(values, transpose=turned)
    assert found.shape == ((3, 10, 12) if turned else (3, 12, 10))
    assert next(f for f in found.findings if f.code == "alpha").evidence == {
        "low": 255,
        "high": 255,
    }
    pixels = values.reshape(-1, 4, 12, 10)
    if order == "interleaved":
        pixels = values.reshape(-1, 12, 10, 4).transpose(0, 3, 1, 2)
    upright = pixels.swapaxes(2, 3) if turned else pixels
    np.testing.assert_array_equal(found.samples.inputs, upright[:, :3])
    again = read(
        values, **{f: getattr(found.settled, f) for f in ("shape", "channels", "transpose")}
    )
    np.testing.assert_array_equal(again.samples.inputs, found.samples.inputs)


def test_two_close_shapes_are_shown_and_the_other_one_is_a_press_away():
    values = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (40, 192)).astype(np.uint8)
    finding = shape_finding(read(values))
    assert finding.level == "info" and finding.evidence["clear"] is False
    other = read(values, **finding.action.changes)
    assert list(other.shape) == finding.evidence["second"] != finding.evidence["shape"]


@pytest.mark.parametrize("shape", [(6, 8), (8, 6), (9, 12), (12, 9), (12, 8), (18, 24), (14, 14)])
@pytest.mark.parametrize("slopes", [(7, 20), (0, 25)])
def test_images_of_one_pattern_are_read_in_grey_and_another_shape_is_a_press_away(shape, slopes):
    y, x = np.mgrid[: shape[0], : shape[1]]
    ramp = slopes[0] * y + slopes[1] * x
    brightness = np.arange(40)[:, None, None]
    values = (brightness + 200 * ramp / ramp.max()).astype(np.uint8).reshape(40, -1)
    finding = shape_finding(read(values, form="images"))
    assert finding.level == "info" and finding.evidence["clear"] is False
    assert (1, *shape) in (tuple(finding.evidence["shape"]), tuple(finding.evidence["second"]))
    assert finding.evidence["shape"][0] == 1
    assert list(finding.action.changes["shape"]) == finding.evidence["second"]


def test_real_images_have_the_right_shape_or_it_is_a_press_away():
    """Patches of photographs, in grey, in colour and with opacity, in sizes of many factors."""
    from sklearn.datasets import load_sample_images

    photos = load_sample_images().images
    for height, width in ((9, 12), (12, 16), (16, 12), (10, 10), (24, 18)):
        patches = np.stack([
            photo[y : y + 2 * height : 2, x : x + 2 * width : 2]
            for photo in photos for y in range(0, 350, 90) for x in range(0, 550, 120)
        ])  # fmt: skip
        opaque = np.full((*patches.shape[:3], 1), 255, np.uint8)
        for pixels in (patches.mean(3).astype(np.uint8)[..., None], patches,
                       np.concatenate([patches, opaque], 3)):  # fmt: skip
            for order in ("planar", "interleaved"):
                channels = pixels.shape[3]
                ordered = pixels if order == "interleaved" else pixels.transpose(0, 3, 1, 2)
                guess = guess_shape(ordered.reshape(len(ordered), -1))
                right = Arrangement((channels, height, width), "planar" if channels < 3 else order)
                second = [guess.arrangements[guess.runner_up]] if guess.is_close else []
                assert right in (guess.best, *second)


@pytest.mark.parametrize("shape", [(1, 12, 20), (3, 10, 14), (1, 9, 10), (1, 6, 8)])
def test_images_that_are_not_square_are_recognized(shape):
    found = read(rows("smooth", shape, "planar", 60))
    assert found.shape == shape


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("place", [0, 300, 783])
def test_a_missing_or_an_extra_pixel_is_an_error_and_no_other_shape(family, place):
    values = rows(family, (1, 28, 28), "planar", 60)
    for broken in (np.delete(values, place, axis=1), np.insert(values, place, 7, axis=1)):
        with pytest.raises(BadData) as caught:
            read(broken)
        assert caught.value.code == "not_square" and {"form": "table"} in caught.value.fixes


def test_signals_and_tables_are_not_images():
    draw = np.random.Generator(np.random.PCG64(2))
    for columns in (120, 140, 210):
        signals = 100 + np.cumsum(draw.normal(0, 3, (50, columns)), axis=1).clip(-90, 90)
        numbers = draw.uniform(0, 9, (50, columns)) * draw.uniform(0, 20, columns)
        for values in (signals, numbers):
            with pytest.raises(BadData) as caught:
                read(values.astype(np.float32))
            assert caught.value.code == "not_square"
    walk = 100 + np.cumsum(draw.normal(0, 3, (50, 144)), axis=1).clip(-90, 90)
    finding = shape_finding(read(walk.astype(np.float32)))
    assert finding.level == "info" and finding.action.changes == {"form": "table"}


def test_pixels_of_any_scale_have_the_same_shape():
    values = rows("smooth", (1, 12, 16), "planar")
    for scale in (values / np.float32(255), values * np.float32(257), values / 127.5 - 1):
        assert read(scale, form="images").shape == (1, 12, 16)


def test_every_arrangement_has_all_columns():
    for columns in (16, 48, 192, 784, 3072):
        found = arrangements(columns)
        assert len(set(found)) == len(found) > 0
        assert all(np.prod(a.shape) == columns for a in found)
    assert arrangements(2) == arrangements(1) == []


def test_identical_images_have_a_shape():
    assert guess_shape(np.zeros((5, 64), np.uint8)).best.shape == (1, 8, 8)


def _digits(height: int, width: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """200 digits, smoothly enlarged to (N, H·W·C) whole numbers, and their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    scale = (1, height / 8, width / 8)
    images = (zoom(digits.images[:200], scale, order=1) * 255 / 16).round().astype(int)
    if channels == 3:
        images = np.stack([images, images // 2, 255 - images], axis=-1)
    return images.reshape(200, -1), digits.target[:200]


@pytest.mark.parametrize("shape", [(7, 5, 1), (9, 8, 1), (8, 12, 1), (14, 10, 1), (5, 4, 3)])
@pytest.mark.parametrize("end", ["first", "last"])
def test_labels_beside_pixels_are_found_also_where_images_are_not_square(shape, end):
    pixels, labels = _digits(*shape)
    columns = [labels, pixels] if end == "first" else [pixels, labels]
    rows = np.column_stack(columns)
    seen = inspect_files("\n".join(",".join(map(str, row)) for row in rows).encode())
    height, width, channels = shape
    images = pixels.reshape(200, height, width, channels).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(seen.samples.inputs, images)
    np.testing.assert_array_equal(seen.samples.targets, labels)


@pytest.mark.parametrize("shape", [(12, 10, 1), (14, 10, 1), (15, 12, 1), (16, 10, 3)])
def test_no_pixel_is_taken_for_a_label_where_images_are_not_square(shape):
    pixels, _ = _digits(*shape)
    with pytest.raises(BadData) as caught:
        inspect_files("\n".join(",".join(map(str, row)) for row in pixels).encode())
    assert caught.value.code == "label_column_not_found"
