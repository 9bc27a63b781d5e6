"""The forecast of the final validation loss against curves whose law is known."""

import numpy as np
import pytest

from benchmarks.forecast import double_descent
from core.base.events import to_json
from core.runs.forecast import (
    LEVEL,
    MIN_EPOCHS,
    Forecast,
    Refused,
    epochs_needed,
    forecast,
)
from tests.core.runs.logs import epoch, folded, started

EPOCHS = 45
T = np.arange(1.0, EPOCHS + 1)


def law(a=1.0, b=0.7, c=0.2):
    return a * T**-b + c


@pytest.mark.parametrize(("a", "b", "c"), [(1, 0.7, 0.2), (3, 0.3, 0), (0.5, 1.5, 1), (2, 1, 0.01)])
def test_a_curve_that_is_a_power_law_is_continued(a, b, c):
    losses = law(a, b, c)
    made = forecast(losses.tolist(), EPOCHS)
    assert made.value == pytest.approx(losses[-1], rel=0.15) and made.holds(losses[-1])
    lower, upper = made.path
    at = np.asarray(made.at) - 1
    inside = np.interp(at, np.arange(EPOCHS), losses)
    assert np.all(np.asarray(lower) <= inside * 1.03) and np.all(inside <= np.asarray(upper) * 1.03)
    assert (made.at[0], made.at[-1]) == (epochs_needed(EPOCHS), EPOCHS)
    assert (lower[-1], upper[-1]) == (made.low, made.high)


def test_the_band_holds_noisy_laws_at_least_as_often_as_it_says():
    draw, held = np.random.default_rng(1), 0
    for _ in range(60):
        a, b, c = draw.uniform(0.5, 3), draw.uniform(0.3, 1.5), draw.uniform(0.05, 1)
        losses = law(a, b, c) * np.exp(0.02 * draw.standard_normal(EPOCHS))
        held += forecast(losses.tolist(), EPOCHS).holds(losses[-1])
    assert held >= LEVEL * 60


def test_later_epochs_change_nothing_and_the_same_losses_give_the_same_band():
    losses = law() * (1 + 0.01 * np.sin(T))
    first = forecast(losses[: epochs_needed(EPOCHS)].tolist(), EPOCHS)
    forecast.__globals__["_forecast"].cache_clear()
    again = forecast([*losses[: epochs_needed(EPOCHS)], 9.0, float("nan")], EPOCHS)
    assert first == again and first is not again


@pytest.mark.parametrize(
    ("losses", "epochs", "code"),
    [
        ([1.0] * 5, 3 * (MIN_EPOCHS - 1), "too_short"),
        (law()[: epochs_needed(EPOCHS) - 1], EPOCHS, "too_early"),
        ([], EPOCHS, "too_early"),
        ([1.0] * EPOCHS, EPOCHS, "not_falling"),
        (law()[::-1], EPOCHS, "not_falling"),
        ([*law()[:10], *law()[:5], *law()[10:]], EPOCHS, "risen"),
        ([1.0, float("nan"), *law()], EPOCHS, "not_finite"),
        ([1.0, float("inf"), *law()], EPOCHS, "not_finite"),
        ([1.0, 0.0, *law()], EPOCHS, "not_finite"),
    ],
)
def test_what_has_no_forecast_has_its_code(losses, epochs, code):
    answer = forecast(list(map(float, losses)), epochs)
    assert isinstance(answer, Refused) and answer.code == code


def test_the_shortest_run_and_a_very_long_one_have_a_forecast():
    assert isinstance(forecast(law().tolist(), 3 * MIN_EPOCHS - 2), Forecast)
    long = np.arange(1.0, 3001) ** -0.5 + 0.1
    assert forecast(long.tolist(), 3000).holds(long[-1])


def run(losses, epochs=EPOCHS):
    """The history of a run of 10 steps an epoch."""
    events = [epoch(i, 10 * i, loss=loss - 1) for i, loss in enumerate(losses, 1)]
    return folded(started(0, 10 * epochs, 10), *events)


def test_a_history_gives_the_band_with_the_epoch_that_completes_the_first_third():
    losses, made = (1 + law()).tolist(), epochs_needed(EPOCHS)
    history = run(losses[: made - 1])
    assert history.columns()["forecast.low"] == [] and history.forecast.code == "too_early"
    marks = history.since()["marks"]
    history.add([to_json(epoch(made, 10 * made, loss=losses[made - 1] - 1))])
    table = history.since(marks)["rows"]["forecast"]
    assert table["from"] == 0 and table["epoch"][-1] == EPOCHS and table["step"][-1] == 10 * EPOCHS
    assert table["low"][-1] == pytest.approx(forecast(losses, EPOCHS).low, rel=1e-5)
    marks = history.since()["marks"]
    history.add([to_json(epoch(made + 1, 10 * made + 10))])
    assert "forecast" not in history.since(marks)["rows"]  # the client has it
    history.add([to_json(started(50, 10 * EPOCHS, 10))])  # resumed from an earlier step
    assert history.since(marks)["rows"]["forecast"]["low"] == []


def test_an_epoch_without_validation_leaves_no_forecast():
    losses = (1 + law()).tolist()
    history = run(losses)
    history.epochs[3] = epoch(4, 40).__class__(4, 40, {"loss": 1.0, "accuracy": 0.5}, None, False)
    assert isinstance(history.forecast, Refused)
    assert isinstance(run(losses).forecast, Forecast)


def test_a_double_descent_breaks_the_forecast_until_its_peak_is_in_the_first_third():
    """The curve is that of gradient descent on two blocks of features, computed exactly."""
    ends = (100, 3_000, 300_000)
    rising, peak, falling = double_descent(ends, points=40, seeds=(0,))
    _, losses, made = rising
    assert losses[-1] > made.high > min(losses)  # it rises, which no power law does
    _, losses, made = peak
    assert isinstance(made, Refused) and made.code == "risen"
    _, losses, made = falling
    assert made.holds(losses[-1]) and losses[-1] < 0.8 * max(losses)  # the second descent alone
