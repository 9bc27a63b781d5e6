"""Baselines that are linear in fixed features: logistic regression, and ridge regression on the
inputs or on random features.
"""

from collections.abc import Callable, Generator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from core.analysis.verdict.baseline_task import (
    BaselineRows,
    BaselineTask,
    Fitted,
    Working,
    score_answer,
)
from core.base.numbers import short, whole
from core.descent.features import directions, relu

RIDGES = (1e-6, 1e-4, 1e-2, 1.0)  # λ of |Φw − y|²/n + λ|w|²
PENALTIES = (1e-2, 1e-4)  # λ of the mean cross-entropy + λ/2·|W|², each from the one before
FEATURES = 1000
ROWS = 20_000  # training rows of a fit that needs matrices of them
ROWS_AT_ONCE = 2000  # rows whose features are computed together
PIECE = 1e10  # multiply-adds between two looks at Stop, about 0.5 s on a core
BLOCK = 256  # columns of one step of a factorization
LOGISTIC = 1e8  # multiply-adds of one gradient of logistic regression
STEPS = 8  # of five iterations of L-BFGS


def fit_logistic(task: BaselineTask) -> Working:
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
        fits.append((score_answer(answer, task.choose.targets, task.classes), penalty, fitted))
    _, penalty, fitted = max(fits, key=lambda fit: fit[0])
    predictions = {k: _linear(r.inputs, fitted).argmax(1) for k, r in task.scored.items()}
    return Fitted(predictions, len(train), f"λ = {short(penalty)}")


def _linear(inputs: Tensor, weights: Tensor) -> Tensor:
    return torch.addmm(weights[-1], inputs, weights[:-1])


def fit_ridge(task: BaselineTask) -> Working:
    """Ridge regression in closed form, with the λ of the best score."""
    return (yield from _solve(task, task.train.first(ROWS), lambda x: x))


def fit_random_features(task: BaselineTask) -> Working:
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
    """Least squares on centred features (n, p) with every λ, in float64: from ZᵀZ (p, p), or with
    fewer rows than features from ZZᵀ (n, n), which gives the same function.
    """
    targets = one_hot(train.targets, task.classes) if task.classes else train.targets[:, None]
    targets = targets.double()
    z = torch.cat([features(block) for block in train.inputs.split(ROWS_AT_ONCE)])  # (n, p)
    mean, middle = z.double().mean(0).float(), targets.mean(0)
    z, targets = z.sub_(mean), targets - middle
    is_wide = z.shape[1] > len(z)
    gram = yield from _gram(z.T if is_wide else z)
    right = targets if is_wide else z.T.double() @ targets

    def answer(x: Tensor, w: Tensor) -> Tensor:
        blocks = x.split(ROWS_AT_ONCE)
        outputs = torch.cat([(features(b) - mean) @ w + middle.float() for b in blocks])
        return outputs.argmax(1) if task.classes else outputs[:, 0]

    fits: list[tuple[float, float, Tensor]] = []
    for ridge in RIDGES:
        solution = (yield from _solve_one(gram, right, ridge * len(train))).float()
        weights = z.T @ solution if is_wide else solution
        score = score_answer(answer(task.choose.inputs, weights), task.choose.targets, task.classes)
        fits.append((score, ridge, weights))
        yield
    _, ridge, weights = max(fits, key=lambda fit: fit[0])
    predictions = {k: answer(r.inputs, weights) for k, r in task.scored.items()}
    return Fitted(predictions, len(train), f"λ = {short(ridge)}")


def _gram(z: Tensor) -> Generator[None, None, Tensor]:
    """(n, m) float32 -> ZᵀZ (m, m) float64, in pieces of about PIECE multiply-adds."""
    width = z.shape[1]
    gram = torch.zeros(width, width, dtype=torch.float64)
    for block in z.split(max(1, int(PIECE / width**2))):
        rows = block.double()
        gram.addmm_(rows.T, rows)
        yield
    return gram


def _solve_one(gram: Tensor, right: Tensor, penalty: float) -> Generator[None, None, Tensor]:
    """Return (A + λI)⁻¹B by a Cholesky factorization in blocks of columns, so that Stop is answered
    between two of them: A (m, m) symmetric, B (m, K) -> (m, K).
    """
    factor = gram + penalty * torch.eye(len(gram), dtype=gram.dtype)
    for first in range(0, len(gram), BLOCK):
        own, below = slice(first, first + BLOCK), slice(first + BLOCK, None)
        factor[own, own] = torch.linalg.cholesky(factor[own, own])
        corner = factor[own, own].T
        left = torch.linalg.solve_triangular(corner, factor[below, own], upper=True, left=False)
        factor[below, own] = left
        factor[below, below].addmm_(left, left.T, alpha=-1)
        yield
    return torch.cholesky_solve(right, factor.tril_())
