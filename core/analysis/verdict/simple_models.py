"""Models that need no training by gradient steps on batches, or hardly any: what a network is
compared with. Own code on torch; scikit-learn only for gradient-boosted trees, where it is
installed.

Each model is a generator function of a `BaselineTask` that yields between pieces of work, so that a
press of Stop is answered, and returns a `Fitted`.
"""

import importlib.util
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.analysis.verdict.baseline_task import (
    BaselineRows,
    BaselineTask,
    Fitted,
    Working,
    score_answer,
)
from core.analysis.verdict.linear_models import fit_logistic, fit_random_features, fit_ridge

NEIGHBOURS = (1, 3, 5, 9, 15)
DISTANCES = 1.3e11  # multiply-adds for the distances of one part, about 4 s on a core
SELECTION = 250  # multiply-adds that take as long as the selection of the nearest, a distance
BLOCK = 128  # rows of one piece of work
UNTRAINED = "without training"
SOLVED = "without training by gradient descent"  # a linear system, solved exactly
TREES, TREE_VALUES = 100, 2e6  # iterations of boosting; values in its training table


@dataclass(frozen=True)
class SimpleModel:
    """A kind of baseline: its name in a table and in a sentence, how it is computed, and what it
    does without: training, or gradient descent; empty if neither.
    """

    kind: str
    label: str
    name: str
    fit: Callable[[BaselineTask], Working]
    source: str
    for_classes: bool = True
    for_values: bool = True
    tables_only: bool = False
    effort: str = ""


def _constant(task: BaselineTask) -> Working:
    """The most frequent class, or the mean."""
    yield
    y = task.train.targets
    answer = y.bincount().argmax() if task.classes else y.mean()
    return Fitted({k: answer.expand(len(r)) for k, r in task.scored.items()}, len(y))


def _class_means(task: BaselineTask) -> Working:
    """The class whose mean is nearest: argmin |x − µ_c|²."""
    x, y = task.train.inputs, task.train.targets
    sums = torch.zeros(task.classes, x.shape[1]).index_add_(0, y, x)
    counts = y.bincount(minlength=task.classes)
    means = sums / counts[:, None].clamp(min=1)
    offset = means.square().sum(1).masked_fill(counts == 0, torch.inf)  # a class without rows
    yield
    scores = {k: (offset - 2 * r.inputs @ means.T).argmin(1) for k, r in task.scored.items()}
    return Fitted(scores, len(y))


def _neighbours(task: BaselineTask) -> Working:
    """The most frequent class, or the mean, of the k nearest training rows; k with the best score
    of the rows that choose.
    """
    cost = task.train.inputs.shape[1] + SELECTION
    train = task.train.first(max(1000, int(DISTANCES / (2 * BLOCK * cost))))
    room = max(2 * BLOCK, int(DISTANCES / (len(train) * cost)))
    sizes = [k for k in NEIGHBOURS if k <= len(train)]
    squares = train.inputs.square().sum(1)

    def answers(rows: BaselineRows) -> Generator[None, None, Tensor]:
        """(K, n): the answer of every k."""
        blocks = []
        for x in rows.inputs.split(BLOCK):
            distances = torch.addmm(squares, x, train.inputs.T, alpha=-2)
            nearest = distances.topk(sizes[-1], largest=False).indices
            blocks.append(_vote(train.targets[nearest], sizes, task.classes))
            yield
        return torch.cat(blocks, 1)

    chosen = yield from answers(task.choose.first(room))
    scores = [score_answer(a, task.choose.first(room).targets, task.classes) for a in chosen]
    best = max(range(len(sizes)), key=scores.__getitem__)
    predictions = {}
    for name, rows in task.scored.items():
        same = rows.inputs is task.choose.inputs
        predictions[name] = chosen[best] if same else (yield from answers(rows.first(room)))[best]
    return Fitted(predictions, len(train), f"k = {sizes[best]}")


def _vote(targets: Tensor, sizes: list[int], classes: int) -> Tensor:
    """The answers (K, n) of the first k of the targets (n, k), nearest first."""
    counts = torch.tensor(sizes) - 1
    if not classes:
        return (targets.cumsum(1)[:, counts] / (counts + 1)).T
    return one_hot(targets, classes).cumsum(1)[:, counts].argmax(2).T


def has_boosting() -> bool:
    """Whether scikit-learn is installed, which gradient-boosted trees need."""
    return importlib.util.find_spec("sklearn") is not None


def _boosting(task: BaselineTask) -> Working:
    """Histogram gradient-boosted trees (scikit-learn), a few trees at a time."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    train = task.train.first(max(1000, int(TREE_VALUES / task.train.inputs.shape[1])))
    cls = HistGradientBoostingClassifier if task.classes else HistGradientBoostingRegressor
    model = cls(max_iter=1, warm_start=True, early_stopping=False, random_state=0)
    x, y = train.inputs.numpy(), train.targets.numpy()
    if len(y) < 2 or (task.classes and len(np.unique(y)) < 2):
        return (yield from _constant(task))  # nothing to split by
    every = max(1, 10 // max(1, task.classes))
    best, best_trees, found = -np.inf, 0, {}
    for trees in range(every, TREES + 1, every):
        with threadpool_limits(1):
            model.set_params(max_iter=trees).fit(x, y)
        yield
        if trees % (5 * every) == 0 or trees + every > TREES:
            answer = torch.as_tensor(model.predict(task.choose.inputs.numpy()))
            score = score_answer(answer, task.choose.targets, task.classes)
            if score > best:
                best, best_trees = score, trees
                found = {
                    k: torch.as_tensor(model.predict(r.inputs.numpy()))
                    for k, r in task.scored.items()
                }
    return Fitted(found, len(train), f"{best_trees} iterations")


MODELS = (
    SimpleModel("constant", "Most frequent class", "the most frequent class", _constant,
                "Holte 1993", for_values=False, effort=UNTRAINED),
    SimpleModel("mean", "Mean", "the mean", _constant, "", for_classes=False, effort=UNTRAINED),
    SimpleModel("class_means", "Nearest class mean", "the nearest class mean", _class_means,
                "Tibshirani et al. 2002", for_values=False, effort=UNTRAINED),
    SimpleModel("neighbours", "k nearest neighbors", "k-NN", _neighbours, "Cover & Hart 1967",
                effort=UNTRAINED),
    SimpleModel("logistic", "Logistic regression", "logistic regression", fit_logistic, "Cox 1958",
                for_values=False),
    SimpleModel("ridge", "Ridge regression", "ridge regression", fit_ridge, "Hoerl & Kennard 1970",
                for_classes=False, effort=SOLVED),
    SimpleModel("random_features", "Random features", "a random-feature model", fit_random_features,
                "Rahimi & Recht 2007", effort=SOLVED),
    SimpleModel("boosting", "Gradient-boosted trees", "gradient boosting", _boosting,
                "Friedman 2001", tables_only=True),
)  # fmt: skip


def effort_of(kind: str) -> str:
    """Return what the baseline of this kind does without, as the end of a sentence."""
    return next((model.effort for model in MODELS if model.kind == kind), "")


def suited_models(*, classes: int, table: bool) -> tuple[SimpleModel, ...]:
    """Return the models for this kind of targets and inputs that this machine can compute."""
    return tuple(
        model
        for model in MODELS
        if (model.for_classes if classes else model.for_values)
        and (table or not model.tables_only)
        and (model.kind != "boosting" or has_boosting())
    )
