"""The charts of a search: what is computed from its trials, and what is drawn of it."""

from math import inf, isfinite

import pytest

from core.figures.search import best_so_far, importance, parallel_coordinates, pareto, slices
from core.figures.search import trial_marks as marks
from core.figures.search.scale import is_lit, scales
from core.studies.search import answer
from core.studies.search.importance import importances
from core.studies.search.ranges import LogRange, OneMinusLogRange, OptionList, WholeRange
from core.studies.search.recommended import recommended_pruning, recommended_strategy
from tests.core.figures.search.made_up import DIVERGED, FAILED, PRUNED, made_up_trials, search

RATE = "optimizer.learning_rate"
WORDS = {"title": "validation loss", "share": False}


@pytest.fixture(scope="module")
def made():
    return search()


@pytest.fixture(scope="module")
def trials(made):
    return made_up_trials(made)


@pytest.mark.parametrize("against", ["trials", "seconds"])
def test_the_best_so_far_is_that_of_the_answers(trials, against):
    data = best_so_far.rows(trials, against)
    expected = [p for p in answer.best_so_far(trials, against) if isfinite(p.best)]
    own = {point.number: best for point, best in zip(data.points, data.best, strict=True)}
    for point in expected:
        if isfinite(point.value):
            assert own[point.number] == point.best
    assert data.star.number == answer.best_trials(trials, 1)[0].number
    assert {FAILED, DIVERGED}.isdisjoint(point.number for point in data.points)
    assert {p.number for p in data.points if p.state == "pruned"} == PRUNED
    assert len(data.points) == 14  # no finalists


def test_lines_cross_every_axis_and_the_best_result_is_highest(made, trials):
    data = parallel_coordinates.rows(trials, scales(made), {}, **WORDS)
    assert len(data.titles) == 4 and data.lit == len(data.lines) == 14
    assert all(0 <= place <= 1 for line in data.lines for place in line.positions)
    best = max(data.lines, key=lambda line: line.positions[-1])
    assert best.result == min(line.result for line in data.lines) and best.group == "best"
    pruned = [line for line in data.lines if line.number in PRUNED]
    assert pruned and all(line.group == "others" for line in pruned)


def test_brushed_ranges_light_up_the_trials_within(made, trials):
    axes, brushes = scales(made), {RATE: (1e-3, 0.1), "activation": ("relu",)}
    data = parallel_coordinates.rows(trials, axes, brushes, **WORDS)
    lit = {line.number for line in data.lines if line.group != "unlit"}
    assert lit == {
        trial.number
        for trial in marks.results(trials)
        if 1e-3 <= trial.values[RATE] <= 0.1 and trial.values["activation"] == "relu"
    }
    for one in slices.rows(trials, axes, brushes):
        assert {point.number for point in one.points} == lit
        assert {point.number for point in one.pale}.isdisjoint(lit)


def test_a_trial_without_a_brushed_setting_is_not_lit(made):
    assert not is_lit({}, scales(made), {RATE: (1e-3, 0.1)})


@pytest.mark.parametrize(
    "dimension",
    [
        LogRange(path=RATE, low=1e-5, high=10),
        OneMinusLogRange(path="optimizer.beta1", low=0.9, high=0.9999),
        WholeRange(path="batch_size", low=8, high=128, log=True),
        WholeRange(path="depth", low=1, high=5),
        OptionList(path="activation", values=("relu", "tanh", "gelu", "elu")),
    ],
)
def test_a_brush_contains_the_box_and_ends_at_a_value(made, dimension):
    (scale,) = scales(made.model_copy(update={"space": (dimension,)}))
    places = [scale.position(stop) for stop in scale.stops]
    assert places == sorted(places) and all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    brush = scale.brush(0.3, 0.7)
    ends = [scale.position(value) for value in brush]
    assert set(brush) < set(scale.stops)
    if scale.options:
        assert all(0.3 <= place <= 0.7 for place in ends)
    else:
        assert ends[0] <= 0.3 and ends[1] >= 0.7
    assert scale.brush(-0.1, 1.1) == () == scale.brush(1.2, 1.4)
    assert len({text for _, text in scale.ticks}) == len(scale.ticks)


def test_a_box_selects_the_axis_nearest_to_its_middle():
    assert parallel_coordinates.brushed_axis(4, (0.9, 1.2)) == 1
    assert parallel_coordinates.brushed_axis(4, (-0.2, 0.1)) == 0
    assert parallel_coordinates.brushed_axis(4, (2.9, 3.1)) is None  # the result


def test_the_pareto_front_is_that_of_the_answers():
    made = search()
    trials = made_up_trials(made)
    front = answer.pareto(trials)
    data = pareto.rows(trials, front, "parameters")
    assert [point.number for point in data.front] == [trial.number for trial in front]
    costs = [point.x for point in data.front]
    values = [point.value for point in data.front]
    assert costs == sorted(costs) and values == sorted(values, reverse=True)


def test_the_setting_that_decides_is_the_most_important(made):
    found = importances(made, made_up_trials(made, count=60))
    bars = importance.rows(found, scales(made))
    assert bars[0].title == "AdamW: learning rate" and bars[0].fraction > 0.5
    assert sum(bar.fraction for bar in bars) == pytest.approx(1)
    assert importances(made, []) == {}


@pytest.mark.parametrize("share", [False, True])
def test_the_axis_of_results_contains_the_good_ones(share):
    for values in ([0.1], [0.1, 0.12], [0.01, 0.2, 0.9], [0.0, 0.5], [1e-3, 1e9], []):
        axis, (low, high) = marks.score_axis(values, "loss", share=share)
        if values:
            assert low <= min(values) <= high
            assert marks.within(max(values), (low, high)) <= high
        assert axis["range"][0] < axis["range"][1]
        if axis.get("type") == "log":
            inside = [v for v in axis["tickvals"] if low <= v <= high]
            assert len(inside) >= 2
    assert not marks.is_finite(inf) and not marks.is_finite(None)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_chart_can_be_drawn_of_no_and_of_all_trials(made, trials, mode):
    axes = scales(made)
    for some in ((), trials):
        data = best_so_far.rows(some, band=[(1, 0.1, 0.2, 0.3)], reach=16)
        figures = [
            best_so_far.figure(data, mode, **WORDS),
            parallel_coordinates.figure(
                parallel_coordinates.rows(some, axes, {RATE: (1e-3, 0.1)}, **WORDS), mode
            ),
            slices.figure(slices.rows(some, axes, {}), mode, **WORDS, columns=2),
            importance.figure(importance.rows({}, axes), mode),
            pareto.figure(pareto.rows(some, answer.pareto(some), "seconds"), mode, **WORDS),
        ]
        assert all(figure.layout.height > 0 for figure in figures)


def test_the_recommended_strategy_follows_the_size_of_the_search(made):
    kinds = {
        trials: recommended_strategy(search(trials=trials))[0].kind for trials in (10, 30, 100)
    }
    assert kinds == {10: "random", 30: "tpe", 100: "tpe"}
    numbers = made.model_copy(update={"space": made.space[:2]})
    assert recommended_strategy(numbers)[0].kind == "gaussian_process"
    assert recommended_strategy(made.model_copy(update={"space": ()}))[0].kind == "many_starts"
    assert all(recommended_strategy(search(trials=n))[1].endswith(".") for n in (1, 30))
    assert recommended_pruning(search(trials=30)).kind == "median"
    assert recommended_pruning(search(trials=40)).kind == "hyperband"
