"""Lion: steps of equal length in the direction of a sign.

The lab's own torch code; imports torch only, so that it can be pasted into a script.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


class LionSteps(torch.optim.Optimizer):
    """θ ← θ − lr·(sign(β₁m + (1 − β₁)g) + λθ), then m ← β₂m + (1 − β₂)g (Chen et al. 2023)."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter | dict[str, Any]],
        lr: float = 3e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"]
                direction = momentum.lerp(weight.grad, 1 - beta1).sign_()
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(direction, alpha=group["lr"])
                momentum.lerp_(weight.grad, 1 - beta2)
