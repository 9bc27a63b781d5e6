"""Each finding on images: present with the defect, absent without; its action removes it, and
undoing the action gives the same data again.
"""

import tracemalloc

import numpy as np
import pytest

from core.base.finding import Finding
from core.data.inspection.inspect import Inspection, inspect
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

DRAW = np.random.Generator(np.random.PCG64(5))


def table(values: np.ndarray, name: str = "images.csv", header=None) -> Table:
    return Table(name, values, header, tuple(range(values.shape[1])), range(1, len(values) + 1))


def labels(rows: int, classes: int = 3) -> Table:
    draw = np.random.Generator(np.random.PCG64(7))
    ids = np.concatenate([np.arange(classes), draw.integers(0, classes, rows - classes)])
    return table(ids.astype(np.uint8)[:, None], "labels.csv")


def signs(rows: int = 120, side: int = 16, *, high: int = 10, wide: int = 5) -> np.ndarray:
    """Bright strokes, higher than wide, on a dark ground: (N, side, side) uint8."""
    found = np.zeros((rows, side, side), np.uint8)
    tops, lefts = DRAW.integers(1, side - high, rows), DRAW.integers(1, side - wide, rows)
    for picture, top, left in zip(found, tops, lefts, strict=True):
        picture[top : top + high, left : left + wide] = DRAW.integers(90, 256, (high, wide))
    found[:, side // 2, side // 2] = 255
    return found


def photographs(rows: int = 100, side: int = 16) -> np.ndarray:
    """Smooth colours with some noise: (N, 3, side, side) uint8."""
    waves = np.sin(
        DRAW.uniform(0.1, 0.4, (rows, 3, 1, 1)) * np.arange(side)[:, None]
        + DRAW.uniform(0.1, 0.4, (rows, 3, 1, 1)) * np.arange(side)
        + DRAW.uniform(0, 6, (rows, 3, 1, 1))
    )
    noisy = 128 + 90 * waves + DRAW.normal(0, 8, waves.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def flat(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1)


def read(values: np.ndarray, labelled: Table | None = None, **reading) -> Inspection:
    return inspect(table(values), labelled or labels(len(values)), reading=Reading(**reading))


def found(inspection: Inspection, code: str) -> Finding | None:
    codes = [finding.code for finding in inspection.findings]
    assert len(codes) == len(set(codes))  # the page keys its buttons by code
    return next((f for f in inspection.findings if f.code == code), None)


def alarms(inspection: Inspection) -> set[str]:
    return {finding.code for finding in inspection.findings if finding.level != "ok"}


DEFECTS = {
    "transposed": lambda: flat(signs().swapaxes(1, 2)),
    "inverted": lambda: flat(255 - signs()),
    "pixel_range": lambda: flat(signs()) // 16,
    "blank": lambda: np.vstack([flat(signs(60)), np.full((1, 256), 7, np.uint8)]),
    "duplicates": lambda: np.repeat(flat(signs(60)), 2, axis=0),
}


@pytest.mark.parametrize("code", DEFECTS)
def test_a_defect_is_found_and_nothing_else(code):
    assert alarms(read(flat(signs()))) == set()
    assert alarms(read(DEFECTS[code]())) == {code}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (DEFECTS["transposed"](), "transposed"),
        (DEFECTS["inverted"](), "inverted"),
        (DEFECTS["pixel_range"](), "pixel_range"),
        (flat(signs()) / np.float32(127.5) - 1, "pixel_range"),
        (flat(signs(side=6, high=4, wide=2)), "form"),
        (flat(photographs()), "channels"),
        (flat(photographs().transpose(0, 2, 3, 1)), "channels"),
    ],
)
def test_an_action_removes_its_finding_and_undo_restores_the_data(values, code):
    before = read(values)
    offer = found(before, code)
    assert offer and offer.action and offer.action.label and offer.evidence
    changes = offer.action.changes
    after = read(values, **changes)
    again = found(after, code)
    assert again is None or again.action is None or again.action.changes != changes
    undone = read(values, **{name: getattr(Reading(), name) for name in changes})
    assert undone.findings == before.findings and undone.settled == before.settled
    np.testing.assert_array_equal(undone.samples.inputs, before.samples.inputs)


def test_transposed_and_inverted_images_are_restored():
    meant = signs()
    turned = read(flat(meant.swapaxes(1, 2)), transpose=True)
    np.testing.assert_array_equal(turned.samples.inputs[:, 0], meant)
    inverted = read(flat(255 - meant), invert=True)
    np.testing.assert_array_equal(inverted.samples.inputs[:, 0], meant)
    scaled = read(flat(meant) / np.float32(127.5) - 1, white=1.0, black=-1.0)
    np.testing.assert_array_equal(scaled.samples.inputs[:, 0], meant)
    assert scaled.samples.inputs.dtype == np.uint8


@pytest.mark.parametrize("order", ["planar", "interleaved"])
@pytest.mark.parametrize("turned", [False, True])
def test_the_order_of_the_colours_is_found(order, turned):
    meant = photographs()
    stored = meant.swapaxes(2, 3) if turned else meant
    stored = stored.transpose(0, 2, 3, 1) if order == "interleaved" else stored
    seen = read(flat(stored), transpose=turned)
    assert seen.settled.channels == order and found(seen, "channels").level == "ok"
    np.testing.assert_array_equal(seen.samples.inputs, meant)
    other = "planar" if order == "interleaved" else "interleaved"
    wrong = read(flat(stored), transpose=turned, channels=other)
    assert found(wrong, "channels").action.changes == {"channels": order}


def test_noise_has_no_clear_order_of_colours():
    seen = read(DRAW.integers(0, 256, (200, 3 * 256)).astype(np.uint8))
    assert seen.settled.channels == "planar" and alarms(seen) == {"channels", "shape"}
    assert found(seen, "channels").evidence["clear"] is False


@pytest.mark.parametrize("grey", [True, False])
def test_photographs_and_noise_are_not_mistaken_for_drawings(grey):
    values = photographs(300)[:, :1] if grey else DRAW.integers(0, 256, (300, 256)).astype(np.uint8)
    assert alarms(read(flat(values))) == set()


def test_a_bright_background_need_not_be_white():
    paper = (200 - signs() // 2 + DRAW.integers(0, 8, (120, 16, 16))).astype(np.uint8)
    assert found(read(flat(paper)), "inverted").action.changes == {"invert": True}
    assert found(read(flat(paper), invert=True), "inverted") is None


def test_constant_pixels_are_counted_without_an_alarm():
    values = flat(signs())
    constant = int((values.min(axis=0) == values.max(axis=0)).sum())
    assert constant and found(read(values), "constant").evidence["constant"] == constant
    assert found(read(values), "constant").level == "ok"
    noise = DRAW.integers(0, 256, (100, 256)).astype(np.uint8)
    assert found(read(noise), "constant") is None


def test_duplicates_with_different_labels_are_counted_and_shown_first():
    values = np.vstack([flat(signs(60)), flat(signs(60))])
    values[[70, 80, 90]] = values[[3, 4, 5]]
    ids = (np.arange(120) * 7 % 3).astype(np.uint8)
    ids[[70, 80, 90]] = ids[[3, 4, 5]]
    ids[80] = (ids[4] + 1) % 3
    finding = found(read(values, table(ids[:, None], "labels.csv")), "duplicates")
    counts = {"repeated": 3, "contradicting": 1, "rows": 120}
    assert finding.evidence == {**counts, "originals": [4, 5, 6], "repeats": [71, 81, 91]}
    assert finding.action.changes == {"duplicates": "remove"}
    assert finding.rows == (4, 80, 3, 70, 5, 90) and finding.level == "warn"


def test_one_value_everywhere_is_a_warning():
    finding = found(read(np.full((30, 64), 200, np.uint8)), "pixel_range")
    assert finding.level == "warn" and finding.action is None
    assert (finding.evidence["low"], finding.evidence["high"]) == (200, 200)


def test_a_header_that_only_counts_may_be_data():
    values = flat(signs(60))
    titled = table(values, header=tuple(str(i) for i in range(256)))
    finding = found(inspect(titled, labels(60)), "header")
    assert finding.action.changes == {"header": "no"} and finding.level == "info"
    named = table(values, header=tuple(f"pixel{i}" for i in range(256)))
    assert found(inspect(named, labels(60)), "header").action is None


def test_large_sets_take_little_time_and_memory():
    """47 MB of pixels; the doctor must not copy them."""
    import time

    draw = np.random.Generator(np.random.PCG64(0))
    values = draw.integers(0, 256, (60_000, 785), dtype=np.uint8)
    values[:, 0] %= 10
    tracemalloc.start()
    before = time.process_time()
    read_ = inspect(table(values), reading=Reading(label_column="first"))
    spent, (_, peak) = time.process_time() - before, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read_.rows == 60_000 and read_.shape == (1, 28, 28)
    assert spent < 2 and peak < 40 * 2**20
    assert np.shares_memory(read_.samples.inputs, values)
