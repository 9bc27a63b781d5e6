"""The figure of the predictions: points of the right set and class, the predicted cells, distinct
colours.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.base.events import Started, Step, to_json
from core.data.load import load
from core.data.ready.curves import Sine
from core.data.ready.points import Blobs, Moons
from core.data.samples import Samples
from core.data.split import Split
from core.figures.binding import fill
from core.figures.surface import FULL, MOST, PALE, figure, mixed, rows, tints
from core.figures.template import PALETTES
from core.runs.history import History
from core.training.surface import area, grid, of_classes, of_values

MODES = list(PALETTES)


def of(data, **more):
    samples = load(data, Path("/nowhere"))
    return samples, Split(**more).parts(samples.targets)


def history(surface) -> History:
    made = History()
    first = Started(0, 9, 3, 3, 4, 5, ("output",), {"train": 9}, {}, "cpu", 1)
    made.add(map(to_json, [first, Step(1, (0.5,), 0.1), surface]))
    return made


def filled(data, mode="light"):
    """The figure of untrained but known answers: the class is the quadrant, or the value is x²."""
    samples, parts = of(data)
    within = area(samples.inputs)
    at = grid(within)
    if samples.classes:
        answer = of_classes(1, within, np.eye(len(samples.classes))[(at[:, 0] > 0).astype(int)])
    else:
        answer = of_values(1, within, at[:, 0] ** 2)
    made = history(answer)
    return fill(figure(rows(samples, parts), mode), made.columns(), made.facts())


def test_points_belong_to_their_set():
    samples, parts = of(Moons(points=200), validation=0.2, test=0.3)
    shown = rows(samples, parts)
    for part, own in ((parts.train, shown.train), (parts.validation, shown.validation)):
        assert np.allclose(own[0], samples.inputs[part], atol=1e-4)
        assert np.array_equal(own[1], samples.targets[part])


def test_the_same_sample_of_many_points_is_drawn_each_time():
    samples, parts = of(Moons(points=3000))
    shown, again = rows(samples, parts), rows(samples, parts)
    assert len(shown.train[0]) == MOST and len(shown.validation[0]) == 450
    assert np.array_equal(shown.train[0], again.train[0])
    known = {tuple(p) for p in samples.inputs[parts.train].round(4).tolist()}
    assert all(tuple(p) in known for p in shown.train[0].tolist())


def test_columns_without_names_get_default_names():
    inputs = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    plain = Samples("t", inputs, np.arange(40) % 2, ("a", "b"))
    shown = rows(plain, Split().parts(plain.targets))
    assert shown.columns == ("x1", "x2")
    assert figure(shown, "light").layout.yaxis.title.text == "x2"


@pytest.mark.parametrize("mode", MODES)
def test_cells_show_the_predicted_class(mode):
    drawn = filled(Moons(points=100), mode)
    cells = drawn.data[0]
    z, x, y = np.array(cells.z), np.array(cells.x), np.array(cells.y)
    assert z.shape == (48, 48) and (np.diff(x) > 0).all() and (np.diff(y) > 0).all()
    assert np.array_equal(np.floor(z), np.tile(x > 0, (48, 1)))
    assert np.allclose(z - np.floor(z), 0.95)  # as sure as can be
    for axis, at in ((drawn.layout.xaxis, x), (drawn.layout.yaxis, y)):
        width = at[1] - at[0]
        assert axis.range == pytest.approx((at[0] - width / 2, at[-1] + width / 2))


def test_training_points_are_solid_and_validation_points_hollow():
    samples, parts = of(Blobs(points=120))
    traces = [
        t for t in filled(Blobs(points=120)).data if t.type == "scatter" and t.x[0] is not None
    ]
    assert len(traces) == 6
    for k, trace in enumerate(traces):
        part = (parts.train, parts.validation)[k % 2]
        own = part[samples.targets[part] == k // 2]
        assert np.allclose(np.stack([trace.x, trace.y], 1), samples.inputs[own], atol=1e-4)
        assert str(trace.marker.symbol).endswith("-open") == bool(k % 2)
        assert trace.showlegend is not (k % 2 == 1)
    symbols = {str(t.marker.symbol).removesuffix("-open") for t in traces}
    assert len(symbols) == 3 == len({t.marker.color for t in traces})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [2, 3, 8])
def test_tints_of_two_classes_differ_and_increase_with_probability(mode, count):
    scale = tints(count, mode)
    assert [place for place, _ in scale] == [k / count for c in range(count) for k in (c, c + 1)]
    page = PALETTES[mode].page
    for a, b in combinations(range(count), 2):
        assert distance(scale[2 * a + 1][1], scale[2 * b + 1][1]) > 25
    for c in range(count):
        pale, full = scale[2 * c][1], scale[2 * c + 1][1]
        assert distance(pale, page) < distance(full, page)
        assert distance(full, page) / distance(pale, page) == pytest.approx(FULL / PALE, rel=0.2)


def distance(one: str, other: str) -> float:
    pair = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (one, other)]
    return float(np.linalg.norm(pair[0] - pair[1]))


def test_a_mixture_is_between_its_colours():
    assert (
        mixed("#102030", "#FFEEDD", 0) == "#102030" and mixed("#102030", "#FFEEDD", 1) == "#FFEEDD"
    )


def test_the_fitted_curve_is_drawn_over_the_points():
    samples, parts = of(Sine(points=100))
    training, validation, line = filled(Sine(points=100)).data
    assert np.allclose(training.y, samples.targets[parts.train], atol=1e-4)
    assert np.allclose(validation.x, samples.inputs[parts.validation, 0], atol=1e-4)
    assert np.allclose(line.y, np.square(line.x), rtol=1e-4) and len(line.x) == 200
    assert validation.marker.symbol.endswith("-open") and line.mode == "lines"


@pytest.mark.parametrize("data", [Moons(points=50), Sine(points=50)])
def test_before_the_first_prediction_only_points_are_drawn(data):
    samples, parts = of(data)
    drawn = fill(figure(rows(samples, parts), "dark"), {}, {"step": 1})
    trace = drawn.data[0] if samples.classes else drawn.data[-1]
    assert not len(trace.x)


def test_very_different_ranges_keep_separate_scales():
    draw = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    for factor, anchor in ((1, "x"), (100, None)):
        plain = Samples("t", draw * [1, factor], np.arange(40) % 2, ("a", "b"))
        drawn = figure(rows(plain, Split().parts(plain.targets)), "light")
        assert drawn.layout.yaxis.scaleanchor == anchor


def test_class_names_are_escaped():
    draw = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    nasty = Samples("t", draw, np.arange(40) % 2, ("<b>x</b>", "$y$"), columns=("<i>", "b"))
    drawn = figure(rows(nasty, Split().parts(nasty.targets)), "light")
    said = [t.name for t in drawn.data] + [drawn.layout.xaxis.title.text]
    assert not any(set("<>$") & set(text) for text in said)
