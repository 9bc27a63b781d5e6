"""The weights of a run at the ends of its epochs, by training it once more.

A training is determined by its seeds, so that nothing has to be stored for this. On a CPU at the
same number of threads the repetition is exact; whether it was is part of the answer.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from core.analysis.inside.weight_space import flat
from core.analysis.trained import TrainedRun
from core.base.events import Epoch
from core.runs import lineage
from core.training.course import replay

POINTS = 60  # at most; of more epochs every second, third … is used


@dataclass(frozen=True)
class WeightPath:
    """Weights (P,) each, from the initial ones to those at the end of the training, with the epochs
    after which they stood. `is_exact`: whether the last equal the saved ones.
    """

    points: list[Tensor]
    epochs: list[int]
    is_exact: bool


def retrain(trained: TrainedRun) -> Generator[float, None, WeightPath]:
    """Train the run once more up to its last step. Yields the fraction done; returns its path."""
    device = {"device": trained.experiment.device}
    segments = [
        replace(each, experiment=each.experiment.model_copy(update=device))
        for each in lineage.segments(trained.store, trained.run)
    ]
    steps, epochs_done = trained.state["step"], len(trained.state["history"])
    course = replay(segments, trained.data, until=steps, threads=trained.state["threads"])
    every = -(-epochs_done // (POINTS - 2)) or 1
    points, epochs = [_weights(course.training.setup.model)], [0]
    for event in course:
        if isinstance(event, Epoch) and event.epoch % every == 0:
            points.append(_weights(course.training.setup.model))
            epochs.append(event.epoch)
        yield min(course.training.step / max(steps, 1), 1.0)
    training = course.training
    if epochs[-1] < training.epoch or training.step > training.epoch_start:
        points.append(_weights(training.setup.model))
        epochs.append(training.epoch)
    last, saved = training.setup.weights(), trained.state["model"]
    return WeightPath(points, epochs, all(torch.equal(last[name], saved[name]) for name in saved))


def _weights(model: nn.Module) -> Tensor:
    return flat(dict(model.named_parameters())).cpu().clone()
