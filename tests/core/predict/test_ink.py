"""Drawings are placed as the training images are, whatever these have in common."""

import numpy as np
import pytest

from core.predict.ink import Ink, bounding_boxes, centres_of_mass, stroke_width
from core.predict.strokes import render

GAMMA = [[90, 60, 190, 60], [90, 60, 90, 220]]  # its centre of mass is not that of its box


def scaled(strokes: list[list[int]], factor: float, left: int, top: int) -> list[list[int]]:
    """The strokes, smaller or larger, with their upper left corner at (left, top)."""
    points = [np.array(stroke).reshape(-1, 2) for stroke in strokes]
    corner = np.concatenate(points).min(0)
    moved = [(factor * (p - corner) + (left, top)).round().astype(int) for p in points]
    return [p.ravel().tolist() for p in moved]


def training_images(*, side: int, anchor: str, background: int) -> np.ndarray:
    """Images (60, 1, 28, 28) of crosses and corners whose longer side is `side`, centred at row 15
    and column 13 by their centre of mass or their box.
    """
    draw = np.random.default_rng(0)
    images = []
    while len(images) < 60:
        part = np.zeros((side, draw.integers(side // 2, side + 1)), np.float32)
        row, column = draw.integers(0, part.shape[0] - 2), draw.integers(0, part.shape[1] - 2)
        part[row : row + 2] = part[:, column : column + 2] = 1
        middle = centres_of_mass(part[None])[0] if anchor == "mass" else np.array(part.shape) / 2
        top, left = np.round(np.array([15, 13]) - middle).astype(int)
        image = np.zeros((28, 28), np.float32)
        if min(top, left) < 0 or top + part.shape[0] > 28 or left + part.shape[1] > 28:
            continue
        image[top : top + part.shape[0], left : left + part.shape[1]] = part
        images.append(image)
    return np.abs(background - 255 * np.stack(images)[:, None])


@pytest.mark.parametrize("background", [0, 255])
@pytest.mark.parametrize("anchor", ["mass", "box"])
@pytest.mark.parametrize("side", [12, 20])
def test_the_form_of_the_training_images_is_measured(side, anchor, background):
    ink = Ink.measure(training_images(side=side, anchor=anchor, background=background))
    assert (ink.side, ink.anchor, ink.background) == (side, anchor, background)
    np.testing.assert_allclose(ink.centre, (15, 13), atol=0.3)
    assert 1.5 < ink.stroke < 2.5 and ink.peak == 1


@pytest.mark.parametrize("anchor", ["mass", "box"])
@pytest.mark.parametrize(("factor", "pen"), [(0.3, 6), (0.7, 30), (1.0, 22), (1.3, 12)])
def test_a_drawing_gets_the_size_place_and_strokes_of_the_training_images(anchor, factor, pen):
    form = Ink.measure(training_images(side=20, anchor=anchor, background=0))
    placed = form.place(render(scaled(GAMMA, factor, 40, 30), pen=pen)) / 255
    ((top, left), (bottom, right)) = bounding_boxes(placed[None])[0]
    assert max(bottom - top, right - left) == pytest.approx(20, abs=1)
    centre = (
        centres_of_mass(placed[None])[0]
        if anchor == "mass"
        else (np.array([top + bottom, left + right]) / 2)
    )
    np.testing.assert_allclose(centre, form.centre, atol=0.6)
    large = np.kron(placed, np.ones((4, 4)))
    assert stroke_width(large) / 4 == pytest.approx(form.stroke, abs=0.6)
    assert placed.max() == pytest.approx(1)


def test_a_moved_drawing_becomes_the_same_image():
    form = Ink.measure(training_images(side=20, anchor="mass", background=255))
    first, *others = (
        form.place(render(scaled(GAMMA, 0.6, 30 + right, 20 + down)))
        for right, down in ((0, 0), (6, 0), (0, 6), (90, 110))
    )
    assert all(np.array_equal(first, other) for other in others)


def test_images_without_a_uniform_background_have_no_ink():
    draw = np.random.default_rng(1)
    photos = draw.integers(0, 256, (40, 3, 16, 16))
    grey_paper = np.full((40, 1, 16, 16), 128)
    assert Ink.measure(photos) is None and Ink.measure(grey_paper) is None
    assert Ink.measure(np.zeros((40, 1, 16, 16))) is None


def test_one_dot_and_a_blank_pad_are_placed_without_an_error():
    form = Ink.measure(training_images(side=20, anchor="mass", background=0))
    assert form.place(render([[100, 100]])).max() == 255
    assert form.place(np.zeros((280, 280))).max() == 0


def test_the_width_of_a_stripe_is_measured():
    for width in (4, 9, 16):
        stripe = np.zeros((300, 60))
        stripe[:, 20 : 20 + width] = 1
        assert stroke_width(stripe) == pytest.approx(width, abs=0.6)
