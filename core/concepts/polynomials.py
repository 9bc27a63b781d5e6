"""Bias and variance of polynomials that are fitted by least squares, in closed form. NumPy only.

Targets are y = f(x) + ε, ε ~ N(0, σ²), at n fixed inputs in [−1, 1]. A fit is linear in the
targets, ŷ(x) = h(x)·y, so its mean over all datasets is h(x)·f and its variance is σ²‖h(x)‖²
(Hastie, Tibshirani & Friedman 2009, section 7.3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

DEGREES = range(13)
GRID = np.linspace(-1, 1, 201)  # inputs at which errors are averaged


def target(x: np.ndarray) -> np.ndarray:
    """Return the true function f(x) = sin πx + x/2."""
    return np.sin(np.pi * x) + x / 2


def inputs(samples: int) -> np.ndarray:
    """Return equally spaced inputs (n,) in [−1, 1]."""
    return np.linspace(-1, 1, samples)


def smoother(degree: int, samples: int, x: np.ndarray = GRID) -> np.ndarray:
    """Return H (len(x), n) with ŷ(x) = H y: least squares in Legendre polynomials up to `degree`,
    with the smallest norm where the degree is not below n.
    """
    design = legendre.legvander(inputs(samples), degree)
    return legendre.legvander(x, degree) @ np.linalg.pinv(design)


@dataclass(frozen=True)
class Errors:
    """Expected squared errors of one degree, averaged over the grid: for a new sample, bias² +
    variance + noise; `training` for the samples that were fitted.
    """

    degree: int
    bias: float
    variance: float
    noise: float
    training: float

    @property
    def total(self) -> float:
        return self.bias + self.variance + self.noise


def expected_errors(degree: int, samples: int, std: float) -> Errors:
    """Return the expected errors for n samples with noise of this standard deviation σ."""
    hat = smoother(degree, samples)
    bias = hat @ target(inputs(samples)) - target(GRID)
    left = np.eye(samples) - smoother(degree, samples, inputs(samples))  # of the targets
    residual = left @ target(inputs(samples))
    return Errors(
        degree,
        bias=float((bias**2).mean()),
        variance=float(std**2 * (hat**2).sum(1).mean()),
        noise=std**2,
        training=float((residual**2).mean() + std**2 * (left**2).sum() / samples),
    )


def fits(degree: int, samples: int, std: float, count: int, seed: int = 0) -> np.ndarray:
    """Return the fits of `count` random datasets on the grid, (count, len(GRID))."""
    return datasets(samples, std, count, seed) @ smoother(degree, samples).T


def datasets(samples: int, std: float, count: int, seed: int = 0) -> np.ndarray:
    """Return targets (count, n) of random datasets with the same inputs."""
    noise = np.random.default_rng(seed).normal(0, std, (count, samples))
    return target(inputs(samples)) + noise
