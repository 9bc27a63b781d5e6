"""Parquet files of images and of tables, and damaged ones."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.base.errors import BadData, LabError
from tests.core.data.arrays.files import image
from tests.core.data.arrays.pets import COLOUR, DRAW, PETS, check_pets, read


def parquet(columns: dict, metadata: dict | None = None) -> bytes:
    file = io.BytesIO()
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata) if metadata else table, file)
    return file.getvalue()


CLASS_LABEL = {
    "huggingface": '{"info": {"features": {"image": {"_type": "Image"}, '
    '"label": {"names": ["cat", "dog", "owl"], "_type": "ClassLabel"}}}}'
}


@pytest.mark.parametrize("nested", [True, False])
def test_parquet_holds_images_with_the_names_of_their_classes(nested):
    content = [image(p) for p in COLOUR]
    column = [{"bytes": c, "path": None} for c in content] if nested else content
    data = parquet({"image": column, "label": [i % 3 for i in range(12)]}, CLASS_LABEL)
    check_pets(read(data), COLOUR)


def test_parquet_tables_are_read_like_spreadsheets():
    columns = {
        "size": DRAW.normal(0, 1, 40).tolist(),
        "place": ["in", "out"] * 20,
        "species": [PETS[i % 3] for i in range(40)],
    }
    rows = zip(*columns.values(), strict=True)
    text = "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]).encode()
    packed, plain = read(parquet(columns)), read(text)
    np.testing.assert_array_equal(packed.samples.inputs, plain.samples.inputs)
    assert packed.samples.columns == plain.samples.columns and packed.classes == plain.classes
    big = parquet({"a": [1.0, 2.0] * 10, "label": [2**60 + i % 3 for i in range(20)]})
    assert read(big).classes == tuple(str(2**60 + i) for i in range(3))


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint8(), pa.float32()])
def test_a_column_of_lists_holds_pixels(nested, kind):
    images = DRAW.integers(0, 256, (12, 8, 8))
    cells = images.tolist() if nested else images.reshape(12, -1).tolist()
    listed = pa.list_(pa.list_(kind)) if nested else pa.list_(kind, 64)
    data = parquet({"label": [i % 3 for i in range(12)], "image": pa.array(cells, listed)})
    inspection = read(data)
    assert len(inspection.classes) == 3
    np.testing.assert_array_equal(inspection.samples.inputs.reshape(12, 8, 8), images)


def test_damaged_parquet_files_are_refused():
    data = parquet({"a": [1, 2, 3], "b": [1, 0, 1]})
    for part in (data[:20], data[:-6], data[:30] + bytes(30) + data[60:]):
        with pytest.raises(LabError):
            read(part)
    with pytest.raises(BadData) as caught:
        read(parquet({"a": [[1], [2]], "label": [0, 1]}))
    assert caught.value.code == "nested_column"
