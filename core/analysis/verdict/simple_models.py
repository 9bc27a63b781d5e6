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
from torch.nn.functional import cross_entropy, one_hot

from core.base.numbers import short, whole
from core.descent.features import directions, relu, solve_ridges

NEIGHBOURS = (1, 3, 5, 9, 15)
RIDGES = (1e-6, 1e-4, 1e-2, 1.0)  # λ of |Φw − y|²/n + λ|w|²
PENALTIES = (1e-2, 1e-4)  # λ of the mean cross-entropy + λ/2·|W|², each from the one before
FEATURES = 1000
DISTANCES = 1e11  # multiply-adds for the distances of one part, about 3 s on a core
BLOCK = 128  # rows of one piece of work
ROWS = 20_000  # training rows of a fit that needs matrices of them
LOGISTIC = 1e8  # multiply-adds of one gradient of logistic regression
STEPS = 8  # of five iterations of L-BFGS
TREES, TREE_VALUES = 100, 5e6  # iterations of boosting; values in its training table

Working = Generator[None, None, "Fitted"]


@dataclass(frozen=True)
class BaselineRows:
    """Inputs (n, d) float32, flat and scaled, with targets (n,): class numbers or values."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, count: int) -> "BaselineRows":
        """Return the first rows: rows are in random order."""
        return BaselineRows(self.inputs[:count], self.targets[:count])


@dataclass(frozen=True)
class BaselineTask:
    """The rows to learn from, those that choose between settings, and those that are scored, by the
    name of their part. `classes` is 0 for values.
    """

    train: BaselineRows
    choose: BaselineRows
    scored: dict[str, BaselineRows]
    classes: int


@dataclass(frozen=True)
class Fitted:
    """Predictions (n,) for the first n scored rows of each part, `detail` such as "k = 3", and the
    number of training `rows`.
    """

    predictions: dict[str, Tensor]
    rows: int
    detail: str = ""


@dataclass(frozen=True)
class SimpleModel:
    """A kind of baseline: its name in a table and in a sentence, and how it is computed."""

    kind: str
    label: str
    name: str
    fit: Callable[[BaselineTask], Working]
    source: str
    for_classes: bool = True
    for_values: bool = True
    tables_only: bool = False


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
    width = max(1, task.train.inputs.shape[1])
    train = task.train.first(max(1000, int(DISTANCES / (2 * BLOCK * width))))
    room = max(2 * BLOCK, int(DISTANCES / (len(train) * width)))
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
    scores = [_score(a, task.choose.first(room).targets, task.classes) for a in chosen]
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


def _logistic(task: BaselineTask) -> Working:
    """Multinomial logistic regression by L-BFGS, with the penalty of the best score."""
    width = task.train.inputs.shape[1]
    rows = max(5000, int(LOGISTIC / (width * task.classes)))
    train = task.train.first(rows)
    exact = train.inputs.numel() < 2e6  # small enough for float64 and convergence
    steps, tolerance = (10 * STEPS, 1e-8) if exact else (STEPS, 1e-4)
    kind = torch.float64 if exact else torch.float32
    x = train.inputs.to(kind)
    weights = torch.zeros(width + 1, task.classes, dtype=kind, requires_grad=True)
    fits: list[tuple[float, float, Tensor]] = []
    for penalty in PENALTIES:
        optimizer = torch.optim.LBFGS(
            [weights], max_iter=5, history_size=10, line_search_fn="strong_wolfe"
        )

        def loss(optimizer=optimizer, penalty=penalty) -> Tensor:
            optimizer.zero_grad()
            outputs = torch.addmm(weights[-1], x, weights[:-1])
            value = cross_entropy(outputs, train.targets)
            value = value + penalty / 2 * weights[:-1].square().sum()
            value.backward()
            return value

        before = np.inf
        for _ in range(steps):
            value = optimizer.step(loss).item()
            yield
            if not np.isfinite(value) or abs(before - value) <= tolerance * value:
                break
            before = value
        fitted = weights.detach().float().clone()
        answer = _linear(task.choose.inputs, fitted).argmax(1)
        fits.append((_score(answer, task.choose.targets, task.classes), penalty, fitted))
    _, penalty, fitted = max(fits, key=lambda fit: fit[0])
    predictions = {k: _linear(r.inputs, fitted).argmax(1) for k, r in task.scored.items()}
    return Fitted(predictions, len(train), f"λ = {short(penalty)}")


def _linear(inputs: Tensor, weights: Tensor) -> Tensor:
    return torch.addmm(weights[-1], inputs, weights[:-1])


def _ridge(task: BaselineTask) -> Working:
    """Ridge regression in closed form, with the λ of the best score."""
    return (yield from _solve(task, task.train.first(ROWS), lambda x: x))


def _random_features(task: BaselineTask) -> Working:
    """Ridge regression on N random ReLU features, in closed form."""
    train = task.train.first(ROWS)
    count = min(FEATURES, max(16, len(train)))
    columns = directions(train.inputs.shape[1] + 1, count, 0).float()

    def features(x: Tensor) -> Tensor:
        constant = torch.ones_like(x[:, :1])
        return relu(torch.cat([x, constant], 1), columns)

    fitted = yield from _solve(task, train, features)
    return Fitted(fitted.predictions, fitted.rows, f"{whole(count)} features, {fitted.detail}")


def _solve(
    task: BaselineTask, train: BaselineRows, features: Callable[[Tensor], Tensor]
) -> Working:
    """Least squares on centred features with every λ: sums in float64, block by block."""
    targets = one_hot(train.targets, task.classes) if task.classes else train.targets[:, None]
    targets = targets.double()
    blocks = list(torch.arange(len(train)).split(2000))
    mean, middle, gram, right = 0.0, targets.mean(0), 0.0, 0.0
    for b in blocks:
        mean = mean + features(train.inputs[b]).double().sum(0) / len(train)
        yield
    for b in blocks:
        block = features(train.inputs[b]) - mean.float()
        gram = gram + (block.T @ block).double()
        right = right + block.T.double() @ (targets[b] - middle)
        yield
    weights = solve_ridges(gram, right, [ridge * len(train) for ridge in RIDGES]).float()
    yield

    def answer(x: Tensor, w: Tensor) -> Tensor:
        parts = [(features(b) - mean.float()) @ w + middle.float() for b in x.split(2000)]
        outputs = torch.cat(parts)
        return outputs.argmax(1) if task.classes else outputs[:, 0]

    scores = []
    for w in weights:
        chosen = answer(task.choose.inputs, w)
        scores.append(_score(chosen, task.choose.targets, task.classes))
        yield
    best = max(range(len(RIDGES)), key=scores.__getitem__)
    predictions = {k: answer(r.inputs, weights[best]) for k, r in task.scored.items()}
    return Fitted(predictions, len(train), f"λ = {short(RIDGES[best])}")


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
            score = _score(answer, task.choose.targets, task.classes)
            if score > best:
                best, best_trees = score, trees
                found = {
                    k: torch.as_tensor(model.predict(r.inputs.numpy()))
                    for k, r in task.scored.items()
                }
    return Fitted(found, len(train), f"{best_trees} iterations")


def _score(answer: Tensor, targets: Tensor, classes: int) -> float:
    """Accuracy, or minus the mean squared error."""
    if classes:
        return (answer == targets).double().mean().item()
    return -(answer.double() - targets.double()).square().mean().item()


MODELS = (
    SimpleModel("constant", "Most frequent class", "the most frequent class", _constant,
                "Holte 1993", for_values=False),
    SimpleModel("mean", "Mean", "the mean", _constant, "", for_classes=False),
    SimpleModel("class_means", "Nearest class mean", "the nearest class mean", _class_means,
                "Tibshirani et al. 2002", for_values=False),
    SimpleModel("neighbours", "k nearest neighbors", "k-NN", _neighbours, "Cover & Hart 1967"),
    SimpleModel("logistic", "Logistic regression", "logistic regression", _logistic, "Cox 1958",
                for_values=False),
    SimpleModel("ridge", "Ridge regression", "ridge regression", _ridge, "Hoerl & Kennard 1970",
                for_classes=False),
    SimpleModel("random_features", "Random features", "a random-feature model", _random_features,
                "Rahimi & Recht 2007"),
    SimpleModel("boosting", "Gradient-boosted trees", "gradient boosting", _boosting,
                "Friedman 2001", tables_only=True),
)  # fmt: skip


def suited_models(*, classes: int, table: bool) -> tuple[SimpleModel, ...]:
    """Return the models for this kind of targets and inputs that this machine can compute."""
    return tuple(
        model
        for model in MODELS
        if (model.for_classes if classes else model.for_values)
        and (table or not model.tables_only)
        and (model.kind != "boosting" or has_boosting())
    )
