"""Why a run does not learn: real trainings with one known cause each, and none without a cause."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.advice.input_scale import check_input_scale
from core.advice.not_learning import find_not_learning
from core.advice.run_findings import list_findings
from core.base.encoding import change
from core.base.events import Ended, Event, to_json
from core.base.finding import Finding
from core.data.datasets import Sine
from core.data.normalization import Raw, Standardize, Unit
from core.data.ready.builtin import digits
from core.data.samples import Samples
from core.experiment import Experiment
from core.figures.predicted import figure
from core.losses import MSE
from core.network.activations import ReLU, Sigmoid, Tanh
from core.network.initializers import He
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD, Adam
from core.optim.schedules import Constant
from core.runs.history import History
from core.runs.score import value as score
from core.training.loop import train

SMALL = (Flatten(), Linear(units=16), ReLU(), Output())
PROGRESS = {"improving", "improving_at_end", "early_stopping_mark", "generalization_gap"}


@pytest.fixture(scope="module")
def images() -> Samples:
    """The digits."""
    return digits(None)


def experiment(**changes: object) -> Experiment:
    plain = {"network": SMALL, "epochs": 3, "device": "cpu", "optimizer": Adam()}
    return Experiment(**plain | {"schedule": Constant()} | changes)


def history(events: Iterable[Event]) -> History:
    made = History()
    made.add(map(to_json, events))
    return made


def trained(e: Experiment, data: Samples) -> History:
    return history(train(e, data))


def findings(e: Experiment, data: Samples) -> list[Finding]:
    """Both while it trains and after its end the same finding is the only one."""
    events = list(train(e, data))
    assert isinstance(events[-1], Ended)
    ended, live = history(events), history(events[:-1])
    classes = len(data.classes)
    found = [list_findings(h, e, classes=classes) for h in (ended, live)]
    assert len(found[0]) == len(found[1]) == 1 and found[0][0].code == found[1][0].code
    return list(found[0])


def apply(e: Experiment, found: Finding) -> Experiment:
    for path, value in found.action.changes.items():
        e = change(e, path, value)
    return e


def test_equal_initial_weights_are_the_cause_and_not_the_learning_rate(images: Samples) -> None:
    e = experiment(initializer="zeros")
    (found,) = findings(e, images)
    assert (found.code, found.level) == ("symmetric_start", "warn")
    assert apply(e, found) == experiment(initializer=He())


@pytest.mark.parametrize("optimizer", [Adam(learning_rate=2), SGD(learning_rate=2)])
def test_a_rate_that_is_far_too_high_becomes_the_usual_one(images: Samples, optimizer) -> None:
    e = experiment(optimizer=optimizer)
    (found,) = findings(e, images)
    usual = type(optimizer)().learning_rate
    assert (found.code, found.evidence["usual"]) == ("learning_rate_too_high", usual)
    assert apply(e, found).optimizer.learning_rate == usual


@pytest.mark.parametrize("rate", [1e-8, 1e-6])
def test_a_rate_that_is_far_too_low_becomes_the_usual_one(images: Samples, rate: float) -> None:
    e = experiment(optimizer=Adam(learning_rate=rate))
    (found,) = findings(e, images)
    assert found.code == "learning_rate_too_low"
    assert apply(e, found).optimizer.learning_rate == Adam().learning_rate


@pytest.mark.parametrize(
    ("activation", "initializer", "flat"), [(Sigmoid(), "xavier", 30), (Tanh(), "pytorch", 0)]
)
def test_a_gradient_that_vanishes_is_named_with_its_layer_and_its_remedy(
    images: Samples, activation, initializer: str, flat: int
) -> None:
    deep = (Flatten(), *(Linear(units=16), activation) * 30, Output())
    e = experiment(network=deep, initializer=initializer, epochs=2)
    (found,) = findings(e, images)
    assert found.code == "gradient_vanished"
    assert (found.evidence["layer"], found.evidence["flat_activations"]) == ("linear1", flat)
    assert found.evidence["gradient"] < 1e-4 * found.evidence["largest"]
    kinds = {layer.kind for layer in apply(e, found).network}
    assert ("relu" in kinds, "batch_norm" in kinds) == (bool(flat), not flat)
    probe = trained(apply(e, found), images).probes[0].gradient
    assert probe["linear1"] > 1e-2 * probe["output"]  # the remedy lets the gradient through


def test_a_norm_that_underflows_is_not_reported_as_exactly_0(images: Samples) -> None:
    e = experiment(network=(Flatten(), Linear(units=4), Sigmoid(), Output()), epochs=1)
    e = change(e, "optimizer.learning_rate", 1e-9)
    vanished = {"linear1": 0.0, "output": 0.2}
    made = History()
    for event in train(e, images):
        made.add([to_json(replace(event, gradient=vanished) if "noise" in vars(event) else event)])
    found = find_not_learning(made, e, 10)
    assert found.code == "gradient_vanished" and found.evidence["gradient"] == 0
    assert "and below 1e-20 at linear1" in found.text


@pytest.mark.parametrize("rate", [1e-3, 1e-6])  # it learns in spite of the inputs, or it does not
def test_inputs_that_are_not_normalized_are_found_while_it_learns_and_when_it_does_not(
    images: Samples, rate: float
) -> None:
    e = experiment(normalization=Raw(), optimizer=Adam(learning_rate=rate))
    found = next(f for f in list_findings(trained(e, images), e) if f.code == "input_scale")
    assert found.level == "warn" and 100 < found.evidence["rms"] < 150
    better = apply(e, found)
    assert better.normalization == Standardize()
    assert "input_scale" not in {f.code for f in list_findings(trained(better, images), better)}


@pytest.mark.parametrize(("rms", "reported"), [(0.0, 0), (5e-3, 1), (0.4, 0), (9, 0), (200, 1)])
def test_inputs_far_from_1_are_reported(rms: float, reported: bool) -> None:
    assert bool(check_input_scale(rms, Unit())) == reported


@pytest.mark.parametrize("rare", [8, 30])
def test_a_model_that_always_answers_the_frequent_class_is_no_success(rare: int) -> None:
    random = np.random.default_rng(0)
    labels = np.zeros(1200, np.int64)
    labels[random.choice(1200, rare, replace=False)] = 1
    data = Samples("rare", random.normal(size=(1200, 4)).astype(np.float32), labels, ("no", "yes"))
    e = experiment(network=(Linear(units=4), ReLU(), Output()), epochs=8)
    (found,) = findings(e, data)
    assert (found.code, found.evidence["class"]) == ("one_class_answered", "no")
    assert found.evidence["always"] and found.evidence["fraction"] > 0.95
    assert apply(e, found).sampling.kind == "balanced"


def test_images_with_other_labels_are_learned_and_do_not_carry_over(images: Samples) -> None:
    rows = np.random.default_rng(0).permutation(300)
    mixed = Samples("mixed", images.inputs[:300], images.targets[rows], images.classes)
    network = (Flatten(), Linear(units=256), ReLU(), Output())
    e = experiment(network=network, epochs=60, optimizer=Adam(learning_rate=1e-2))
    (found,) = findings(e, mixed)
    assert found.code == "only_training_learned" and found.action is None
    assert found.evidence["train"] < 0.6 < 0.8 < found.evidence["validation"]


def test_values_are_compared_with_their_mean() -> None:
    line = Sine().call().make(Path("nowhere"))
    e = experiment(network=SMALL[1:], loss=MSE(), optimizer=Adam(learning_rate=1e-8))
    (found,) = findings(e, line)
    assert found.code == "learning_rate_too_low" and "R²" in found.text


def test_the_predictions_of_a_regression_have_its_score_in_the_unit_of_the_target() -> None:
    line = Sine().call().make(Path("nowhere"))
    line = replace(line, targets=line.targets * 1000)
    made = trained(experiment(network=SMALL[1:], loss=MSE(), epochs=20), line)
    true, predicted = np.array(made.ended.predictions).T
    rmse = float(np.sqrt(np.mean((true - predicted) ** 2)))
    assert rmse == pytest.approx(score(made.ended.test, "error", made.target_std), rel=1e-3)
    assert np.abs(true).max() > 100
    assert len(true) == made.started.sizes["test"]  # fewer than 400
    drawn = figure(made.ended.predictions, "light")
    assert list(drawn.data[1].x) == list(true) and drawn.layout.yaxis.title.text


def test_a_run_that_learns_has_no_such_finding(images: Samples) -> None:
    learned = trained(experiment(), images)
    assert find_not_learning(learned, experiment(), 10) is None
    assert PROGRESS & {found.code for found in list_findings(learned, experiment(), classes=10)}


def test_nothing_is_said_before_the_second_epoch() -> None:
    assert find_not_learning(History(), experiment(), 10) is None


def test_without_a_known_cause_no_rate_is_suggested(images: Samples) -> None:
    """Labels that have nothing to do with the images, and a network too small to memorize them."""
    rows = np.random.default_rng(0).permutation(len(images.targets))
    mixed = Samples("mixed", images.inputs, images.targets[rows], images.classes)
    (found,) = findings(experiment(network=(Flatten(), Linear(units=2), Output())), mixed)
    assert (found.code, found.action) == ("no_progress", None)
