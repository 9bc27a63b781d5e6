"""Each sentence about a run: said when its numbers hold, not said when they do not."""

import pytest

from core.advice.run_findings import (
    diverged,
    findings,
    gap,
    improving,
    no_progress,
    overfitting,
    stopped_layer,
    too_large,
)
from core.advice.run_status import numbers
from core.base.encoding import change
from core.base.events import Ended, Epoch, Probe, Started, Step, to_json
from core.base.numbers import THIN
from core.experiment import Experiment
from core.optim.stopping import Patience
from core.runs.history import History


def run(validation=(), train=None, updates=None, *, ended=None, steps=100):
    """A history with these validation losses by epoch and these update ratios by layer."""
    layers = tuple(updates or ())
    events = [
        Started(0, steps, 10, 10, 32, 9, layers, {}, {}, "cpu", 1),
        Step(10, (2.3,) * 10, 0.1, 1.0, 1.0),
    ]
    train = train or [2.0 / (k + 1) for k in range(len(validation))]
    lowest = float("inf")
    for k, (t, v) in enumerate(zip(train, validation, strict=True), 1):
        best, lowest = v < lowest, min(v, lowest)
        events.append(
            Epoch(k, 10 * k, {"loss": t, "accuracy": 0.9}, {"loss": v, "accuracy": 0.8}, best)
        )
    if updates:
        events += [Probe(k, updates, updates, updates) for k in range(1, 11)]
    if isinstance(ended, str):
        ended = Ended(ended, "It ended.", 10, len(validation))
    events += [ended] if ended else []
    history = History()
    history.add(map(to_json, events))
    return history


E = Experiment()


RISEN = [1.0, 0.5, 0.6, 0.7, 0.7, 0.7, 0.8]


def test_overfitting_names_the_epoch_and_offers_to_stop_early():
    found = overfitting(run(RISEN), E)
    assert found.level == "warn" and "since epoch 2" in found.text and "0.5 to 0.7" in found.text
    assert isinstance(change(E, found.path, found.value).stopping[-1], Patience)
    assert overfitting(run(RISEN), change(E, "stopping", [{"kind": "patience"}])).action == ""


@pytest.mark.parametrize(
    "history",
    [
        run(RISEN[:-1]),  # four late epochs
        run([1.0, 0.5, 0.55, 0.59, 0.55, 0.59, 0.55]),  # as far as chance goes
        run([1.0, 0.5, 0.51, 0.9, 0.51, 0.9, 0.51]),  # bad epochs between good ones
        run([1.0, 0.5, 0.9, 0.9, 0.9, 0.9, 0.45]),  # the last one is the best
        run(RISEN, train=RISEN),  # the training part got worse as well
        run([float("nan")] * 7),
        run(),
    ],
)
def test_no_overfitting(history):
    assert overfitting(history, E) is None


def test_a_network_that_never_beat_a_guess_has_nothing_to_unlearn():
    risen = run([2.4, 2.2, 3.0, 3.5, 4.0, 4.0, 4.0], train=[2.3 / k for k in range(1, 8)])

    def said(history, classes):
        return [f for f in findings(history, E, classes=classes) if "Overfitting" in f.text]

    assert said(risen, 10) == []  # ln 10 = 2.30
    assert said(risen, None) and said(risen, 100)  # not known; ln 100 = 4.61
    assert said(run(RISEN), 10)


def test_a_layer_that_has_nearly_stopped_is_named():
    found = stopped_layer(run(updates={"conv1": 8e-5, "conv2": 1e-3, "linear1": 2e-3}), E)
    assert found.text.startswith("**conv1 ") and "12 × smaller" in found.text
    assert stopped_layer(
        run(updates={"conv1": 0.0, "conv2": 1e-3, "linear1": 2e-3}), E
    ).text.endswith("exactly 0.")


def test_all_layers_slow_at_the_end_of_a_schedule_are_no_finding():
    assert stopped_layer(run(updates={"conv1": 2e-6, "conv2": 3e-6, "linear1": 4e-6}), E) is None
    assert stopped_layer(run(updates={"linear1": 1e-9}), E) is None


def test_too_large_updates_lower_the_rate_but_not_in_the_first_steps():
    found = too_large(run(updates={"a": 1e-3, "b": 0.08}), E)
    assert (
        "b changes by 8" in found.text
        and change(E, found.path, found.value).optimizer.learning_rate < E.optimizer.learning_rate
    )
    wild = too_large(run(updates={"a": 1e-3, "b": 60.0}), E)
    assert "60 × its size" in wild.text
    assert change(E, wild.path, wild.value).optimizer.learning_rate < found.value / 100
    assert too_large(run(updates={"a": 1e-3, "b": 0.08}, steps=10_000), E) is None
    assert too_large(run(updates={"a": 1e-3, "b": 0.01}), E) is None


def test_no_progress():
    assert no_progress(run([2.3, 2.3], train=[2.3, 2.3]), E).level == "warn"
    assert no_progress(run([2.0, 1.5], train=[2.0, 1.5]), E) is None


def test_improving_offers_more_epochs_only_when_all_are_done():
    assert improving(run([1.0, 0.5]), E).level == "ok"
    found = improving(run([1.0, 0.5], ended="epochs"), E)
    assert (found.path, found.value) == ("epochs", 2 * E.epochs)
    assert improving(run([0.5, 1.0]), E) is None
    assert improving(run([1.0, 0.5], ended="stopped"), E) is None


def test_the_gap_is_said_of_the_best_epoch():
    assert "epoch 2, 20" in gap(run([1.0, 0.5, 0.7]), E).text


def test_after_the_end_the_gap_is_what_was_measured_then_as_the_numbers_above_the_curves():
    scores = {"loss": 0.1, "accuracy": 0.99}, {"loss": 0.2, "accuracy": 0.75}
    history = run([1.0, 0.5, 0.7], ended=Ended("epochs", "Done.", 30, 3, 2, *scores))
    said = gap(history, E).text.replace(THIN, " ")
    assert said == "Best: epoch 2, 25 % wrong on validation and 1 % on training."
    shown = {name: value.replace(THIN, " ") for name, value, _ in numbers(history)}
    assert (shown["Validation error"], shown["Training error"]) == ("25 %", "1 %")


def test_the_error_of_values_is_the_variance_that_is_left():
    scores = {"loss": 0.1, "r2": 0.9}, {"loss": 0.2, "r2": 0.75}
    history = run([1.0, 0.5], ended=Ended("epochs", "Done.", 30, 3, 2, *scores))
    assert "25 % unexplained on validation and 10 % on" in gap(history, E).text.replace(THIN, " ")
    told = {name: help for name, _, help in numbers(history)}
    assert "25\u202f% of the variance" in told["Validation error"]


def test_a_diverged_run_offers_a_tenth_of_the_rate():
    found = diverged(run([1.0, 0.5], ended="diverged"), E)
    assert found.level == "bad"
    assert found.value == pytest.approx(E.optimizer.learning_rate / 10)
    assert diverged(run([1.0, 0.5], ended="epochs"), E) is None


def test_an_empty_run_says_that_it_is_early():
    assert [f.level for f in findings(History(), E)] == ["info"]


def test_at_most_three_findings_the_most_urgent_first():
    updates = {"a": 1e-6, "b": 1e-3, "c": 0.08}
    found = findings(run(RISEN, updates=updates), E)
    assert [f.level for f in found] == ["warn"] * 3
