"""A small set and a small experiment for the tests of the loop, and what they ask of its events."""

import numpy as np

from core.base.events import Event, Step
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.activations import ReLU
from core.network.layers import BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool, Output
from core.training.loop import Training, train

EVERYTHING = (
    Conv2d(maps=6, kernel=3, padding=1), BatchNorm(), ReLU(), MaxPool(),
    Flatten(), Dropout(p=0.3), Linear(units=16), ReLU(), Output(),
)  # fmt: skip

PLAIN = (Flatten(), Linear(units=9), ReLU(), Output())


def bars() -> Samples:
    """Three classes of 8 × 8 pictures that differ by where they are bright; 157 of them, so the
    last batch is odd.
    """
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 157)
    images = random.integers(0, 120, (157, 1, 8, 8))
    for row, label in enumerate(labels):
        images[row, :, 2 * label : 2 * label + 3] += 100
    return Samples("bars", images.astype(np.uint8), labels.astype(np.int64), ("a", "b", "c"))


def experiment(**changes: object) -> Experiment:
    return Experiment(**{"network": EVERYTHING, "epochs": 4, "batch_size": 16, **changes})


def losses(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, Step) for loss in event.losses]


def of(kind: type, events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def train_unmeasured(e: Experiment, data: Samples, **how: object) -> Training:
    """Train without probes: they change nothing, and take half of the time of so short a run."""
    training = train(e, data, **how)
    training.budget.is_open = False
    return training


def part_of(e: Experiment, data: Samples, steps: int) -> tuple[Training, list[Event]]:
    training, events = train(e, data), []
    training.single_steps = True
    for event in training:
        events.append(event)
        if training.step >= steps and training.settled:
            break
    return training, events
