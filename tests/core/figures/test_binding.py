"""Filling figures with rows: smoothing, labels without overlap, ticks, gaps, marks."""

from itertools import pairwise
from math import inf, isnan, log10, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.events import to_json
from core.figures import training
from core.figures.binding import extent, fill, frame, smooth, spread, ticks, values
from core.figures.maps import MAPS, layer_map
from core.figures.template import AXIS_TITLES, log_axis
from core.optim.stopping import Patience
from core.runs.history import History
from tests.conftest import LAYERS, ended, script

numbers = st.floats(-100, 100)


def history(upto=None):
    made = History()
    made.add(map(to_json, script()[:upto]))
    return made


@given(st.lists(st.floats(10, 99), min_size=1, max_size=30), st.floats(0, 0.99))
def test_smoothing_is_the_weighted_mean_of_all_values_so_far(series, factor):
    got = smooth(series, factor)
    for n in range(1, len(series) + 1):
        weights = [factor ** (n - 1 - k) for k in range(n)]
        expected = sum(w * v for w, v in zip(weights, series[:n], strict=True)) / sum(weights)
        assert got[n - 1] == pytest.approx(expected, abs=1e-9)


def test_a_gap_stays_a_gap_and_does_not_affect_later_values():
    assert smooth([4.0, None, 4.0], 0.5) == [4.0, None, 4.0]
    assert values({"x": "x", "y": "y"}, {"x": [1, 2, 3], "y": [1.0, nan, inf]}, {}, {})["y"] == [
        1.0,
        None,
        None,
    ]


@given(st.lists(numbers, min_size=1, max_size=12), st.floats(0, 20))
def test_labels_are_moved_apart_as_little_as_possible(targets, gap):
    places = spread(targets, gap)
    order = sorted(range(len(targets)), key=lambda i: targets[i])
    steps = [places[b] - places[a] for a, b in pairwise(order)]
    assert all(step >= gap - 1e-6 for step in steps)
    assert sum(places) == pytest.approx(sum(targets), abs=1e-6)  # no side is preferred
    apart = all(targets[b] - targets[a] >= gap for a, b in pairwise(order))
    assert not apart or places == pytest.approx(targets, abs=1e-9)


def test_labels_have_the_least_squared_distance_to_their_targets():
    assert spread([0.0, 0.0, 10.0], 2.0) == pytest.approx([-1.0, 1.0, 10.0])
    assert spread([5.0, 0.0], 10.0) == pytest.approx([7.5, -2.5])


@pytest.mark.parametrize(
    ("span", "shown"),
    [(8, [1.0, 10.0]), (20, [1.0]), (2, [1.0, 3.0, 10.0]), (0.5, [1.0, 2.0, 3.0])],
)
def test_ticks_of_a_log_axis_follow_the_visible_span(span, shown):
    tables = log_axis("loss")[1]
    seen = [v for v in ticks(tables, 0, span)["tickvals"] if 1 <= v <= 10]
    assert seen[: len(shown)] == shown
    assert ticks(tables, 0, 0.1) == {"tickmode": "auto"}


@pytest.mark.parametrize("low", [-20, -4, 0, 5, 12])
@pytest.mark.parametrize("span", [1, 3, 7, 15, 28])
def test_ticks_cover_the_whole_axis_without_crowding(low, span):
    """Also for a gradient of 1e-20, and a loss of 1e30 before it is infinite."""
    table = ticks(log_axis("loss")[1], low, low + span)
    shown = [v for v in map(log10, table["tickvals"]) if low <= v <= low + span]
    assert 2 <= len(shown) <= 9
    if low + span < 8 and low > -12:
        assert max(shown) > low + span / 2


def test_extent_uses_positive_numbers_only():
    assert extent(["a", "b", "missing"], {"a": [0.0, -1.0, None, nan], "b": [3.0, 0.5]}) == (
        0.5,
        3.0,
    )
    assert extent([], {}) == (inf, 0.0)
    wide = {"a": [1.0, 9.0, 1.0, 9.0]}
    drawn = smooth(wide["a"], 0.8)
    assert extent(["a"], wide, 0.8) == (min(drawn), max(drawn)) != extent(["a"], wide)


def test_the_axis_covers_the_whole_run_from_the_first_event_on():
    figure = fill(training.curve("light"), *training.rows(history(2)))
    assert figure.layout.xaxis.range == (0, 202)
    assert frame({"end": "steps"}, {}, {"step": 1, "steps": None}) == {}


@pytest.mark.parametrize(("end", "each"), [(1, None), (2, 1), (7, 1), (8, None), (200, None)])
def test_few_steps_have_one_tick_each(end, each):
    assert frame({"end": "steps"}, {}, {"step": 1, "steps": end})["xaxis"].get("dtick") == each


def test_the_legend_is_above_the_area_of_curves_and_marks():
    for measure in ("loss", "error"):
        legend = training.curve("light", measure=measure).layout.legend
        assert legend.y >= 1 and legend.yanchor == "bottom"


def test_before_the_first_step_there_are_no_axes():
    figure = fill(training.curve("light"), *training.rows(history(1)))
    assert (figure.layout.xaxis.visible, figure.layout.yaxis.visible) == (False, False)


def test_a_finished_curve_has_the_rows_and_marks_the_best_epoch():
    rows = training.rows(history())
    figure = training.drawn(training.curve("dark", smoothing=0.9), history())
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["Training, raw"].y) == rows[0]["step.loss"]
    assert list(traces["Training, smoothed"].y) == smooth(rows[0]["step.loss"], 0.9)
    assert (list(traces["Best epoch"].x), list(traces["Best epoch"].y)) == ([80], [0.3])
    assert list(traces["Best, line"].x) == [80, 80]
    assert traces["Best, text"].text[0].strip() == "best epoch: 4"


def test_a_spike_does_not_hide_what_follows():
    series = [2.3, 1e25, 1e24, *[2.3] * 60]
    assert smooth(series, 0.9)[-1] == pytest.approx(2.3, rel=0.2)
    assert smooth(series, 0.0) == series
    for factor in (0.8, 0.9, 0.99):
        after = smooth([2.3, *[1e30] * 8, *[3.4] * 20], factor)  # a spike that lasts
        assert max(after[:9]) > 1e28 and all(v <= 34.0001 for v in after[11:])
        assert smooth([2.3, 1e30, 2.3], factor)[1] <= 23
        diverging = [2.3 * 8.0**k for k in range(30)]
        assert all(
            v > raw / 1e3 for v, raw in zip(smooth(diverging, factor), diverging, strict=True)
        )
        assert smooth([0.3, 0.2, 0.0, 0.0, 0.0], factor)[-1] == 0  # a layer without gradient
    plain = [1.0, 3.0, 2.0, 0.5]
    means, mean = [], 0.0
    for n, value in enumerate(plain, 1):
        mean = 0.9 * mean + 0.1 * value
        means.append(mean / (1 - 0.9**n))
    assert smooth(plain, 0.9) == pytest.approx(means)
    assert smooth([-1.0, 5.0], 0.5) == pytest.approx([-1.0, 3.0])


def test_nothing_is_marked_before_an_epoch_has_ended():
    figure = training.drawn(training.curve("light"), history(3))
    assert all(not trace.x for trace in figure.data if trace.name.startswith("Best"))


def test_every_column_that_a_figure_names_exists():
    columns = history().columns()
    axes = ("step", "epoch", "time")
    made = [
        training.layer_norms("light", layers=LAYERS, quantity=quantity, against=against, log=log)
        for quantity in training.NORMS
        for against in axes
        for log in (True, False)
    ]
    made += [
        layer_map(
            "light", names=("relu1",) if m.by_activation else LAYERS, quantity=q, against=against
        )
        for q, m in MAPS.items()
        for against in axes
    ]
    made += [
        training.curve("light", measure=measure, against=against, log=log)
        for measure in ("loss", "error", "accuracy", "rmse")
        for against in axes
        for log in (True, False)
    ]
    for figure in made:
        named = [
            v
            for t in figure.data
            for k in ("x", "y", "z", "ends", "extent")
            if (v := (t.meta or {}).get(k))
        ]
        names = {n for v in named for n in ([v] if isinstance(v, str) else v)}
        assert names and names <= columns.keys()
        assert figure.layout.xaxis.title.text in AXIS_TITLES.values()


def test_names_are_at_the_line_ends():
    *lines, trace, _ = training.drawn(training.layer_norms("light", layers=LAYERS), history()).data
    ends = [line.y[-1] for line in lines]
    raw = history().columns()[f"probe.gradient.{LAYERS[0]}"]
    assert lines[0].y[-1] == pytest.approx(smooth(raw, training.STEADY)[-1]) != raw[-1]
    assert list(trace.text) == [f" {layer}" for layer in LAYERS] and set(trace.x) == {200}
    assert list(trace.y) == pytest.approx(ends)  # far apart already
    assert not any(isnan(v) for v in trace.y)


def test_ten_of_many_layers_are_named():
    layers = [f"l{k}" for k in range(35)]
    figure = training.layer_norms("light", layers=layers)
    assert len(figure.data) == 37 and len(figure.data[-2].meta["names"]) == 9


def test_each_rule_has_a_mark_where_it_would_have_ended_the_run():
    """The validation loss is best in epoch 4, of 20 steps each: patience 2 fires after epoch 6."""
    made = History([Patience(patience=2, only_mark=True)])
    made.add(map(to_json, script()))
    figure = training.drawn(training.curve("light"), made)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["Marks, lines"].x) == [120, 120, None]
    assert (list(traces["Would have stopped"].x), list(traces["Would have stopped"].y)) == (
        [120],
        [pytest.approx(0.38)],
    )
    (text,) = traces["Marks, text"].text
    assert Patience.label.lower() in text and "would have stopped" in text and "0.3" in text
    assert traces["Marks, text"].textposition == ("middle left",)


def test_rules_that_the_run_does_not_use_are_marked_on_request_only():
    """Early stopping as it comes, with patience 5, would have ended it after epoch 9."""
    for marks, places in ((("chosen",), []), (("chosen", "untaken"), [180])):
        figure = training.drawn(training.curve("light", marks=marks), history())
        (points,) = (trace for trace in figure.data if trace.name == "Would have stopped")
        assert list(points.x) == places


def test_the_rule_that_ended_the_run_is_marked_as_fired():
    made = History([Patience(patience=6)])
    made.add(map(to_json, [*script(), ended()]))
    (mark,) = [mark for mark in made.facts()["marks"] if mark["part"] == "fired"]
    assert (mark["part"], mark["short"], mark["row"]) == ("fired", Patience.label.lower(), 9)
    assert "would" not in mark["text"]
