"""Image files: folders as classes, mixed sizes and kinds, damage, limits."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from core.base.errors import BadData, LabError
from core.data.arrays import image_decoding, image_files, storage
from core.data.arrays import read as arrays_read
from core.data.library import Library
from tests.core.data.arrays.files import image, tarred, zipped
from tests.core.data.arrays.pets import (
    COLOUR,
    DRAW,
    GREY,
    PETS,
    check_pets,
    codes,
    evidence,
    folders,
    read,
)


@pytest.mark.parametrize("pixels", [GREY, COLOUR])
@pytest.mark.parametrize("format", ["PNG", "BMP", "GIF", "WEBP", "PPM", "TIFF"])
def test_the_folder_of_an_image_is_its_class(pixels, format):
    if format == "GIF":  # has 256 colours
        pixels = pixels // 128 * 255
    lossless = {"lossless": True} if format == "WEBP" else {}
    suffix = format.lower()
    files = {
        f"pets/{PETS[i % 3]}/{i}.{suffix}": image(p, format, **lossless)
        for i, p in enumerate(pixels)
    }
    check_pets(read(zipped(files)), pixels)


def test_jpeg_images_are_read_about_as_they_were():
    smooth = np.linspace(0, 255, 5 * 7).reshape(7, 5).astype(np.uint8)
    found = read(zipped(folders(np.stack([smooth] * 12), "{pet}/{i}.JPG", "JPEG")))
    assert np.abs(found.samples.inputs.astype(int) - smooth).max() < 30 and found.rows == 12


def test_hidden_files_are_ignored_and_other_files_counted():
    others = {
        "__MACOSX/pets/cat/._1.png": b"x", "pets/.DS_Store": b"x", "pets/cat/Thumbs.db": b"x",
        "pets/readme.md": b"x", "pets/cat/notes.pdf": b"x",
    }  # fmt: skip
    found = read(zipped(others | folders(GREY, "pets/{pet}/{i}.png")))
    check_pets(found, GREY)
    assert evidence(found, "other_files")["files"] == 2


@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("pets/Training", "pets/Testing"), ("train", "val")]
)
def test_folders_of_parts_give_a_test_set(tmp_path, train, test):
    files = folders(GREY, train + "/{pet}/{i}.png") | folders(
        GREY[:6] // 2, test + "/{pet}/{i}.png"
    )
    digest, found = Library(tmp_path).add(zipped(files), names=("pets.zip",))
    check_pets(found, GREY)
    samples = Library(tmp_path).open(digest)
    np.testing.assert_array_equal(samples.test_inputs[:, 0], GREY[:6] // 2)
    assert samples.test_targets.tolist() == [0, 1, 2] * 2
    assert ("validation_part" in codes(found)) == (test == "val")


def test_a_test_folder_without_classes_is_left_out(tmp_path):
    files = folders(GREY, "train/{pet}/{i}.png") | folders(GREY[:6], "test/{i}.png")
    digest, found = Library(tmp_path).add(zipped(files))
    check_pets(found, GREY)
    assert "unlabelled_part" in codes(found) and not Library(tmp_path).open(digest).has_test


def test_the_beginning_of_a_file_name_may_be_its_class():
    check_pets(read(zipped(folders(GREY, "train/{pet}.{i}.png"))), GREY)
    unclear = read(zipped(folders(GREY, "image_{i}.png")))
    assert not unclear.labelled and "labels_missing" in codes(unclear)


def test_images_of_different_sizes_are_resized():
    shapes = [(40, 30), (80, 60), (200, 150)] * 4
    files = {
        f"{PETS[i % 3]}/{i}.png": image(np.full(s, 10 * i, np.uint8)) for i, s in enumerate(shapes)
    }
    found = read(zipped(files))
    facts = evidence(found, "resized")
    assert facts == {"sizes": 3, "smallest": [40, 30], "largest": [200, 150], "resized": [64, 48]}
    check_pets(found, np.stack([np.full((64, 48), 10 * i, np.uint8) for i in range(12)]))
    assert read(zipped(files), shape=(3, 20, 10)).shape == (3, 20, 10)


@pytest.mark.parametrize(("side", "expected"), [(128, 128), (129, 64), (20, 20)])
def test_images_of_one_size_keep_it_unless_they_are_large(side, expected):
    pixels = np.repeat(np.arange(12, dtype=np.uint8), side * side).reshape(12, side, side)
    assert read(zipped(folders(pixels))).shape == (1, expected, expected)


def test_grey_and_colour_may_be_mixed():
    files = folders(COLOUR) | folders(GREY, "{pet}/grey{i}.png")
    found = read(zipped(files))
    assert found.shape == (3, 7, 5) and evidence(found, "grey_and_colour") == {"grey": 12}
    np.testing.assert_array_equal(found.samples.inputs[12:], GREY[:, None].repeat(3, axis=1))


def test_colour_files_without_colours_are_grey():
    check_pets(read(zipped(folders(GREY[..., None].repeat(3, axis=3)))), GREY)


def test_test_images_are_converted_like_the_training_images(tmp_path):
    train, test = (
        zipped(folders(GREY)),
        zipped(folders(DRAW.integers(0, 256, (6, 14, 10, 3)).astype(np.uint8))),
    )
    digest, _ = Library(tmp_path).add(train, test_images=test)
    assert Library(tmp_path).open(digest).test_inputs.shape == (6, 1, 7, 5)


def test_transparency_rotation_sixteen_bits_and_animation():
    clear = np.dstack([COLOUR[0], np.zeros((7, 5), np.uint8)])
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.fromarray(GREY[0]), Image.fromarray(GREY[1])]
    animated = io.BytesIO()
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    turned = np.rot90(GREY[2], 1).copy()
    files = {
        "a/clear.png": image(clear),
        "a/turned.png": image(turned, exif=exif),
        "a/turned.tif": image(turned, "TIFF", exif=exif),
        "b/deep.png": image(GREY[3].astype(np.uint16) * 256),
        "b/deep.tiff": image(GREY[4].astype(np.uint16) * 256, "TIFF"),
        "b/animated.gif": animated.getvalue(),
    }
    found = read(zipped(files))
    inputs = found.samples.inputs[:, 0]
    assert (inputs[0] == 255).all() and {"transparency", "animated"} <= codes(found)
    np.testing.assert_array_equal(inputs[1:], GREY[[2, 2, 3, 4, 0]])
    highest = 256 * int(GREY[[3, 4]].max())
    assert evidence(found, "sixteen_bits") == {"images": 2, "highest": highest}


@pytest.mark.parametrize(
    "pixels",
    [GREY[0].astype(np.float32) / 255, GREY[0].astype(np.int32) * 1000, -GREY[0].astype(np.int32)],
)
def test_pixels_without_a_defined_range_are_refused(pixels):
    with pytest.raises(BadData) as caught:
        read(zipped(folders(GREY) | {"cat/deep.tif": image(pixels, "TIFF")}))
    assert caught.value.code == "image_depth" and "deep.tif" in str(caught.value)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_archive_of_images_is_read_like_a_zip_file(mode, format):
    long = "photographs of animals/" * 4
    files = folders(GREY, f"./{long}{{pet}}/{{i}}.png") | {f"{long}cat/._0.png": b"x"}
    check_pets(read(tarred(files, mode, format), names=("pets.tar",)), GREY)


def test_a_table_in_a_tar_archive_names_its_images():
    table = "".join(f"{i}.png,{PETS[i % 3]}\n" for i in range(12))
    files = folders(GREY, "{i}.png") | {"labels.csv": ("file,label\n" + table).encode()}
    check_pets(read(tarred(files)), GREY)


def test_a_tar_archive_never_leaves_its_place_or_fills_the_memory(monkeypatch, tmp_path):
    """Links are not followed, paths stay names, and what is too long is refused unread."""
    file = io.BytesIO()
    (tmp_path / "secret.png").write_bytes(image(GREY[5]))
    with tarfile.open(fileobj=file, mode="w") as opened:
        for kind, name in ((tarfile.SYMTYPE, "cat/link.png"), (tarfile.LNKTYPE, "dog/hard.png")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, str(tmp_path / "secret.png")
            opened.addfile(link)
        for name, content in folders(GREY, "../../{pet}/{i}.png").items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    check_pets(read(file.getvalue()), GREY)
    plain = tarred(folders(GREY), "w")
    for kind, size in ((b"x", 2**20), (b"L", 2**20), (tarfile.GNUTYPE_SPARSE, 512)):
        header = tarfile.TarInfo("long")
        header.type, header.size = kind, size
        with pytest.raises(BadData) as caught:
            read(header.tobuf() + bytes(size) + plain)
        assert caught.value.code == "damaged_archive"
    with pytest.raises(BadData) as caught:
        read(tarred({"t.csv": b"a,b\n1,2\n"}))
    assert caught.value.code == "no_images_in_archive"
    monkeypatch.setattr(arrays_read, "MOST_MEMBERS", 5)
    with pytest.raises(BadData) as caught:
        read(plain)
    assert caught.value.code == "too_many_members"
    monkeypatch.setattr(storage, "UNPACKED_LIMIT", 1000)
    with pytest.raises(BadData) as caught:
        read(tarred(folders(GREY)))
    assert caught.value.code == "unpacks_too_large"


def test_a_few_damaged_images_are_left_out_and_named():
    files = folders(GREY[np.arange(30) % 12])
    broken = "cat/3.png"
    files[broken] = files[broken][:60]
    found = read(zipped(files))
    assert found.rows == 29 and evidence(found, "damaged_images") == {"images": 1}
    with pytest.raises(BadData) as caught:
        read(zipped({name: content[:60] for name, content in files.items()}))
    assert caught.value.code == "damaged_images"


def test_an_image_that_unpacks_to_too_much_is_never_decoded(monkeypatch):
    monkeypatch.setattr(image_decoding, "MOST_PIXELS", 1000)
    monkeypatch.setattr(image_files, "_pixels", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(BadData) as caught:
        read(zipped(folders(GREY) | {"cat/bomb.png": image(np.zeros((40, 40), np.uint8))}))
    assert caught.value.code == "image_too_large" and "bomb" in str(caught.value)
    monkeypatch.setattr(image_files, "ALL_PIXELS", 100)
    with pytest.raises(BadData) as caught:
        read(zipped(folders(GREY)))
    assert caught.value.code == "too_many_pixels"


@pytest.mark.parametrize("pack", [zipped, lambda files: tarred(files, "w")])
def test_damaged_archives_raise_nothing_but_a_message(pack):
    data, codes = pack(folders(GREY[:4])), set()
    for position in range(0, len(data), 7):
        if not any(data[position : position + 40]) and position % 5:
            continue  # most of a tar file is padding: a fifth of these places is enough
        changed = bytearray(data)
        changed[position] ^= 0x5A
        try:
            read(bytes(changed))
        except LabError as error:
            codes.add(error.code)
    assert codes and all(codes)
