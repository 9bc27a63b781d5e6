"""Schedule-free AdamW: gradients at a point between fast weights and their average.

The lab's own torch code; imports torch only, so that it can be pasted into a script.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class ScheduleFreeSteps(torch.optim.Optimizer):
    """Algorithm 1 of Defazio et al. 2024, with the learning rate γ of each step:

    z ← z − γ(g/(√v̂ + ε) + λy), x ← (1 − c)x + cz with c = γ²/Σγ², y ← (1 − β₁)z + β₁x. The model
    has the weights y, where g is computed. What else changed them since the last step, such as a
    separate weight decay, changes z by as much.
    """

    recompute_statistics = True  # batch normalization has to be measured with the average

    def __init__(
        self,
        parameters: Iterable[nn.Parameter | dict[str, Any]],
        lr: float = 2.5e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        how = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(parameters, how)

    def bind(self, model: nn.Module) -> None:
        """Set the model whose weights are averaged, once, before the first step."""
        self.model = model

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group)

    def _move(self, weight: nn.Parameter, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["fast"], state["average"] = weight.clone(), weight.clone()
            state["squares"], state["steps"], state["total"] = torch.zeros_like(weight), 0, 0.0
        fast, average, squares = state["fast"], state["average"], state["squares"]
        rate, (beta1, beta2) = group["lr"], group["betas"]
        fast.add_(weight - fast.lerp(average, beta1))  # 0 unless others changed the weight
        state["steps"] += 1
        squares.mul_(beta2).addcmul_(weight.grad, weight.grad, value=1 - beta2)
        size = (squares / (1 - beta2 ** state["steps"])).sqrt_().add_(group["eps"])
        fast.addcdiv_(weight.grad, size, value=-rate)
        fast.sub_(weight, alpha=rate * group["weight_decay"])
        state["total"] += rate**2
        average.lerp_(fast, rate**2 / state["total"] if rate else 0.0)
        weight.copy_(fast.lerp(average, beta1))

    def average(self) -> dict[str, Tensor] | None:
        """Return the state_dict to evaluate the network with; None before the first step."""
        if not self.state:
            return None
        mean = {name: value.clone() for name, value in self.model.state_dict().items()}
        for name, weight in self.model.named_parameters(remove_duplicate=False):
            if weight in self.state:
                mean[name] = self.state[weight]["average"].clone()
        return mean
