"""The weights of a run at the ends of its epochs, by training it once more.

A training is determined by its seeds, so that nothing has to be stored for this. On a CPU at the
same number of threads the repetition is exact; whether it was is part of the answer.
"""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.analysis.inside.weight_space import flat
from core.analysis.trained import TrainedRun
from core.base.events import Epoch
from core.training.loop import train

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
    training = train(trained.experiment, trained.data)
    steps, epochs_done = trained.state["step"], len(trained.state["history"])
    stopped_within_epoch = steps > epochs_done * training.setup.epoch_steps
    every = -(-epochs_done // (POINTS - 2)) or 1
    torch.set_num_threads(trained.state["threads"])
    points, epochs = [_weights(training.setup.model)], [0]
    events = iter(training)
    while not (training.step >= steps and training.settled):
        training.single_steps = stopped_within_epoch and training.epoch >= epochs_done
        if (event := next(events, None)) is None:
            break
        if isinstance(event, Epoch) and event.epoch % every == 0:
            points.append(_weights(training.setup.model))
            epochs.append(event.epoch)
        yield min(training.step / max(steps, 1), 1.0)
    if epochs[-1] < training.epoch or stopped_within_epoch:
        points.append(_weights(training.setup.model))
        epochs.append(training.epoch)
    last, saved = training.setup.weights(), trained.state["model"]
    return WeightPath(points, epochs, all(torch.equal(last[name], saved[name]) for name in saved))


def _weights(model: nn.Module) -> Tensor:
    return flat(dict(model.named_parameters())).cpu().clone()
