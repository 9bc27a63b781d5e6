"""TrainingSettings: how the networks of one curve are trained; one value, plain numbers."""

import math
from dataclasses import dataclass
from typing import Literal

from core.descent.point import LossName


@dataclass(frozen=True)
class TrainingSettings:
    """Full-batch training of small networks; the defaults show the peak clearly (measured).

    `stop` ends a network whose training loss falls below it. `initial` scales He initialization:
    with 1, the random function of a wide network remains in its predictions and the second descent
    disappears. `batch_size` 0 is full batch. `evaluations` log-spaced steps are measured, including
    the last one.
    """

    loss: LossName = "squared"
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = 0.01
    momentum: float = 0.95
    weight_decay: float = 0.0
    schedule: Literal["cosine", "constant"] = "cosine"
    warm_up: int = 50
    steps: int = 1000
    stop: float = 1e-3
    initial: float = 0.3
    batch_size: int = 0
    evaluations: int = 1
    precision: Literal["float32", "float64"] = "float32"
    device: str = "cpu"

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0: linear warm-up, then half a cosine
        down to 0.
        """
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        if self.schedule == "constant":
            return self.learning_rate
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
