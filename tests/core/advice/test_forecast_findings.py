"""The findings about forecasts, and their score over the runs of a lab."""

from dataclasses import replace

import numpy as np
import pytest

from core.advice.forecast_findings import (
    LAST,
    describe_forecast,
    describe_score,
    score_forecasts,
    shape_of,
)
from core.base.events import Changed, Ended
from core.runs.summary import Summary
from core.weights.fork import Fork
from tests.core.runs.logs import epoch, folded, started

EPOCHS = 45
LAW = (1 + np.arange(1, EPOCHS + 1) ** -0.7).tolist()
RISE = [*LAW[:20], *np.linspace(1.2, 3, 25)]
SECOND = [*LAW[:20], *np.linspace(1.2, 3, 10), *np.linspace(3, 2, 15)]


def history(losses, epochs=EPOCHS, reason=""):
    events = [epoch(i, 10 * i, loss=loss - 1) for i, loss in enumerate(losses, 1)]
    end = [Ended(reason, "", 10 * len(losses), len(losses))] if reason else []
    return folded(started(0, 10 * epochs, 10), *events, *end)


@pytest.mark.parametrize(
    ("losses", "epochs", "reason", "code"),
    [
        (LAW[:20], EPOCHS, "", "forecast"),
        (LAW[:20], EPOCHS, "patience", "forecast_not_checked"),
        (LAW, EPOCHS, "epochs", "forecast_held"),
        (RISE, EPOCHS, "epochs", "forecast_missed"),
        (LAW[:3], EPOCHS, "", "forecast_too_early"),
        (LAW[:3], 9, "", "forecast_too_short"),
        ([2.0] * 20, EPOCHS, "", "forecast_not_falling"),
        ([*LAW[:10], *LAW[:10]], EPOCHS, "", "forecast_risen"),
        ([float("inf"), *LAW[:20]], EPOCHS, "", "forecast_not_finite"),
    ],
)
def test_every_state_of_a_forecast_has_its_finding(losses, epochs, reason, code):
    assert describe_forecast(history(losses, epochs, reason)).code == code


def test_epochs_with_other_settings_give_no_forecast_and_are_not_counted():
    events = [epoch(i, 10 * i, loss=loss - 1) for i, loss in enumerate(LAW, 1)]
    begin, change = started(0, 10 * EPOCHS, 10), Changed(10 * EPOCHS - 10, {"epochs": EPOCHS})
    fork = folded(begin, *events, fork=Fork(run="other", epoch=1, step=10))
    changed = folded(begin, *events[:-1], change, started(change.step, 10 * EPOCHS, 10))
    for run, code in ((fork, "forked"), (changed, "changed")):
        assert describe_forecast(run).code == f"forecast_{code}"
        assert run.columns()["forecast.low"] == []
    rows = [
        replace(ROW, parent="other"),
        replace(ROW, changes=("learning rate 0.1 → 0.01 at step 400",)),
    ]
    assert score_forecasts(rows).total == 0 and score_forecasts([*rows, ROW]).total == 1


def test_before_the_first_epoch_there_is_nothing_to_say():
    assert describe_forecast(history([])) is None and describe_forecast(folded()) is None


@pytest.mark.parametrize(
    ("losses", "shape", "side"),
    [(RISE, "rise", "above"), (SECOND, "second_descent", "above"),
     ([*LAW[:20], *[0.3] * 25], "fall", "below")],
)  # fmt: skip
def test_a_miss_names_the_shape_that_a_power_law_cannot_have(losses, shape, side):
    found = describe_forecast(history(losses, reason="epochs"))
    assert (found.evidence["shape"], found.evidence["side"]) == (shape, side)
    assert shape_of(losses) == shape


def test_a_noisy_falling_curve_has_no_second_descent():
    noise = np.random.default_rng(0).normal(1, 0.02, EPOCHS)
    assert shape_of((np.asarray(LAW) * noise).tolist()) == "fall"


ROW = Summary("r", "", "", "", "", 0.1, EPOCHS, 1, None, None, None, tuple(LAW), "epochs")


def test_the_score_counts_the_newest_runs_that_can_be_checked():
    missed, short = replace(ROW, curve=tuple(SECOND)), replace(ROW, curve=(1.0,), epochs=1)
    unfinished = replace(ROW, reason="stopped")
    score = score_forecasts([missed, short, unfinished, ROW, ROW])
    assert (score.inside, score.total, score.misses) == (2, 3, ("second_descent",))
    assert describe_score(score).evidence["inside"] == 2
    score = score_forecasts([*[ROW] * LAST, missed])
    assert (score.inside, score.total) == (LAST, LAST)
    assert describe_score(score_forecasts([])).code == "forecast_score_none"
