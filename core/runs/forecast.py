"""A forecast of the final validation loss from the first third of the epochs: a power law with an
offset, loss(t) = a·t^−b + c (Hestness et al. 2017 use it for the number of samples), with a band
from a bootstrap over the epochs. Pure functions of the losses; the same losses give the same band.

The bootstrap draws blocks of the relative residuals, because those of neighbouring epochs are
alike, and fits again. It knows only the scatter around the law and not that the law may be wrong:
its 80 % band held 38 % of the final losses of 120 runs (benchmarks/forecast.py). So the band is
widened by the two factors WIDER, which are quantiles of the misses of these runs, in units of the
expected fall, the width of the bootstrap and FLOOR. A power law cannot rise: overfitting and the
epoch-wise double descent of Nakkiran et al. (2020) break it, and a sudden drop of the learning rate
or the end of a plateau breaks it downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, isfinite

import numpy as np

from core.base.power_fit import fit_power_laws

LEVEL = 0.8  # of the finished runs should end in the band
PART = 1 / 3  # of the epochs, after which the forecast is made
MIN_EPOCHS = 7  # until then
DRAWS, POINTS = 200, 48  # of the bootstrap; epochs that are fitted at most
POWERS = np.geomspace(0.05, 2.0, 40)
WIDER = (0.95, 0.56)  # below and above the law, as measured; FLOOR belongs to them
FLOOR = 0.1  # as a fraction of the loss
FALLING, RISEN = 0.98, 1.03  # of the first losses, and of the lowest ones
PATH = 9  # points of the band as it is drawn


@dataclass(frozen=True)
class Forecast:
    """The band for the loss after `epochs`, made after `made` of them. `at` are epochs, and `path`
    the lower and the upper end of the band there.
    """

    made: int
    epochs: int
    value: float
    low: float
    high: float
    at: tuple[float, ...]
    path: tuple[tuple[float, ...], tuple[float, ...]]

    def holds(self, loss: float) -> bool:
        """Whether the final loss is in the band."""
        return self.low <= loss <= self.high


@dataclass(frozen=True)
class Refused:
    """Why there is no forecast, as a code: too_early, too_short, not_finite, not_falling, risen,
    and of a run forked, changed.
    """

    code: str
    made: int


def epochs_needed(epochs: int) -> int:
    """Return the number of epochs after which the forecast of a run is made."""
    return ceil(PART * epochs)


def forecast(losses: Sequence[float], epochs: int) -> Forecast | Refused:
    """Return the forecast of the validation loss after `epochs` from the first losses, one for each
    epoch. Losses after the first third are not used: the forecast stays as it was made.
    """
    made = epochs_needed(epochs)
    if made < MIN_EPOCHS:
        return Refused("too_short", made)
    if len(losses) < made:
        return Refused("too_early", made)
    return _forecast(tuple(losses[:made]), epochs)


@lru_cache(maxsize=4096)
def _forecast(losses: tuple[float, ...], epochs: int) -> Forecast | Refused:
    made = len(losses)
    if not all(isfinite(loss) and loss > 0 for loss in losses):
        return Refused("not_finite", made)
    y = np.asarray(losses)
    size = max(2, made // 5)
    means = np.convolve(y, np.ones(size) / size, "valid")
    if means.min() <= FALLING * means[1] and means[-1] > RISEN * means.min():
        return Refused("risen", made)
    if means[-1] > FALLING * means[1]:
        return Refused("not_falling", made)
    at = np.linspace(made, epochs, PATH)
    centre, spread = _extrapolate(y, at)
    fall = np.abs(np.log(means[-1] / centre)) + FLOOR * (at - made) / (epochs - made) + spread
    low, high = centre * np.exp(-WIDER[0] * fall), centre * np.exp(WIDER[1] * fall)
    path = tuple(low.tolist()), tuple(high.tolist())
    ends = float(centre[-1]), path[0][-1], path[1][-1]
    return Forecast(made, epochs, *ends, tuple(at.tolist()), path)


def _extrapolate(y: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the law at these epochs (P,), and half the logarithm of the ratio of the ends of the
    bootstrap's band (P,). The first epoch is left out: the law begins after it.
    """
    made = len(y)
    step = -(-(made - 1) // POINTS)
    t = np.arange(2, made + 1, dtype=float)[::-1][::step][::-1]
    y = y[t.astype(int) - 1]
    x, weights = t / made, 1 / y
    a, b, c = fit_power_laws(x, y[None], weights, POWERS)
    law = a * x**-b + c
    residuals = (y - law) / law
    draw, count = np.random.default_rng(0), len(y)
    block = max(1, round(count ** (1 / 3)))
    starts = draw.integers(0, count - block + 1, (DRAWS, -(-count // block)))
    rows = (starts[:, :, None] + np.arange(block)).reshape(DRAWS, -1)[:, :count]
    lost = np.sqrt(count / max(count - 3, 1))  # degrees of freedom of the fit
    drawn = np.maximum(law * (1 + lost * residuals[rows]), 1e-12)
    more = fit_power_laws(x, drawn, weights, POWERS)
    a_drawn, b_drawn, c_drawn = (part[:, None] for part in more)
    ahead = a_drawn * (at / made) ** -b_drawn + c_drawn  # (D, P)
    ahead = np.maximum(ahead * (1 + draw.choice(residuals, (DRAWS, 1))), 1e-12)
    tails = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    low, high = np.quantile(ahead, tails, axis=0)
    centre = np.maximum(a * (at / made) ** -b + c, 1e-12)
    return centre, np.log(high / low) / 2
