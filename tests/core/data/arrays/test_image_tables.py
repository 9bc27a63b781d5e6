"""Tables of file names give the labels of the images."""

import numpy as np
import pytest

from core.base.errors import BadData
from tests.core.data.arrays.files import image, zipped
from tests.core.data.arrays.pets import (
    DRAW,
    GREY,
    PETS,
    check_pets,
    evidence,
    read,
)

TABLE = "file,label\n" + "".join(f"pic_{i:02}.png,{PETS[i % 3]}\n" for i in range(12))
TABLES = {
    "names": TABLE,
    "names without endings": TABLE.replace(".png", ""),
    "names with folders": TABLE.replace("pic_", "data/images/pic_"),
    "another ending": TABLE.replace(".png", ".jpg"),
    "the label first": "label,file\n"
    + "".join(f"{PETS[i % 3]},pic_{i:02}.png\n" for i in range(12)),
    "two more columns": "id,file,label\n"
    + "".join(f"{i},pic_{i:02}.png,{PETS[i % 3]}\n" for i in range(12)),
}


@pytest.mark.parametrize("case", TABLES)
@pytest.mark.parametrize("place", ["first", "second", "inside"])
def test_a_table_of_file_names_gives_the_labels_of_the_images(case, place):
    shuffled = DRAW.permutation(12)
    files = {f"images/pic_{i:02}.png": image(GREY[i]) for i in shuffled}
    files["images/unused.png"] = image(GREY[0])
    table = TABLES[case].encode()
    if place == "inside":
        found = read(zipped(files | {"labels.csv": table}))
    elif place == "second":
        found = read(zipped(files), table)
    else:
        found = read(table, zipped(files), names=("labels.csv", "images.zip"))
    check_pets(found, GREY)
    assert evidence(found, "file_names") | {"column": 0} == {"column": 0, "rows": 12, "images": 13}


def test_file_names_without_the_images_are_refused():
    for table in (TABLE, TABLE.replace("png", "JPEG").replace("file,label", "id,breed")):
        with pytest.raises(BadData) as caught:
            read(table.encode(), names=("labels.csv",))
        assert caught.value.code == "images_not_in_file"
    numbers = "file,width,height,label\n" + "".join(f"{i}.png,{i},7,{i % 2}\n" for i in range(12))
    assert read(numbers.encode(), names=("labels.csv",)).classes == ("0", "1")


@pytest.mark.parametrize("pattern", ["{i:03d}", "{i:05d}", "{i}"])
def test_numbers_with_leading_zeros_are_names_too(pattern):
    names = [pattern.format(i=i) for i in range(12)]
    files = {f"{name}.png": image(pixels) for name, pixels in zip(names, GREY, strict=True)}
    rows = [f"{names[i]},{PETS[i % 3]}" for i in reversed(range(12))]
    found = read(zipped(files), "\n".join(["image_id,label", *rows]).encode())
    np.testing.assert_array_equal(found.samples.inputs[:, 0], GREY[::-1])
    assert [found.classes[t] for t in found.samples.targets] == [r.split(",")[1] for r in rows]


def test_numbers_are_names_too():
    table = "id,label\n" + "".join(f"{i},{PETS[i % 3]}\n" for i in range(12))
    files = {f"train/{i}.png": image(GREY[i]) for i in DRAW.permutation(12)}
    check_pets(read(zipped(files), table.encode()), GREY)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (TABLE + "pic_99.png,cat\n", "image_missing"),
        (TABLE.replace("pic", "img"), "file_names_missing"),
        ("file\n" + "".join(f"pic_{i:02}.png\n" for i in range(12)), "labels_missing"),
        ("\n".join(PETS * 4), "file_names_missing"),
    ],
)
def test_a_table_that_does_not_name_the_images_is_refused(table, code):
    files = zipped({f"pic_{i:02}.png": image(p) for i, p in enumerate(GREY)})
    for sources, names in (
        ((files, table.encode()), ("images.zip", "labels.csv")),
        ((table.encode(), files), ("labels.csv", "images.zip")),
    ):
        with pytest.raises(BadData) as caught:
            read(*sources, names=names)
        assert caught.value.code == code and str(caught.value).startswith("labels.csv")


def test_names_that_two_images_share_need_their_folder():
    files = {
        f"{side}/{i}.png": image(GREY[i] // (1 + (side == "b"))) for side in "ab" for i in range(6)
    }
    rows = [(side, i) for i in range(6) for side in "ba"]
    table = "file,label\n" + "".join(f"{side}/{i}.png,{side}\n" for side, i in rows)
    found = read(zipped(files), table.encode())
    expected = [GREY[i] // (1 + (side == "b")) for side, i in rows]
    np.testing.assert_array_equal(found.samples.inputs[:, 0], expected)
    short = table.replace("a/", "").replace("b/", "")
    with pytest.raises(BadData) as caught:
        read(zipped(files), short.encode())
    assert caught.value.code == "file_names_missing"
