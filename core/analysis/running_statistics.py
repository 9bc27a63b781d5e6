"""Running statistics of batch normalization (N4): what a trained network holds in place of the mean
and variance of a batch.
"""

from dataclasses import dataclass

import torch

from core.runs.checkpoint import State, kept

END = ".running_mean"
Range = tuple[float, float]  # least and most over the maps


@dataclass(frozen=True)
class Running:
    """One layer: its path in the module, how many maps (or values) it has, and over them the least
    and the most of the running mean μ, the running deviation σ, the learned scale γ and shift β.
    """

    path: str
    maps: int
    mean: Range
    std: Range
    scale: Range
    shift: Range


def running(state: State) -> tuple[Running, ...]:
    """Every batch normalization in a checkpoint's state, in order; of the weights that count."""
    weights = kept(state)
    paths = [name.removesuffix(END) for name in weights if name.endswith(END)]
    return tuple(
        Running(
            path,
            len(weights[f"{path}{END}"]),
            _range(weights[f"{path}{END}"]),
            _range(weights[f"{path}.running_var"].sqrt()),
            _range(weights[f"{path}.weight"]),
            _range(weights[f"{path}.bias"]),
        )
        for path in paths
    )


def _range(values: torch.Tensor) -> Range:
    return values.min().item(), values.max().item()
