"""Bias and variance in closed form: against many random datasets fitted by numpy.polyfit."""

import numpy as np
import pytest

from core.concepts import polynomials as demo


@pytest.mark.parametrize("degree", [0, 3, 7])
def test_the_parts_are_those_of_many_fits(degree: int) -> None:
    samples, std, count = 20, 0.5, 4000
    x, targets = demo.inputs(samples), demo.datasets(samples, std, count)
    coefficients = np.polyfit(x, targets.T, degree)
    fitted = np.array([np.polyval(row, demo.GRID) for row in coefficients.T])
    row = demo.expected_errors(degree, samples, std)
    np.testing.assert_allclose(demo.fits(degree, samples, std, count), fitted, rtol=0, atol=1e-8)
    bias = ((fitted.mean(0) - demo.target(demo.GRID)) ** 2).mean()
    assert row.bias == pytest.approx(bias, abs=row.variance * 5 / count + 0.02 * row.bias + 1e-3)
    assert row.variance == pytest.approx(fitted.var(0).mean(), rel=0.05)
    left = targets - np.array([np.polyval(c, x) for c in coefficients.T])
    assert row.training == pytest.approx((left**2).mean(), rel=0.05)
    assert row.total == pytest.approx(row.bias + row.variance + std**2)


def test_bias_and_training_error_fall_and_variance_rises_with_the_degree() -> None:
    table = [demo.expected_errors(degree, 20, 0.5) for degree in demo.DEGREES]
    variances = [row.variance for row in table]
    assert variances == sorted(variances)
    training = [row.training for row in table]
    assert training == sorted(training, reverse=True)
    assert min(table, key=lambda row: row.total).degree == 3
    assert demo.expected_errors(5, 20, 0.0).variance == 0
