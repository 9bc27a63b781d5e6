"""Recipe: how the networks of one curve are trained; one value, plain numbers."""

import math
from dataclasses import dataclass
from typing import Literal

from core.descent.point import Loss


@dataclass(frozen=True)
class Recipe:
    """Full-batch training of small networks; the values are those whose peak was measured.

    `stop` ends a network whose training loss has come below it. `initial` scales He's first
    weights: with 1 the random function of a wide network stays in its predictions and the second
    descent goes. `batch_size` 0 takes all rows at each step. `evaluations` log-spaced steps are
    measured, the last one among them.
    """

    loss: Loss = "squared"
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

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0: a linear rise, then half a cosine to 0."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        if self.schedule == "constant":
            return self.learning_rate
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
