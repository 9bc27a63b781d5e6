"""Several runs in one chart: a curve for each measured run, a star at its lowest loss, and escaped
names.
"""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.events import Epoch
from core.figures.binding import LABEL
from core.figures.overlay import MARKED, MARKS, MOST, PLOT, figure, is_cut
from core.figures.overlay_curves import OverlayRun, comparable
from core.figures.overlay_curves import rows as curves_of
from core.figures.overlay_differences import differences
from core.figures.template import AXIS_TITLES, DASH, PALETTES

NASTY = "**x** <b> $y$ ![a](b)"
LOSS = st.floats(1e-6, 10) | st.sampled_from([math.nan, math.inf])


def rows(named):
    return curves_of([OverlayRun(name, "cross_entropy", each) for name, each in named])


def epochs(losses):
    """An epoch for each loss; None for one without a validation part."""
    scores = [None if loss is None else {"loss": loss, "accuracy": 0.5} for loss in losses]
    train = {"loss": 1.0, "accuracy": 0.5}
    return [Epoch(k, 10 * k, train, s, best=False) for k, s in enumerate(scores, 1)]


@given(st.lists(st.lists(st.none() | LOSS, max_size=8), max_size=4))
def test_rows_are_the_measured_values_with_the_index_of_the_lowest(losses):
    drawn = rows([(f"run {i}", epochs(each)) for i, each in enumerate(losses)])
    kept = [(i, each) for i, each in enumerate(losses) if any(v is not None for v in each)]
    assert [name for name, *_ in drawn] == [f"run {i}" for i, _ in kept]
    for (_, at, values, best, *_), (_, each) in zip(drawn, kept, strict=True):
        assert at == [k for k, v in enumerate(each, 1) if v is not None]
        assert repr(values) == repr([v for v in each if v is not None])
        numbers = [v for v in values if not math.isnan(v)]
        if numbers:
            assert values[best] == min(numbers) and best == values.index(min(numbers))


def test_the_star_is_at_the_epoch_whose_weights_were_kept_and_runs_without_a_number_are_known():
    """By error, an early epoch is lower than the one with the lowest loss."""
    shown = [(0.5, 0.9, True), (0.4, 0.8, True), (0.6, 0.7, False)]
    kept = [
        Epoch(k, 10 * k, {"loss": 1.0, "accuracy": 0.5}, {"loss": loss, "accuracy": a}, best=best)
        for k, (loss, a, best) in enumerate(shown, 1)
    ]
    for measure in ("loss", "error", "accuracy"):
        (curve,) = curves_of([OverlayRun("a", "mse", kept)], measure)
        assert curve.best == 1 and curve.is_visible
    (lost,) = rows([("lost", epochs([math.nan, math.inf]))])
    assert not lost.is_visible
    far = curve._replace(train=[1.0, 1e-6], train_at=[1, 2])
    assert not is_cut([curve], "loss") and is_cut([far], "loss")
    assert not is_cut([far], "accuracy")  # not a log axis: it shows every value


def curves(count):
    runs = [(f"run {i}", epochs([1.0, 0.5 - i / 20, 0.7])) for i in range(count)]
    return curves_of([OverlayRun(n, "cross_entropy", e, label=n[-1]) for n, e in runs])


@pytest.mark.parametrize("mode", PALETTES)
def test_each_run_is_a_dashed_line_with_a_star_its_name_in_the_legend_and_a_label(mode):
    drawn = figure(curves(3), mode)
    assert len(drawn.data) == 9
    for i in range(3):
        line, star, label = drawn.data[3 * i : 3 * i + 3]
        assert (list(line.x), list(line.y)) == ([1, 2, 3], [1.0, 0.5 - i / 20, 0.7])
        assert line.line.dash == DASH["validation"] and line.name == f"run {i}"
        assert (list(star.x), list(star.y)) == ([2], [0.5 - i / 20])
        assert star.marker.symbol == "star"
        assert list(label.x) == [3] and label.y[0] == pytest.approx(0.7, rel=0.3)
        assert label.text[0].strip() == str(i)
    assert [trace.name for trace in drawn.data if trace.showlegend is not False] == [
        f"run {i}" for i in range(3)
    ]
    assert drawn.layout.yaxis.type == "log" and drawn.layout.xaxis.title.text == "epoch"
    assert drawn.layout.xaxis.rangemode == "tozero"


def test_a_run_that_diverged_ends_in_a_cross_and_is_drawn_by_its_training_loss():
    steps = ((0.1, 1, 0.5, 2.0), (0.2, 2, 0.6, 30.0), (0.3, 3, 0.7, math.nan))
    lost = OverlayRun("lost", "mse", [], diverged=True, steps=steps, label="1")
    late = OverlayRun("late", "mse", epochs([1.0, 5.0]), diverged=True, label="2")
    (first, second) = curves_of([lost, late])
    assert (first.at, first.train_at, first.train[:2]) == ([], [0.1, 0.2, 0.3], [2.0, 30.0])
    drawn = figure([first, second], "light")
    crosses = [(t.x[0], t.y[0]) for t in drawn.data if t.meta == "x"]
    assert crosses == [(0.2, 30.0), (2, 5.0)]
    assert [t.name for t in drawn.data if t.showlegend is not False] == ["lost, training", "late"]
    assert [c.train_at for c in curves_of([lost], axis="seconds")] == [[0.5, 0.6, 0.7]]
    assert curves_of([lost], "error") == []


def test_overlapping_names_are_moved_apart():
    names = figure(curves(3), "light").data[2::3]
    places = sorted(math.log10(name.y[0]) for name in names)
    height = math.log10(1.0) - math.log10(0.4)  # of the values, in decades
    gaps = [b - a for a, b in pairwise(places)]
    assert min(gaps) >= LABEL / PLOT * height


def test_a_long_run_has_few_markers():
    (line, *_) = figure(rows([("long", epochs([1 / k for k in range(1, 501)]))]), "light").data
    assert line.marker.maxdisplayed == MARKED and len(line.x) == 500


def test_losses_of_two_kinds_are_replaced_by_errors_in_percent():
    entries = [
        OverlayRun("a", "cross_entropy", epochs([2.0])),
        OverlayRun("b", "mse", epochs([0.1])),
    ]
    measure, kept, left = comparable(entries)
    assert (measure, kept, left) == ("error", entries, [])
    drawn = figure(curves_of(kept, measure), "light", measure)
    assert [list(line.y) for line in drawn.data[::3]] == [[0.5], [0.5]]  # 1 − accuracy
    assert drawn.layout.yaxis.title.text == "error" and "%" in drawn.layout.yaxis.ticktext[0]
    assert comparable(entries[:1])[0] == "loss"


def test_regression_and_classification_share_no_axis_and_the_first_kind_is_drawn():
    scores = {"loss": 0.2, "r2": 0.8}
    values = OverlayRun("values", "mse", [Epoch(1, 10, scores, scores, best=True)])
    classes, early = OverlayRun("classes", "mse", epochs([0.1])), OverlayRun("early", "mse", [])
    assert comparable([values, early, classes]) == ("loss", [values, early], ["classes"])
    assert comparable([classes, values]) == ("loss", [classes], ["values"])
    assert curves_of([values], "error")[0][:5] == ("values", [1], [pytest.approx(0.2)], 0, [])


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("count", [2, 6, 7, MOST + 2])
def test_all_runs_differ_in_colour_and_neighbours_in_their_marker(mode, count):
    lines = figure(curves(count), mode).data[::3]
    assert len(lines) == min(count, MOST)
    assert len({line.line.color for line in lines}) == len(lines)
    symbols = [line.marker.symbol for line in lines]
    assert all(len(set(symbols[i : i + len(MARKS)])) == len(symbols[i : i + len(MARKS)])
               for i in range(len(symbols)))  # fmt: skip


def test_differences_are_those_at_common_epochs_and_interpolated_on_other_axes():
    runs = {"base": [4.0, 2.0, 1.0], "long": [5.0, 2.5, 0.5, 0.1], "none": []}
    drawn = {curve.name: curve for curve in rows([(n, epochs(v)) for n, v in runs.items() if v])}
    base, long = differences([drawn["base"], drawn["long"]], drawn["base"])
    assert base.values == [0, 0, 0]
    assert (long.at, long.values) == ([1, 2, 3], [1.0, 0.5, -0.5])
    assert long.best is None  # epoch 4 is beyond the baseline
    faster = drawn["long"]._replace(at=[0.5, 1.5, 2.5, 9], values=[1.0, 1.0, 1.0, 1.0], best=1)
    (curve,) = differences([faster], drawn["base"])
    assert (curve.at, curve.values, curve.best) == ([1.5, 2.5], [-2.0, -0.5], 0)
    away = faster._replace(at=[9.0, 10.0, 11.0, 12.0])
    assert differences([away], drawn["base"]) == []


@pytest.mark.parametrize("measure", ["loss", "error", "accuracy", "R²"])
def test_a_chart_of_differences_is_linear_and_marks_zero(measure):
    drawn = rows([("a", epochs([3.0, 2.0])), ("b", epochs([2.0, 2.5]))])
    made = figure(differences(drawn, drawn[0]), "light", measure, difference=True)
    assert made.layout.yaxis.type != "log" and made.layout.yaxis.zeroline
    assert [list(line.y) for line in made.data if line.mode == "lines+markers"][1] == [-1.0, 0.5]


def test_names_are_escaped_and_shortened():
    run = OverlayRun(NASTY + "z" * 60, "mse", epochs([1.0]), label=NASTY * 2)
    line, _, label = figure(curves_of([run]), "light").data
    for text in (line.name, label.text[0]):
        assert not set(text) & set("<>$")
        assert text.endswith("…")


def test_a_run_without_a_validation_score_has_no_curve():
    assert rows([("none", epochs([None, None])), ("empty", [])]) == []
    assert len(figure([], "dark").data) == 0


@pytest.mark.parametrize(("axis", "at"), [("epoch", [1, 2]), ("step", [10, 20])])
def test_any_axis_and_the_training_loss_can_be_drawn(axis, at):
    entries = [OverlayRun("a", "mse", epochs([0.5, 0.25]))]
    (curve,) = curves_of(entries, axis=axis, train=True)
    assert (curve.at, curve.values, curve.train) == (at, [0.5, 0.25], [1.0, 1.0])
    drawn = figure([curve], "light", axis=axis)
    train, validation, *_ = drawn.data
    assert list(train.y) == [1.0, 1.0] and train.line.color == validation.line.color
    assert (train.line.dash, validation.line.dash) == (DASH["train"], DASH["validation"])
    assert drawn.layout.xaxis.title.text == AXIS_TITLES[axis]


def test_time_is_the_training_time_in_seconds():
    entries = [OverlayRun("a", "mse", [replace(e, seconds=3.5) for e in epochs([0.5])])]
    assert curves_of(entries, axis="seconds")[0].at == [3.5]


def test_the_axis_stays_with_the_validation_curves():
    """A training loss near 0 and a run that diverged would squeeze them into a line."""
    scores = {"loss": 0.5, "accuracy": 0.5}
    learned = Epoch(1, 10, {"loss": 1e-9, "accuracy": 1.0}, scores, best=True)
    lost = OverlayRun("lost", "mse", [], diverged=True, steps=((0.1, 1, 0.1, 1e20),))
    drawn = figure(curves_of([OverlayRun("a", "mse", [learned]), lost], train=True), "light")
    low, high = drawn.layout.yaxis.range
    assert math.log10(0.5) - 1.1 < low < math.log10(0.5) < high < math.log10(0.5) + 1.1
    (cross,) = (t for t in drawn.data if t.meta == "x")
    assert low <= math.log10(cross.y[0]) <= high
