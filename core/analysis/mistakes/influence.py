"""Influence: which columns of a table row made the network prefer its answer."""

import numpy as np
import torch

from core.analysis.trained import PartName, TrainedRun
from core.training.metrics import CPU_BATCH

MEAN_ROWS = 100_000  # training rows from which the mean is taken, evenly spaced


def column_influences(
    trained: TrainedRun, part: PartName, rows: np.ndarray, pairs: np.ndarray | None = None
) -> np.ndarray:
    """Return the influence of each input on each of these rows of a part, (n, F).

    Gradient × input with the training mean as the baseline (Shrikumar et al. 2016):
    (x_j − mean_j) · ∂s/∂x_j. s is the difference of the logits of the two classes in `pairs`
    (n, 2), or the predicted value in the unit of the target. Linear networks have
    Σ_j influence_j = s(x) − s(mean).
    """
    samples, mean = trained.part(part), training_mean(trained)
    influences = []
    for start in range(0, len(rows), CPU_BATCH):
        chosen = rows[start : start + CPU_BATCH]
        x, _ = samples.batch(torch.from_numpy(chosen).to(samples.device))
        x = x.requires_grad_()
        scores = trained.model(x)
        if pairs is None:
            total = trained.scale[1] * scores.sum()
        else:
            ends = torch.from_numpy(pairs[start : start + CPU_BATCH]).to(scores.device)
            first, second = scores.gather(1, ends).T
            total = (first - second).sum()
        (gradient,) = torch.autograd.grad(total, x)
        influences.append(((x.detach() - mean) * gradient).flatten(1).cpu())
    return torch.cat(influences).numpy()


def training_mean(trained: TrainedRun) -> torch.Tensor:
    """Return the mean of the normalized training rows, (F,)."""
    part = trained.part("train")
    every = max(1, len(part) // MEAN_ROWS)
    rows = torch.arange(0, len(part), every, device=part.device)
    return part.batch(rows)[0].double().mean(0).float()
