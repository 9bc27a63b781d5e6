"""Images: rows are drawn from their class, every pixel is in its place, and class names are not
markup.
"""

import base64
import html
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.figures.images import GAP, SHARP, SIDE, by_class, draw, plain, strip
from core.figures.template import PALETTES

NASTY = ("**x** <b>", "$y$ & z", "![a](b)", "ordinary", "<script>alert(1)</script>")
PIXELS = SIDE * SHARP
STEP = (SIDE + GAP) * SHARP


@given(
    labels=st.lists(st.integers(0, 4), max_size=60).map(np.array),
    each=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_every_class_gives_as_many_of_its_own_rows_as_it_can(labels, each, seed):
    labels = labels.astype(int)
    drawn = draw(labels, 5, each, seed)
    for name, rows in enumerate(drawn):
        assert (labels[rows] == name).all()
        assert len(set(rows.tolist())) == len(rows) == min(each, int((labels == name).sum()))
        assert rows.tolist() == sorted(rows.tolist())
    again = draw(labels, 5, each, seed)
    assert all(np.array_equal(a, b) for a, b in zip(drawn, again, strict=True))


def test_another_seed_draws_other_images():
    labels = np.zeros(1000, int)
    assert not np.array_equal(draw(labels, 1, 10, 0)[0], draw(labels, 1, 10, 1)[0])


def test_a_grey_image_is_enlarged_pixel_by_pixel_and_the_gap_is_transparent():
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 17, (3, 1, 8, 8))
    canvas = np.asarray(strip(pictures, 16.0))
    assert canvas.shape == (PIXELS, 3 * STEP, 4)
    block = np.ones((PIXELS // 8, PIXELS // 8))
    for k in range(3):
        wanted = np.kron((pictures[k, 0] * 255 / 16).astype(np.uint8), block)
        drawn = canvas[:, k * STEP : k * STEP + PIXELS]
        assert (drawn[..., :3] == wanted[..., None]).all() and (drawn[..., 3] == 255).all()
        assert (canvas[:, k * STEP + PIXELS : (k + 1) * STEP, 3] == 0).all()


def test_colours_keep_their_channels_and_wide_images_are_centred():
    picture = np.zeros((1, 3, 2, 4), np.float32)
    picture[0, 0], picture[0, 2] = 300.0, -5.0  # beyond both ends
    canvas = np.asarray(strip(picture, 255.0))
    filled = np.flatnonzero(canvas[:, 0, 3])
    assert (filled[0], filled[-1]) == (PIXELS // 4, 3 * PIXELS // 4 - 1)
    assert canvas[PIXELS // 2, PIXELS // 2].tolist() == [255, 0, 0, 255]


@pytest.fixture
def wall():
    """Five classes of very different sizes, the fourth one empty."""
    chance = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2, 4], [30, 1, 7, 4000])
    return chance.integers(0, 256, (len(labels), 1, 6, 6)).astype(np.uint8), labels


@pytest.mark.parametrize("mode", PALETTES)
def test_each_class_has_a_row_with_a_bar_of_its_size(wall, mode):
    images, labels = wall
    figure = by_class(images, labels, NASTY, mode=mode, each=5, seed=3)
    (bar,) = figure.data
    counted = [int((labels == c).sum()) for c in range(5)]
    assert (list(bar.x), list(bar.y)) == (counted, [0, 1, 2, 3, 4])
    assert list(bar.text) == ["30", "1", "7", "0", "4\u202f000"]
    assert bar.marker.color == PALETTES[mode].line
    assert figure.layout.xaxis2.range[1] >= max(counted)
    assert tuple(figure.layout.yaxis.range) == (4.5, -0.5)  # the first class on top


def test_the_strips_contain_the_drawn_images_and_an_empty_class_has_none(wall):
    images, labels = wall
    figure = by_class(images, labels, NASTY, mode="light", each=5, seed=3)
    rows = draw(labels, 5, 5, 3)
    shown = figure.layout.images
    assert [(s.y, s.sizex) for s in shown] == [(0, 1.0), (1, 0.2), (2, 1.0), (4, 1.0)]
    top = max(images[r].max() for r in rows if len(r))
    for place in shown:
        packed = place.source.partition("base64,")[2]
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(packed))))
        assert np.array_equal(drawn, np.asarray(strip(images[rows[int(place.y)]], float(top))))


def test_class_names_are_escaped(wall):
    figure = by_class(*wall, NASTY, mode="light")
    for tick, name in zip(figure.layout.yaxis.ticktext, NASTY, strict=True):
        inner = tick.removeprefix("<b>").removesuffix("</b>")
        assert not set(inner) & set("<>$")
        assert html.unescape(inner).removesuffix("…") == name[: 12 if len(name) <= 12 else 11]


@pytest.mark.parametrize("value", [0, 255])
def test_images_of_one_value_are_drawn_too(value):
    images = np.full((4, 1, 3, 3), value, np.uint8)
    figure = by_class(images, np.array([0, 0, 1, 1]), ("a", "b"), mode="dark")
    assert len(figure.layout.images) == 2


@given(st.text(max_size=40), st.integers(2, 30))
def test_a_label_is_the_text_cut_short_with_nothing_to_interpret(text, longest):
    said = plain(text, longest)
    assert not set(said) & set("<>$")
    back = text if len(text) <= longest else text[: longest - 1] + "…"
    for sign, safe in (("$", "&#36;"), (">", "&gt;"), ("<", "&lt;"), ("&", "&amp;")):
        said = said.replace(safe, sign)
    assert said == back
