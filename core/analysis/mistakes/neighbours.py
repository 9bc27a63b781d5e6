"""The training samples that a network sees as most alike: nearest in its last hidden layer."""

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from core.analysis.inside.familiarity import Reference
from core.analysis.trained import TrainedRun, forward

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
    sample is compared, in blocks and in float64: ‖q − t‖² = ‖q‖² − 2q·t + ‖t‖². Their
    representation is computed, unless Predict has kept it.
    """
    part = trained.part("train")
    search = _Search(queries, own)
    reference = Reference.open(trained.store, trained.run)
    if reference and reference.every == 1:
        for start in range(0, len(part), BLOCK):
            block = np.array(reference.hidden[start : start + BLOCK], np.float64)
            search.compare(torch.from_numpy(block))
            yield search.seen / len(part)
        return search.nearest()
    batches: list[Tensor] = []
    done = 0
    for _, hidden in forward(trained.model, part):
        batches.append(hidden.cpu())
        done += len(hidden)
        if sum(map(len, batches)) >= BLOCK or done == len(part):
            search.compare(torch.cat(batches).double())
            batches = []
        yield done / len(part)
    return search.nearest()


class _Search:
    """The nearest training samples so far."""

    def __init__(self, queries: np.ndarray, own: np.ndarray | None):
        self.queries = torch.from_numpy(queries).double()
        self.own = None if own is None else torch.from_numpy(own)[:, None]
        self.distances = torch.empty((len(queries), 0), dtype=torch.float64)  # ‖t‖² − 2q·t
        self.rows = torch.empty((len(queries), 0), dtype=torch.int64)
        self.seen = 0

    def compare(self, block: Tensor) -> None:
        """Compare every query with the next training samples (B, H)."""
        numbers = torch.arange(self.seen, self.seen + len(block))
        squared = torch.addmm(block.square().sum(1)[None], self.queries, block.T, alpha=-2)
        if self.own is not None:
            squared.masked_fill_(numbers[None] == self.own, torch.inf)
        best, chosen = squared.topk(min(NEAREST, len(block)), largest=False)
        self.rows = torch.cat([self.rows, numbers[chosen]], 1)
        self.distances, chosen = torch.cat([self.distances, best], 1).topk(
            min(NEAREST, self.rows.shape[1]), largest=False
        )
        self.rows = self.rows.gather(1, chosen)
        self.seen += len(block)

    def nearest(self) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (N, 3) and Euclidean distances (N, 3), fewer of a small training set."""
        count = min(NEAREST, self.seen - (self.own is not None))
        squared = self.distances + self.queries.square().sum(1, keepdim=True)
        distances = squared.clamp(min=0).sqrt()
        return self.rows[:, :count].numpy(), distances[:, :count].numpy()
