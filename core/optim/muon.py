"""Muon for matrices and AdamW for all other parameters, behind the interface of one optimizer.

The lab's own torch code; imports torch only, so that it can be pasted into a script.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn


class MuonWithAdamW:
    """Parameters with two dimensions use `torch.optim.Muon` (Jordan et al. 2024), all others
    `torch.optim.AdamW`; both with the same `lr` and `weight_decay` (Liu et al. 2025).

    Convolution kernels use AdamW: in channels-last order they are not a matrix in memory.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter | dict[str, Any]],
        lr: float = 2e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        iterations: int = 5,
    ):
        groups, shared = list(parameters), {"lr": lr, "weight_decay": weight_decay}
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        matrices = _having(groups, lambda p: p.ndim == 2)
        others = _having(groups, lambda p: p.ndim != 2)
        self.parts: dict[str, torch.optim.Optimizer] = {}
        if matrices:
            self.parts["muon"] = torch.optim.Muon(
                matrices,
                momentum=momentum,
                ns_steps=iterations,
                adjust_lr_fn="match_rms_adamw",
                **shared,
            )
        if others:
            self.parts["adamw"] = torch.optim.AdamW(others, **shared)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return [group for part in self.parts.values() for group in part.param_groups]

    def zero_grad(self) -> None:
        for part in self.parts.values():
            part.zero_grad()

    def step(self) -> None:
        for part in self.parts.values():
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self.parts.items():
            part.load_state_dict(state[name])


def _having(
    groups: list[dict[str, Any]], condition: Callable[[nn.Parameter], bool]
) -> list[dict[str, Any]]:
    """Return the groups with the parameters that meet the condition, without empty groups."""
    chosen = [group | {"params": [*filter(condition, group["params"])]} for group in groups]
    return [group for group in chosen if group["params"]]
