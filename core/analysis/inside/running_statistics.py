"""Running statistics of batch normalization (Ioffe & Szegedy 2015): what a trained network uses in
place of the mean and variance of a batch.
"""

from dataclasses import dataclass

import torch

from core.runs.checkpoint import State, best_weights

SUFFIX = ".running_mean"
Range = tuple[float, float]  # minimum and maximum over the channels


@dataclass(frozen=True)
class RunningStatistics:
    """One layer: its path in the module, its number of channels (or units), and the range over them
    of the running mean μ, the running standard deviation σ, the learned scale γ and shift β.
    """

    path: str
    channels: int
    mean: Range
    std: Range
    scale: Range
    shift: Range


def read_running_statistics(state: State) -> tuple[RunningStatistics, ...]:
    """Return every batch normalization in a checkpoint's state, in order, for its best weights."""
    weights = best_weights(state)
    paths = [name.removesuffix(SUFFIX) for name in weights if name.endswith(SUFFIX)]
    return tuple(
        RunningStatistics(
            path=path,
            channels=len(weights[f"{path}{SUFFIX}"]),
            mean=_range(weights[f"{path}{SUFFIX}"]),
            std=_range(weights[f"{path}.running_var"].sqrt()),
            scale=_range(weights[f"{path}.weight"]),
            shift=_range(weights[f"{path}.bias"]),
        )
        for path in paths
    )


def _range(values: torch.Tensor) -> Range:
    return values.min().item(), values.max().item()
