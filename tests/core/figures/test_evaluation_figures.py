"""Figures of an evaluation: what they draw, for 2 to 200 classes, and the image with neighbours."""

import io

import numpy as np
import pytest
from PIL import Image

from core.base.numbers import THIN
from core.figures import calibration, confusion, neighbours, residuals, thresholds
from core.figures.template import PALETTES

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 20, 21, 200])
def test_the_matrix_has_the_counts_of_the_classes_with_most_confusions(classes: int) -> None:
    counts = RANDOM.integers(0, 5, (classes, classes)) + 50 * np.eye(classes, dtype=int)
    counts[0, 1] = counts[1, 0] = 99
    names = [f"=class <{c}>" for c in range(classes)]
    shown = confusion.shown_classes(counts.tolist())
    assert len(shown) == min(classes, 20) and {0, 1} <= set(shown) and shown == sorted(shown)
    figure = confusion.figure(counts.tolist(), names, "light", classes=shown)
    cells, written = figure.data
    at = [(y, x) for y, x in zip(written.y, written.x, strict=True)].index((0, 1))
    assert written.text[at] == "99" and len(written.text) == np.count_nonzero(
        counts[np.ix_(shown, shown)]
    )
    rows = counts.sum(1, keepdims=True)[shown]
    np.testing.assert_allclose(np.square(cells.z), counts[np.ix_(shown, shown)] / rows)
    assert figure.layout.height == confusion.height(len(shown)) <= 720
    assert not any("<" in text for text in figure.layout.xaxis.ticktext)
    everything = confusion.figure(counts.tolist(), names, "dark", classes=range(classes))
    assert len(everything.data) == (1 if classes > 20 else 2)


def test_a_class_without_samples_has_an_empty_row() -> None:
    figure = confusion.figure([[0, 0], [1, 1]], ["a", "b"], "light", classes=[0, 1], fractions=True)
    cells, written = figure.data
    assert list(cells.z[0]) == [0, 0]
    assert (written.y, written.text) == ((1, 1), (f"50{THIN}%",) * 2)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_text_of_a_cell_is_legible_at_every_level(mode: str) -> None:
    assert confusion.ink(0.0, mode) != confusion.ink(1.0, mode)
    palette = PALETTES[mode]
    for level, colour in zip(np.linspace(0, 1, 10), palette.sequential, strict=True):
        lights = [
            confusion._luminance(confusion._linear(c)) + 0.05
            for c in (colour, confusion.ink(level, mode))
        ]
        assert max(lights) / min(lights) >= 3.9


def test_the_calibration_curve_has_its_intervals() -> None:
    bins = [{"count": 5, "confidence": 0.7, "accuracy": [0.6, 0.2, 0.9]}]
    _, before = calibration.figure(bins, [], "light").data
    assert (before.x, before.y) == ((0.7,), (0.6,))
    assert before.error_y.array == pytest.approx((0.3,))
    assert before.error_y.arrayminus == pytest.approx((0.4,))
    assert len(calibration.figure(bins, bins, "dark").data) == 3


def test_threshold_curves_have_the_line_of_guessing() -> None:
    points = [[0, 0.5, 1], [0, 0.8, 1]]
    guess, curve = thresholds.roc(points, "light").data
    assert guess.y == (0, 1) and curve.y == (0, 0.8, 1)
    guess, _ = thresholds.precision_recall(points, "light", positives=0.3).data
    assert guess.y == (0.3, 0.3)


def test_residuals_are_true_minus_predicted() -> None:
    predicted, errors = residuals.rows([1.0, 5.0], [2.0, 1.0])
    assert (predicted, errors) == ([1.0, 2.0], [4.0, -1.0])
    assert residuals.figure(predicted, errors, "light").data[1].y == (4.0, -1.0)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_image_is_drawn_above_its_neighbours(count: int) -> None:
    white, black = np.full((1, 4, 8), 255, np.uint8), np.zeros((count, 3, 5, 5), np.uint8)
    drawn = Image.open(io.BytesIO(neighbours.png(white, black)))
    side = neighbours.LARGE
    assert drawn.size == (side, side + (neighbours.GAP + neighbours.SMALL) * bool(count))
    assert drawn.getpixel((side // 2, side // 2)) == (255, 255, 255, 255)
    if count:
        assert drawn.getpixel((10, side + neighbours.GAP + 10)) == (0, 0, 0, 255)
