"""Each finding in pictures: there with the defect, not there without; its fix takes it away, and
undoing the fix gives the same data again.
"""

import tracemalloc

import numpy as np
import pytest

from core.data.inspection.finding import Finding
from core.data.inspection.inspect import Inspection, inspect
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

DRAW = np.random.Generator(np.random.PCG64(5))


def table(values: np.ndarray, name: str = "images.csv", header=None) -> Table:
    return Table(name, values, header, tuple(range(values.shape[1])), 1)


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
def test_a_fix_takes_its_finding_away_and_undo_gives_the_same(values, code):
    before = read(values)
    offer = found(before, code)
    assert offer and offer.fix and offer.action and offer.evidence
    after = read(values, **offer.fix)
    again = found(after, code)
    assert again is None or again.fix != offer.fix
    undone = read(values, **{name: getattr(Reading(), name) for name in offer.fix})
    assert undone.findings == before.findings and undone.settled == before.settled
    np.testing.assert_array_equal(undone.samples.inputs, before.samples.inputs)


def test_turned_and_inverted_pictures_are_those_that_were_meant():
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
    assert found(wrong, "channels").fix == {"channels": order}


def test_noise_has_no_order_of_colours():
    seen = read(DRAW.integers(0, 256, (200, 3 * 256)).astype(np.uint8))
    assert seen.settled.channels == "planar" and alarms(seen) == {"channels"}
    assert "cannot be told" in found(seen, "channels").message


@pytest.mark.parametrize("grey", [True, False])
def test_photographs_and_noise_are_no_signs(grey):
    values = photographs(300)[:, :1] if grey else DRAW.integers(0, 256, (300, 256)).astype(np.uint8)
    assert alarms(read(flat(values))) == set()


def test_paper_is_bright_without_being_white():
    paper = (200 - signs() // 2 + DRAW.integers(0, 8, (120, 16, 16))).astype(np.uint8)
    assert found(read(flat(paper)), "inverted").fix == {"invert": True}
    assert found(read(flat(paper), invert=True), "inverted") is None


def test_constant_pixels_are_counted_and_are_no_alarm():
    values = flat(signs())
    constant = int((values.min(axis=0) == values.max(axis=0)).sum())
    assert constant and found(read(values), "constant").evidence["constant"] == constant
    assert found(read(values), "constant").level == "ok"
    noise = DRAW.integers(0, 256, (100, 256)).astype(np.uint8)
    assert found(read(noise), "constant") is None


def test_twins_with_other_labels_are_counted_and_shown_first():
    values = np.vstack([flat(signs(60)), flat(signs(60))])
    values[[70, 80, 90]] = values[[3, 4, 5]]
    ids = (np.arange(120) * 7 % 3).astype(np.uint8)
    ids[[70, 80, 90]] = ids[[3, 4, 5]]
    ids[80] = (ids[4] + 1) % 3
    said = found(read(values, table(ids[:, None], "labels.csv")), "duplicates")
    assert said.evidence == {"repeated": 3, "contradicting": 1, "rows": 120}
    assert said.rows == (4, 80, 3, 70, 5, 90) and said.level == "warn"
    assert "3 pictures repeat" in said.message and "1 of them" in said.message


def test_one_value_everywhere_is_nothing_to_learn_from():
    said = found(read(np.full((30, 64), 200, np.uint8)), "pixel_range")
    assert said.level == "warn" and "nothing to learn" in said.message


def test_a_header_that_only_counts_can_be_values():
    values = flat(signs(60))
    titled = table(values, header=tuple(str(i) for i in range(256)))
    said = found(inspect(titled, labels(60)), "header")
    assert said.fix == {"header": "no"} and said.level == "info"
    named = table(values, header=tuple(f"pixel{i}" for i in range(256)))
    assert found(inspect(named, labels(60)), "header").fix is None


def test_large_sets_take_little_time_and_memory():
    """47 MB of pixels; what the doctor needs beyond them must not grow to copies of them."""
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
