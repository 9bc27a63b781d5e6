"""Likelihood, cross-entropy and divergence: against torch.distributions."""

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence

from core.concepts import likelihood

PAIRS = [(0.7, 0.4), (0.5, 0.5), (0.01, 0.99), (0.3, 0.31)]


@pytest.mark.parametrize(("q", "p"), PAIRS)
def test_entropy_and_divergence_are_those_of_torch(q: float, p: float) -> None:
    target, model = (Bernoulli(torch.tensor(v, dtype=torch.float64)) for v in (q, p))
    assert likelihood.entropy(q) == pytest.approx(target.entropy().item())
    divergence = kl_divergence(target, model).item()
    assert likelihood.kl_divergence(q, p) == pytest.approx(divergence, abs=1e-12)
    expected = torch.nn.functional.binary_cross_entropy(model.probs, target.probs).item()
    assert likelihood.cross_entropy(q, p) == pytest.approx(expected)


@pytest.mark.parametrize(("heads", "tosses"), [(0, 5), (7, 10), (10, 10)])
def test_the_likelihood_is_the_product_of_the_probabilities(heads: int, tosses: int) -> None:
    q = heads / tosses
    for p in (0.05, 0.4, 0.9):
        product = p**heads * (1 - p) ** (tosses - heads)
        largest = q**heads * (1 - q) ** (tosses - heads)
        logarithm = likelihood.log_likelihood(heads, tosses, p)
        assert 2.718281828459045**logarithm == pytest.approx(product)
        assert logarithm == pytest.approx(-tosses * likelihood.cross_entropy(q, p))
        relative = likelihood.relative_likelihood(heads, tosses, p)
        assert relative == pytest.approx(product / largest)


def test_a_certain_outcome_has_no_entropy() -> None:
    assert likelihood.entropy(0.0) == likelihood.entropy(1.0) == 0
