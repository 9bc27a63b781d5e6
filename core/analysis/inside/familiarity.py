"""Familiarity: how far an input is from the training samples in the last hidden layer, and from
which distance on it is unlike all of them.

The distance of an input is the mean of those to its k nearest training samples. Inputs are
unfamiliar above the distance that 98 % of the validation samples stay below: these took no part in
fitting the weights (Sun, Ming, Zhu & Li 2022). Without enough of them, training samples are used,
each compared with all others.

The representation of the training samples is kept in the folder of the run and memory-mapped, so
that all sessions share it.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.results import FOLDER, forget, key_of, stored
from core.analysis.trained import TrainedRun, forward
from core.base.files import write_atomic
from core.base.numbers import percent, short, whole
from core.runs.measured import NAMES
from core.runs.store import Store

NEAREST = 3  # training samples of each input
QUANTILE = 0.98  # of the distances of known samples, above which an input is unfamiliar
FEWEST = 100  # validation samples; of fewer, the quantile would be by chance
MOST = 2000  # known samples that are compared, evenly spaced
BYTES = 64 * 2**20  # of the representation that is kept; of larger ones, evenly spaced samples
BLOCK = 2**24  # distances of one matrix product
CANDIDATES = 16  # samples whose distances are computed in float64


class Familiarity(Analysis):
    """The distance to the nearest training samples in the last hidden layer above which an input
    is unlike anything in the training set.
    """

    kind: Literal["familiarity"] = "familiarity"
    label: ClassVar[str] = "Familiarity of new inputs"
    technique: ClassVar[str] = "K5"
    page: ClassVar[str] = "Predict"
    source: ClassVar[str] = "Sun, Ming, Zhu & Li 2022"
    formula: ClassVar[str] = r"\frac{1}{k} \sum_{i=1}^{k} \| h(x) - h_{(i)} \| > q_{0.98}"

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.0, "Computing the last hidden layer"
        part = trained.part("train")
        batches, done = [], 0
        for _, hidden in forward(trained.model, part):
            batches.append(hidden.cpu().numpy())
            done += len(hidden)
            yield 0.7 * done / len(part), "Computing the last hidden layer of the training set"
        hidden = np.concatenate(batches)
        every = -(-hidden.nbytes // BYTES)
        hidden = hidden[::every]
        reference = Reference(hidden, every)
        known = len(trained.setup.validation) >= FEWEST
        queries, own = hidden, np.arange(len(hidden))
        if known:
            outputs = yield from predicting(trained, "validation", start=0.7, end=0.8)
            queries, own = outputs.hidden, None
        some = slice(None, None, -(-len(queries) // MOST))
        yield 0.8, "Comparing with the training set"
        _, distances = reference.nearest(queries[some], None if own is None else own[some])
        spread = distances.mean(1)
        _write(trained.store, trained.run, self, hidden)
        return {
            "part": "validation" if known else "train",
            "samples": len(spread),
            "training_samples": len(hidden),
            "every": every,
            "threshold": float(np.quantile(spread, QUANTILE)),
            "median": float(np.median(spread)),
        }

    def lines(self, result: Result) -> list[str]:
        return [
            f"Mean distance to the {NEAREST} nearest of {whole(result['training_samples'])} "
            f"training samples: {short(result['median'], 3)} in the median of "
            f"{whole(result['samples'])} samples",
            f"Inputs above {short(result['threshold'], 3)} are unlike the training set; this is "
            f"so for {percent(1 - QUANTILE)} of the {NAMES[result['part']]} set",
        ]


@dataclass(frozen=True)
class Reference:
    """The representation (M, H) float32 of every `every`-th training sample."""

    hidden: np.ndarray
    every: int = 1
    threshold: float = np.inf

    @classmethod
    def open(cls, store: Store, run: str) -> "Reference | None":
        """Return what the analysis has kept for the run's present weights; None if it has not been
        asked. A result whose file is gone or damaged is forgotten, so that it can be asked again.
        """
        question = Familiarity()
        if (result := stored(store, run, question)) is None:
            return None
        try:
            hidden = np.load(_path(store, run, question), mmap_mode="r")
        except (OSError, ValueError, EOFError):
            forget(store, run, question)
            return None
        return cls(hidden, result["every"], result["threshold"])

    def nearest(
        self, queries: np.ndarray, own: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the NEAREST training samples of queries (N, H): their rows in the training part
        (N, k), and their Euclidean distances (N, k), nearest first. `own` (N,) are the queries' own
        rows in `hidden`, which are left out.

        Candidates are found in float32 by ‖t‖² − 2q·t; their distances are exact.
        """
        size = max(1, BLOCK // len(self.hidden))
        rows, distances = [], []
        for start in range(0, len(queries), size):
            block = queries[start : start + size]
            scores = self._squares - 2 * (block @ self.hidden.T)  # (B, M)
            if own is not None:
                scores[np.arange(len(block)), own[start : start + size]] = np.inf
            count = min(CANDIDATES, len(self.hidden) - (own is not None))
            chosen = np.argpartition(scores, count - 1, axis=1)[:, :count]  # (B, c)
            between = self.hidden[chosen].astype(np.float64) - block[:, None]
            exact = np.sqrt(np.square(between).sum(2))
            order = np.argsort(exact, axis=1, kind="stable")[:, :NEAREST]
            rows.append(np.take_along_axis(chosen, order, 1) * self.every)
            distances.append(np.take_along_axis(exact, order, 1))
        return np.concatenate(rows), np.concatenate(distances)

    @cached_property
    def _squares(self) -> np.ndarray:
        """‖t‖² of each training sample (M,)."""
        return np.einsum("mh,mh->m", self.hidden, self.hidden)


def _path(store: Store, run: str, question: Familiarity) -> Path:
    return store.path(run, FOLDER) / f"{key_of(store, run, question)}.npy"


def _write(store: Store, run: str, question: Familiarity, hidden: np.ndarray) -> None:
    path = _path(store, run, question)
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, lambda file: np.save(file, hidden))
