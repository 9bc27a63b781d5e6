"""The result sentence of five designed experiments, each with one known verdict, and its agreement
with the tiles and the findings of the same history.
"""

import numpy as np
import pytest

from core.advice.bias_variance import judge
from core.advice.result_sentence import BestBaseline, result_sentence
from core.advice.run_findings import list_findings
from core.advice.run_status import numbers
from core.base.encoding import change
from core.base.events import Ended, Epoch, to_json
from core.data.ready.builtin import digits
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.activations import ReLU, Sigmoid
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD, Adam
from core.optim.schedules import Constant
from core.runs.history import History
from core.runs.measured import Measured, measure_parts
from core.training.loop import train

PLAIN = {"epochs": 3, "device": "cpu", "optimizer": Adam(), "schedule": Constant()}


def relus(layers: int, units: int) -> tuple:
    return (Flatten(), *(Linear(units=units), ReLU()) * layers, Output())


def clouds() -> Samples:
    """Two classes of 6,000 points that a small network separates."""
    random = np.random.default_rng(0)
    labels = np.arange(12_000) % 2
    points = random.normal(size=(12_000, 2)) + 6 * labels[:, None]
    return Samples("clouds", points.astype(np.float32), labels, ("left", "right"))


SIGMOIDS = (Flatten(), *(Linear(units=16), Sigmoid()) * 30, Output())
HALVES = {"validation": 0.45, "test": 0.45}
DESIGNED = {  # the experiment, and the code of its verdict
    "30 sigmoid layers": (
        Experiment(**PLAIN | {"network": SIGMOIDS, "initializer": "xavier", "epochs": 2}),
        "gradient_vanished",
    ),
    "step too large": (
        Experiment(**PLAIN | {"network": relus(1, 16), "optimizer": SGD(learning_rate=2)}),
        "learning_rate_too_high",
    ),
    "dead ReLU": (
        Experiment(**PLAIN | {"network": relus(3, 16), "optimizer": SGD(learning_rate=1)}),
        "dead_units",
    ),
    "overfits": (
        Experiment(**PLAIN | {"network": relus(1, 256), "epochs": 60, "split": HALVES}),
        "high_variance",
    ),
    "healthy": (
        Experiment(
            **PLAIN
            | {
                "network": (Linear(units=8), ReLU(), Output()),
                "batch_size": 256,
                "optimizer": Adam(learning_rate=0.03),
            }
        ),
        "low_bias_and_variance",
    ),
}


def history_of(events: list) -> History:
    history = History()
    history.add(map(to_json, events))
    return history


@pytest.fixture(scope="module")
def histories() -> dict[str, History]:
    images = digits(None)
    return {
        name: history_of(list(train(e, clouds() if name == "healthy" else images)))
        for name, (e, _) in DESIGNED.items()
    }


@pytest.mark.parametrize("name", DESIGNED)
def test_every_designed_experiment_gets_its_verdict(
    histories: dict[str, History], name: str
) -> None:
    (experiment, code), history = DESIGNED[name], histories[name]
    classes = 2 if name == "healthy" else 10
    human = 0.0 if name == "healthy" else 0.02
    result = result_sentence(history, experiment, classes=classes, human=human)
    assert result.code == code
    if name == "healthy":  # it has next to no errors
        typed = result_sentence(history, experiment, classes=classes, human=0.02)
        assert typed.code == "below_human_error"
    verdict = judge(measure_parts(history))
    if name == "overfits":  # also without a human error, which leaves the bias undecided
        assert verdict.variance.state == "high" and verdict.bias.state != "high"
    findings = list_findings(history, experiment, classes=classes)
    if code in {"gradient_vanished", "learning_rate_too_high", "dead_units"}:
        assert [finding.code for finding in findings] == [code]  # and no verdict on its gaps
        assert result.action == findings[0].action


def test_the_change_for_dead_units_makes_it_learn(histories: dict[str, History]) -> None:
    experiment, _ = DESIGNED["dead ReLU"]
    action = result_sentence(histories["dead ReLU"], experiment, classes=10).action
    for path, value in action.changes.items():
        experiment = change(experiment, path, value)
    better = history_of(list(train(experiment, digits(None))))
    assert measure_parts(better)["test"].error < 0.5


@pytest.mark.parametrize("form", ["error", "accuracy"])
def test_sentence_and_tiles_have_the_same_number(histories: dict[str, History], form: str) -> None:
    for name, (experiment, _) in DESIGNED.items():
        history = histories[name]
        tile = numbers(history, form)[0]
        assert tile[0] == f"Test {form}"
        score = result_sentence(history, experiment, classes=10, form=form).score
        middle = measure_parts(history)["test"].describe(form).partition(" (")[0]
        assert middle in score
        assert float(tile[1].split("\u202f")[0]) == float(middle.split("\u202f")[0])


def test_the_best_baseline_is_named_with_its_score(histories: dict[str, History]) -> None:
    experiment, _ = DESIGNED["overfits"]
    best = BestBaseline("k-NN", Measured(0.039, 10_000))
    how = {"classes": 10, "baseline": best}
    for form, text in (("error", "3.9"), ("accuracy", "96.1")):
        score = result_sentence(histories["overfits"], experiment, form=form, **how).score
        assert "k-NN" in score and text in score


def test_a_baseline_is_called_different_only_outside_the_interval(
    histories: dict[str, History],
) -> None:
    experiment, _ = DESIGNED["overfits"]
    history = histories["overfits"]
    own = measure_parts(history)["test"]
    far = Measured(min(1.0, own.error + 0.5), own.samples)
    for error, unclear in ((own, True), (far, False)):
        how = {"classes": 10, "baseline": BestBaseline("k-NN", error, "without training")}
        score = result_sentence(history, experiment, **how).score
        assert ("no clear difference" in score) == unclear and "without training" in score


def test_a_stopped_run_has_the_score_of_its_best_epoch_in_sentence_and_tiles(
    histories: dict[str, History],
) -> None:
    experiment, _ = DESIGNED["overfits"]
    events = list(train(experiment, digits(None)))
    epochs = [event for event in events if isinstance(event, Epoch)]
    cut = events[: events.index(epochs[9]) + 1]
    end = Ended("stopped", "Stopped by hand.", epochs[9].step, 10, None, seconds=1.0)
    history = history_of([*cut, end])
    best = history.epochs[history.best]
    result = result_sentence(history, experiment, classes=10)
    part = measure_parts(history)["validation"]
    assert part.error == pytest.approx(1 - best.validation["accuracy"])
    assert part.describe("error") in result.score
    assert numbers(history)[1][1] == part.describe("error", interval=False)


def test_a_run_without_scores_has_no_sentence() -> None:
    assert result_sentence(History(), Experiment(), classes=10) is None
