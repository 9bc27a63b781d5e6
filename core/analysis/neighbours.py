"""The training samples that a network sees as most alike: nearest in its last hidden layer."""

from collections.abc import Generator, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.trained import TrainedRun, forward
from core.data.batches import Part

NEAREST = 3  # training samples of each query
BLOCK = 2048  # training samples of one matrix product
MOST = 1000  # queries of one search
WORK = 2e11  # floating-point operations of one search: ten seconds of one core
FEWEST = 60  # queries, whatever they cost


def affordable(training_samples: int, width: int) -> int:
    """Return for how many queries (H = width) a search takes seconds."""
    return int(np.clip(WORK / (2 * training_samples * width), FEWEST, MOST))


def nearest_training_samples(
    trained: TrainedRun, queries: np.ndarray, own: np.ndarray | None = None
) -> Generator[float, None, tuple[np.ndarray, np.ndarray]]:
    """Return the NEAREST training samples of each query (N, H): their rows in the training part
    (N, 3), and their Euclidean distances (N, 3), nearest first. Yields the fraction done.

    `own` (N,) are the queries' own rows in the training part, which are left out. Every training
    sample is compared, in blocks and in float64: ‖q − t‖² = ‖q‖² − 2q·t + ‖t‖².
    """
    part = trained.part("train")
    q = torch.from_numpy(queries).double()
    left_out = None if own is None else torch.from_numpy(own)[:, None]
    distances = torch.empty((len(q), 0), dtype=torch.float64)  # squared, without ‖q‖²
    rows = torch.empty((len(q), 0), dtype=torch.int64)
    seen = 0
    for block in _blocks(trained.model, part):
        numbers = torch.arange(seen, seen + len(block))
        squared = torch.addmm(block.square().sum(1)[None], q, block.T, alpha=-2)  # (N, B)
        if left_out is not None:
            squared.masked_fill_(numbers[None] == left_out, torch.inf)
        best, chosen = squared.topk(min(NEAREST, len(block)), largest=False)
        distances = torch.cat([distances, best], 1)
        rows = torch.cat([rows, numbers[chosen]], 1)
        distances, chosen = distances.topk(min(NEAREST, distances.shape[1]), largest=False)
        rows = rows.gather(1, chosen)
        seen += len(block)
        yield seen / len(part)
    distances = (distances + q.square().sum(1, keepdim=True)).clamp(min=0).sqrt()
    if left_out is not None and len(part) <= NEAREST:  # the sample itself is among the candidates
        distances, rows = distances[:, : len(part) - 1], rows[:, : len(part) - 1]
    return rows.numpy(), distances.numpy()


def _blocks(model: nn.Module, part: Part) -> Iterator[Tensor]:
    """Yield the last hidden layer of all samples in blocks (B, H) float64 on the CPU."""
    block: list[Tensor] = []
    for _, hidden in forward(model, part):
        block.append(hidden.cpu())
        if sum(map(len, block)) >= BLOCK:
            yield torch.cat(block).double()
            block = []
    if block:
        yield torch.cat(block).double()
