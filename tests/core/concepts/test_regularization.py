"""Penalties and margin losses against SciPy, scikit-learn and automatic differentiation."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import LogisticRegression

from core.concepts.margin_losses import MARGIN_LOSSES, likelihood
from core.concepts.regularization import (
    INPUTS,
    SIGNS,
    LeastSquares,
    ball,
    best_weight,
    classifier_loss,
    probability,
    vector_facts,
)


@pytest.mark.parametrize("strength", [0.001, 0.03, 1.0])
def test_the_best_weight_is_that_of_scipy_and_scikit_learn(strength: float) -> None:
    found = minimize_scalar(
        lambda w: float(classifier_loss(w, strength)), bounds=(0, 50), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    assert best_weight(strength) == pytest.approx(found.x, rel=1e-5)
    inverse = 1 / (2 * len(INPUTS) * strength)  # scikit-learn: C Σ loss + w²/2
    model = LogisticRegression(C=inverse, fit_intercept=False, tol=1e-10)
    model.fit(INPUTS[:, None], SIGNS)
    assert best_weight(strength) == pytest.approx(model.coef_[0, 0], rel=1e-4)
    expected = model.predict_proba(INPUTS[:, None])[:, 1]
    assert probability(INPUTS, best_weight(strength)) == pytest.approx(expected, abs=1e-4)


def test_without_a_penalty_the_loss_falls_for_ever() -> None:
    losses = classifier_loss(np.geomspace(0.1, 50, 30), 0.0)
    assert (np.diff(losses) < 0).all() and best_weight(0.0) == np.inf
    assert probability(np.array([-1e-9, 0.0, 1e-9]), np.inf).tolist() == [0.0, 0.5, 1.0]


def test_the_two_vectors_of_the_lecture() -> None:
    first, second = vector_facts()
    assert (first.score, first.l2, first.l1) == (1, 1, 1)
    assert (second.score, second.l2, second.l1) == (1, 0.25, 1)


@pytest.mark.parametrize("strength", [0.0, 0.1, 0.6, 1.5, 5.0])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_penalized_least_squares_is_what_scipy_finds(strength: float, norm: str) -> None:
    problem = LeastSquares()

    def loss(w: np.ndarray) -> float:
        penalty = np.abs(w).sum() if norm == "l1" else w @ w
        return float(problem.value(*w) + strength * penalty)

    found = min(
        (minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
         for start in ([1.0, 1.0], [0.1, -0.1])), key=lambda result: result.fun,
    )  # fmt: skip
    assert problem.solve(strength, norm) == pytest.approx(found.x, abs=1e-4)


def test_l1_gives_exact_zeros_and_l2_none() -> None:
    strengths = np.geomspace(1e-3, 30, 50)
    assert (LeastSquares().path("l1", strengths) == 0).any(1).sum() > 10
    assert (LeastSquares().path("l2", strengths) != 0).all()
    for norm, order in (("l1", 1), ("l2", 2)):
        assert np.linalg.norm(ball(2.0, norm), ord=order, axis=1) == pytest.approx(2.0)


@pytest.mark.parametrize("loss", MARGIN_LOSSES[1:], ids=lambda loss: loss.label)
def test_margin_losses_and_slopes_equal_torch(loss) -> None:
    m = torch.tensor([-3.0, -0.5, 0.0, 0.4, 2.0], dtype=torch.float64, requires_grad=True)
    value = {
        "Hinge": lambda: torch.nn.functional.relu(1 - m),
        "Logistic": lambda: torch.nn.functional.softplus(-m),
        "Squared": lambda: (1 - m) ** 2,
        "Exponential": lambda: torch.exp(-m),
    }[loss.label]()
    value.sum().backward()
    at = m.detach().numpy()
    np.testing.assert_allclose(loss.value(at), value.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(loss.slope(at), m.grad.numpy(), rtol=1e-12)


def test_the_01_loss_counts_errors_and_the_logistic_loss_is_a_likelihood() -> None:
    at = np.array([-1.0, 0.0, 1e-9, 2.0])
    assert MARGIN_LOSSES[0].value(at).tolist() == [1, 1, 0, 0]
    assert not MARGIN_LOSSES[0].slope(at).any()
    logistic = float(MARGIN_LOSSES[2].value(np.array([0.7]))[0])
    assert -np.log(likelihood(0.7)) == pytest.approx(logistic)
