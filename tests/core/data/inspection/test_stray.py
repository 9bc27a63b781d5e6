"""Stray values: named with their place, clipped or left out on request; ordinary ranges stay."""

import numpy as np
import pytest

from core.data.inspection.inspect import Inspection, inspect
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

DRAW = np.random.Generator(np.random.PCG64(6))
RANGES = {
    "bytes": DRAW.integers(0, 256, (40, 64)),
    "sixteen levels": DRAW.integers(0, 17, (40, 64)),
    "fractions": DRAW.random((40, 64)),
    "two values": DRAW.integers(0, 2, (40, 64)),
}
HIGH = {"bytes": 255, "sixteen levels": 16, "fractions": 1, "two values": 1}
STRAYS = {
    "bytes": (999, -3),
    "sixteen levels": (255, 17),
    "fractions": (255, 2),
    "two values": (2, -1),
}


def table(values: np.ndarray, name: str, first_row: int = 1) -> Table:
    rows = range(first_row, first_row + len(values))
    return Table(name, values, None, tuple(range(values.shape[1])), rows)


def read(values: np.ndarray, first_row: int = 1, **reading) -> Inspection:
    fits = values.min() >= 0 and values.max() <= 255 and not (values % 1).any()
    ids = (np.arange(len(values)) % 3).astype(np.uint8)[:, None]
    images = table(values.astype(np.uint8 if fits else np.float32), "images.csv", first_row)
    return inspect(images, table(ids, "labels.csv"), reading=Reading(form="images", **reading))


def found(inspection: Inspection, code: str):
    return next((f for f in inspection.findings if f.code == code), None)


def with_strays(kind: str) -> np.ndarray:
    values = RANGES[kind].astype(float)
    values[12, 0], values[30, 63] = STRAYS[kind]
    return values


@pytest.mark.parametrize("kind", RANGES)
def test_stray_values_are_named_and_do_not_change_the_scale(kind):
    seen = read(with_strays(kind), first_row=2)
    finding = found(seen, "stray_values")
    assert finding.level == "warn" and finding.evidence == {
        "rows": [14, 32], "columns": [1, 64], "values": [float(v) for v in STRAYS[kind]],
        "count": 2, "low": 0.0, "high": float(HIGH[kind]),
    }  # fmt: skip
    assert finding.rows == (12, 30) and seen.white == HIGH[kind]
    clean = np.delete(np.arange(40), [12, 30])
    expected = read(RANGES[kind]).samples.inputs[clean]
    np.testing.assert_allclose(seen.samples.inputs[clean], expected, atol=0.5)  # not rounded


@pytest.mark.parametrize("kind", RANGES)
def test_clipping_moves_only_the_stray_values(kind):
    offer = found(read(with_strays(kind)), "stray_values").action.changes
    clipped = read(with_strays(kind), **offer)
    meant = RANGES[kind].astype(float)
    meant[12, 0], meant[30, 63] = (HIGH[kind] if v > 0 else 0 for v in STRAYS[kind])
    np.testing.assert_allclose(clipped.samples.inputs, read(meant).samples.inputs, rtol=1e-5)
    assert clipped.samples.inputs.dtype == read(meant).samples.inputs.dtype
    assert found(clipped, "stray_values").level == "ok" and not found(clipped, "stray_rows")


@pytest.mark.parametrize("kind", RANGES)
def test_the_images_with_stray_values_can_be_left_out(kind):
    offer = found(read(with_strays(kind)), "stray_rows").action.changes
    fewer = read(with_strays(kind), **offer)
    keep = np.delete(np.arange(40), [12, 30])
    np.testing.assert_array_equal(fewer.samples.targets, keep % 3)
    np.testing.assert_allclose(
        fewer.samples.inputs, read(RANGES[kind]).samples.inputs[keep], rtol=1e-5
    )
    assert fewer.rows == found(fewer, "row_count").evidence["rows"] == 38
    assert found(fewer, "stray_rows").evidence == {"rows": [13, 31]}
    assert found(fewer, "stray_values") is None


@pytest.mark.parametrize(
    "values",
    [
        *RANGES.values(),
        RANGES["fractions"] * 2 - 1,
        DRAW.normal(0, 1, (40, 64)),
        DRAW.integers(0, 4096, (40, 64)),
        RANGES["bytes"] - 100,
        np.where(DRAW.random((40, 64)) < 0.02, DRAW.integers(0, 256, (40, 64)), 0),
    ],
)
def test_ordinary_values_are_not_strays(values):
    seen = read(values)
    assert found(seen, "stray_values") is None and found(seen, "stray_rows") is None


def test_a_chosen_range_has_strays_too():
    values = RANGES["bytes"].astype(float)
    values[3, 5] = 300
    assert found(read(values, white=255.0), "stray_values").evidence["values"] == [300.0]


def test_test_images_are_treated_like_the_training_images():
    train = read(with_strays("bytes"), stray="clip")
    values = RANGES["bytes"][:12].astype(np.float32)
    values[7, 7] = 1e6
    ids = (np.arange(12) % 3).astype(np.uint8)[:, None]
    test = inspect(table(values, "t.csv"), table(ids, "l.csv"), like=train)
    assert test.samples.inputs.max() == 255 and found(test, "stray_values").level == "ok"


def test_one_huge_value_does_not_hide_the_shape():
    y, x = np.arange(12)[:, None], np.arange(16)
    phase = DRAW.uniform(0, 6, (40, 1, 1))
    values = (128 + 100 * np.sin(0.4 * y + 0.3 * x + phase)).reshape(40, 192)
    values[3, 5] = 1e8
    seen = read(values)
    assert seen.shape == (1, 12, 16) and found(seen, "stray_values").evidence["values"] == [1e8]
