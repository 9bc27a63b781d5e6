"""Each finding about a run: present when its condition holds, absent when it does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.advice.not_learning import find_not_learning
from core.advice.run_findings import (
    find_counterfactual_stop,
    find_divergence,
    find_generalization_gap,
    find_improvement,
    find_large_updates,
    find_overfitting,
    find_stalled_layer,
    list_findings,
)
from core.advice.run_status import numbers
from core.advice.suggestions import apply_action
from core.base.encoding import change
from core.base.events import Ended, Epoch, Probe, Started, Step, to_json
from core.base.numbers import THIN
from core.data.load import load
from core.data.ready.curves import Sine
from core.experiment import Experiment
from core.losses import MSE
from core.network.layers import Linear, Output, ReLU
from core.optim.stopping import Patience
from core.runs.history import History
from core.training.loop import train


def run(validation=(), train=None, updates=None, *, ended=None, steps=100):
    """Return a history with these validation losses by epoch and update ratios by layer."""
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


def apply(finding):
    """The experiment with the changes of the finding's action."""
    experiment = E
    for path, value in finding.action.changes.items():
        experiment = change(experiment, path, value)
    return experiment


def test_overfitting_has_its_numbers_and_turns_on_early_stopping():
    found = find_overfitting(run(RISEN), E)
    assert (found.code, found.level) == ("overfitting", "warn")
    assert found.evidence == {"epoch": 2, "best_loss": 0.5, "recent_loss": 0.7, "epochs": 5}
    for number in ("2", "0.5", "0.7"):
        assert number in found.text
    assert isinstance(apply(found).stopping[-1], Patience)
    stopping = change(E, "stopping", [{"kind": "patience"}])
    assert find_overfitting(run(RISEN), stopping).action is None


@pytest.mark.parametrize(
    "history",
    [
        run(RISEN[:-1]),  # four late epochs
        run([1.0, 0.5, 0.55, 0.59, 0.55, 0.59, 0.55]),  # within the scatter
        run([1.0, 0.5, 0.51, 0.9, 0.51, 0.9, 0.51]),  # bad epochs between good ones
        run([1.0, 0.5, 0.9, 0.9, 0.9, 0.9, 0.45]),  # the last one is the best
        run(RISEN, train=RISEN),  # the training loss rose as well
        run(RISEN, train=[3.0 - k / 10 for k in range(7)]),  # it is above, and the error is equal
        run([float("nan")] * 7),
        run(),
    ],
)
def test_no_overfitting(history):
    assert find_overfitting(history, E) is None


def test_a_model_at_chance_level_is_not_overfitting():
    risen = run([2.4, 2.2, 3.0, 3.5, 4.0, 4.0, 4.0], train=[2.3 / k for k in range(1, 8)])

    def codes(history, classes):
        return [f.code for f in list_findings(history, E, classes=classes, limit=9)]

    assert "overfitting" not in codes(risen, 10)  # ln 10 = 2.30
    assert "overfitting" in codes(risen, None)  # unknown
    assert "overfitting" in codes(risen, 100)  # ln 100 = 4.61
    assert "overfitting" in codes(run(RISEN), 10)


def test_a_stalled_layer_is_named_with_its_update_ratio():
    found = find_stalled_layer(run(updates={"conv1": 8e-5, "conv2": 1e-3, "linear1": 2e-3}), E)
    assert (found.code, found.level) == ("layer_stalled", "warn")
    assert found.evidence == {"layer": "conv1", "ratio": pytest.approx(8e-5)}
    assert "conv1" in found.text and "12" in found.text
    zero = find_stalled_layer(run(updates={"conv1": 0.0, "conv2": 1e-3, "linear1": 2e-3}), E)
    assert zero.evidence == {"layer": "conv1", "ratio": 0} and "exactly 0" in zero.text


def test_slow_layers_at_the_end_of_a_schedule_are_no_finding():
    slow = run(updates={"conv1": 2e-6, "conv2": 3e-6, "linear1": 4e-6})
    assert find_stalled_layer(slow, E) is None
    assert find_stalled_layer(run(updates={"linear1": 1e-9}), E) is None


def test_large_updates_lower_the_learning_rate_except_in_the_first_steps():
    found = find_large_updates(run(updates={"a": 1e-3, "b": 0.08}), E)
    assert (found.code, found.level) == ("updates_too_large", "warn")
    assert found.evidence == {"layer": "b", "ratio": pytest.approx(0.08)} and "8" in found.text
    assert apply(found).optimizer.learning_rate < E.optimizer.learning_rate
    wild = find_large_updates(run(updates={"a": 1e-3, "b": 60.0}), E)
    assert f"60{THIN}×" in wild.text
    assert apply(wild).optimizer.learning_rate < apply(found).optimizer.learning_rate / 100
    assert find_large_updates(run(updates={"a": 1e-3, "b": 0.08}, steps=10_000), E) is None
    assert find_large_updates(run(updates={"a": 1e-3, "b": 0.01}), E) is None


def test_a_run_without_progress_has_no_other_finding():
    (found,) = list_findings(run([2.3, 2.2], train=[2.3, 2.3]), E)
    assert (found.code, found.level) == ("no_progress", "warn")
    assert found.evidence == {"first_loss": 2.3, "loss": 2.3, "epochs": 2}


@pytest.mark.parametrize(("samples", "is_found"), [(270, False), (20, True)])
def test_a_score_far_above_guessing_is_learning_though_the_loss_has_hardly_moved(samples, is_found):
    history = run([2.28], train=[2.29], ended="epochs")  # 80 % right, of 10 classes
    history.started = replace(history.started, sizes={"validation": samples})
    assert find_not_learning(history, E, 10) is None
    history.epochs[0] = replace(history.epochs[0], validation={"loss": 2.28, "accuracy": 0.3})
    history.ended = replace(history.ended, validation={"loss": 2.28, "accuracy": 0.3})
    found = find_not_learning(history, E, 10)
    assert (found is not None) == is_found  # within the scatter of 20 samples


@pytest.mark.parametrize(
    ("train", "code"),
    [
        ([4.2, 2.9, 2.0, 1.7], "learned_too_little"),
        ([4.2, 1.72, 1.7, 1.7], "no_progress"),  # stuck above the loss of guessing
        ([4.2, 1.2, 1.0, 1.0], "no_progress"),  # the mean, which it cannot beat
    ],
)
def test_values_that_end_on_the_way_down_to_their_mean_need_more_epochs(train, code):
    e = change(E, "loss", {"kind": "mse"})
    (found,) = list_findings(run(train, train=train, ended="epochs"), e, classes=0)
    assert (found.code, found.evidence["loss"]) == (code, train[-1])
    more = {"epochs": 2 * e.epochs} if code == "learned_too_little" else None
    assert (found.action and found.action.changes) == more
    live = find_not_learning(run(train, train=train), e, 0)
    assert (live.code, live.action) == (code, None)


def test_more_epochs_are_offered_only_when_all_are_used():
    found = find_improvement(run([1.0, 0.5]), E)
    assert (found.code, found.level, found.action) == ("improving", "ok", None)
    found = find_improvement(run([1.0, 0.5], ended="epochs"), E)
    assert (found.code, found.evidence) == ("improving_at_end", {"epoch": 2, "loss": 0.5})
    assert found.action.changes == {"epochs": 2 * E.epochs}
    assert find_improvement(run([0.5, 1.0]), E) is None
    assert find_improvement(run([1.0, 0.5], ended="stopped"), E) is None


def test_early_stopping_that_cost_nothing_can_be_turned_on():
    history = run([0.5, *[0.51] * 6], train=[1.0] * 7)
    found = find_counterfactual_stop(history, E)
    assert (found.code, found.level) == ("early_stopping_mark", "info")
    assert found.evidence == {"epoch": 6, "loss": 0.5, "cost": 0.0}
    assert isinstance(apply(found).stopping[-1], Patience)
    costly = find_counterfactual_stop(run([0.5, *[0.51] * 5, 0.4], train=[1.0] * 7), E)
    assert costly.evidence["cost"] == pytest.approx(0.1) and costly.action is None
    assert find_counterfactual_stop(run([0.5, 0.4]), E) is None
    at_end = run([0.5, *[0.51] * 5], train=[1.0] * 6, ended="epochs")
    assert at_end.marks and find_counterfactual_stop(at_end, E) is None


def test_the_generalization_gap_is_that_of_the_best_epoch():
    found = find_generalization_gap(run([1.0, 0.5, 0.7]))
    assert found.code == "generalization_gap" and found.evidence["epoch"] == 2
    assert found.evidence["validation"] == pytest.approx(0.2)


def test_after_the_end_the_gap_agrees_with_the_numbers_above_the_curves():
    scores = {"loss": 0.1, "accuracy": 0.99}, {"loss": 0.2, "accuracy": 0.75}
    history = run([1.0, 0.5, 0.7], ended=Ended("epochs", "Done.", 30, 3, 2, *scores))
    found = find_generalization_gap(history)
    train = pytest.approx(0.01)
    expected = {"epoch": 2, "validation": 0.25, "train": train, "form": "error"}
    assert found.evidence == expected
    shown = {name: value for name, value, _ in numbers(history)}
    assert (shown["Validation error"], shown["Training error"]) == (f"25{THIN}%", f"1{THIN}%")
    for name in ("Validation error", "Training error"):
        assert shown[name] in found.text
    right = find_generalization_gap(history, "accuracy")
    shown = {name: value for name, value, _ in numbers(history, "accuracy")}
    assert (right.evidence["validation"], right.evidence["train"]) == (0.75, 0.99)
    assert shown["Validation accuracy"] in right.text and f"99{THIN}%" in right.text


@pytest.mark.parametrize(("form", "values"), [("error", (0.5, 0.3)), ("accuracy", (0.75, 0.91))])
def test_a_regression_has_one_score_in_all_places(form, values):
    scores = {"loss": 0.09, "r2": 0.91}, {"loss": 0.25, "r2": 0.75}
    history = run([1.0, 0.5], ended=Ended("epochs", "Done.", 30, 3, 2, *scores))
    found = find_generalization_gap(history, form)
    assert (found.evidence["validation"], found.evidence["train"]) == pytest.approx(values)
    shown = [value for _, value, _ in numbers(history, form)]
    assert shown[1:3] == [str(value) for value in values]
    assert all(value in found.text for value in shown[1:3])


def test_a_diverged_run_offers_a_tenth_of_the_learning_rate():
    found = find_divergence(run([1.0, 0.5], ended="diverged"), E)
    assert (found.code, found.level) == ("diverged", "bad")
    assert found.text == "It ended." and found.evidence["step"] == 10
    expected = pytest.approx(E.optimizer.learning_rate / 10)
    assert apply(found).optimizer.learning_rate == expected
    assert find_divergence(run([1.0, 0.5], ended="epochs"), E) is None


@pytest.mark.parametrize("rate", [10.0, 5.0, 1.0])
@pytest.mark.parametrize("kind", ["sgd", "nesterov", "averaged_momentum"])
def test_the_learning_rate_that_a_diverged_run_is_offered_trains(kind, rate):
    values = Experiment(
        data=Sine(points=200),
        network=(Linear(units=32), ReLU(), Output()),
        loss=MSE(),
        optimizer={"kind": kind, "learning_rate": rate},
        epochs=6,
        batch_size=64,
        device="cpu",
    )
    data = load(values.data, Path("nowhere"))
    lost = History.of(map(to_json, train(values, data)))
    if kind != "averaged_momentum" or rate > 1:
        assert lost.ended.reason == "diverged"
    if finding := find_divergence(lost, values):
        again = History.of(map(to_json, train(apply_action(values, finding.action), data)))
        assert again.ended.reason == "epochs"
        assert again.epochs[-1].train["loss"] < 0.7 * again.losses[0]


def test_a_run_without_findings_has_one_that_explains_why():
    assert [f.code for f in list_findings(History(), E)] == ["run_too_early"]
    short = list_findings(run(ended="stopped"), E)
    assert [(f.code, f.level) for f in short] == [("run_too_short", "info")]
    without_validation = History()
    without_validation.add(map(to_json, [Epoch(1, 10, {"loss": 1.0}, None, False)]))
    assert [f.code for f in list_findings(without_validation, E)] == ["run_without_findings"]


def test_at_most_three_findings_the_most_urgent_first():
    updates = {"a": 1e-6, "b": 1e-3, "c": 0.08}
    found = list_findings(run(RISEN, updates=updates), E)
    assert [f.code for f in found] == ["overfitting", "layer_stalled", "updates_too_large"]
    every = list_findings(run(RISEN, updates=updates), E, limit=99)
    assert [f.level for f in every] == ["warn", "warn", "warn", "info"]
