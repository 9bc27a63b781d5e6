"""Side runs give the scores of ordinary runs."""

import numpy as np
import pytest

from core.analysis.side_runs import SideRun, sample_errors, side_run, widened
from core.analysis.trained import Outputs, TrainedRun
from core.experiment import Experiment, shipped
from core.network.layers import Flatten, Linear, Output


def finish(experiment: Experiment, data) -> SideRun:
    running = side_run(experiment, data)
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


def test_a_side_run_of_the_same_experiment_has_the_scores_of_the_run(
    digits_run: TrainedRun,
) -> None:
    ended = digits_run.store.last(digits_run.run, "reason")
    found = finish(digits_run.experiment, digits_run.data)
    for part in ("train", "validation", "test"):
        assert found.mean(part) == pytest.approx(1 - ended[part]["accuracy"])
    assert not found.has_diverged


def test_a_training_that_diverges_is_said_to(digits_run: TrainedRun) -> None:
    fast = shipped()["digits-too-fast"].model_copy(update={"epochs": 3})
    assert finish(fast, digits_run.data).has_diverged


def test_outputs_that_are_not_finite_are_wrong() -> None:
    scores = np.array([[1, 0], [np.nan, 0], [0, np.inf]], np.float32)
    outputs = Outputs(scores, np.array([0, 0, 1]), scores)
    assert sample_errors(outputs, values=False).tolist() == [0, 1, 1]


def test_hidden_layers_are_widened() -> None:
    wide = widened(Experiment(network=(Flatten(), Linear(units=8), Output())), 1.5)
    assert wide.network[1].units == 12
    assert widened(Experiment(network=(Flatten(), Output())), 2) is None
