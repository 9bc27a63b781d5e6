"""A power law of the error over the number of training rows, error(n) = a·n^−b + c, and how many
more rows a lower error needs (Hestness et al. 2017; Rosenfeld et al. 2020). Pure functions.

The measured errors of one size scatter over seeds with a variance that is taken as proportional to
the error, as that of a fraction is. The interval is a parametric bootstrap: errors are drawn around
the fitted law and fitted again. Beyond the present size every draw starts from the measured error
there, drawn with its scatter: the law gives what changes from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.finding import Finding
from core.base.numbers import THIN, roughly, short, whole
from core.base.power_fit import fit_power_laws
from core.base.rates import Rate

DRAWS, LEVEL = 500, 0.9
MIN_SIZES = 5
REACH = 4  # times the data: the law is not extrapolated beyond
RISE = 2.0  # standard errors by which a larger size may be worse
SATURATED = 0.9  # of the largest error: sizes above it have learned nothing yet
TOO_WIDE = 0.1  # of the present rows: an interval from fewer than this to beyond REACH says nothing
POINT, PART = 0.01, 0.1  # the gain asked for: one percentage point, or this part of the error


@dataclass(frozen=True)
class PowerLaw:
    """Draws of a, b and c (D,), the first of which are those of the measured errors. The error is
    a·(n / scale)^−b + c, at most `most`; `scale` is the largest measured size, and `present` (D,)
    the error there to which each draw was fitted. `scatter` is the variance of one measured error
    divided by the error.
    """

    scale: float
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    present: np.ndarray
    scatter: float
    most: float = np.inf

    def errors(self, rows: float) -> np.ndarray:
        """Return the error of every draw at this number of rows, (D,)."""
        return np.minimum(self.a * (rows / self.scale) ** -self.b + self.c, self.most)

    def predict(self, rows: float, seeds: int = 0) -> Rate:
        """Return the error with its 90 % interval; with `seeds`, that of the mean of as many
        further measurements, which scatter too.
        """
        errors = self.errors(rows)
        drawn = errors[1:]
        if seeds:
            noise = np.random.default_rng(1).standard_normal(len(drawn))
            deviation = np.sqrt(self.scatter * drawn / seeds)
            drawn = np.clip(drawn + noise * deviation, 0.0, self.most)
        return [float(errors[0]), *map(float, np.quantile(drawn, _tails()))]

    def ahead(self) -> "PowerLaw":
        """Return the law with every draw scaled so that its error at the largest measured size is
        that of `present`.
        """
        fitted = self.a + self.c
        factor = self.present / np.maximum(fitted, 1e-12)
        c = np.where(fitted > 0, self.c * factor, self.present)
        return replace(self, a=self.a * factor, c=c)

    def rows_for_gain(self, gain: float, seeds: int) -> np.ndarray:
        """Return the rows (D,) at which the error is lower by `gain` than at the largest measured
        size; infinite where it never is. What fraction of the present error that is has the scatter
        of a mean of `seeds` errors, drawn anew: in simulations, the interval then holds the rows in
        86 to 99 of 100 cases.
        """
        noise = np.random.default_rng(2).standard_normal(len(self.a))
        noise[0] = 0.0
        present = self.present[0] + np.sqrt(self.scatter * self.present[0] / seeds) * noise
        kept = np.maximum(1 - gain / np.maximum(present, 1e-12), 0.0)
        return self.rows_for(kept * (self.a + self.c))

    def rows_for(self, target: float | np.ndarray) -> np.ndarray:
        """Return the rows at which every draw reaches the error, or its own of (D,) errors;
        infinite where it never does.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.where(target > self.c, (target - self.c) / self.a, 0.0)
            return np.where(ratio > 0, self.scale * ratio ** (-1 / self.b), np.inf)


def _tails() -> list[float]:
    return [(1 - LEVEL) / 2, (1 + LEVEL) / 2]


def fit(
    sizes: Sequence[int], errors: Sequence[Sequence[float]], seed: int = 0, most: float = np.inf
) -> PowerLaw:
    """Fit the law to errors (S, R) of R seeds at S sizes, with its bootstrap. `most` is the largest
    error that is possible: 1 for a fraction.
    """
    n, y = np.asarray(sizes, float), np.asarray(errors, float)
    mean = np.maximum(y.mean(1), 1e-9)
    scale = float(n.max())
    a, b, c = fit_power_laws(n / scale, mean[None], 1 / mean)
    centre = a[0] * (n / scale) ** -b[0] + c[0]
    repeats, draw = y.shape[1], np.random.default_rng(seed)
    scatter, freedom = _scatter(y, mean, centre)
    freedom_draws = freedom / draw.chisquare(max(freedom, 1), (DRAWS, 1))
    deviation = np.sqrt(np.maximum(centre, 1e-9) * scatter / repeats * freedom_draws)
    noise = deviation * draw.standard_normal((DRAWS, len(n)))
    more = fit_power_laws(n / scale, np.maximum(centre + noise, 0.0), 1 / mean)
    parts = (np.concatenate(pair) for pair in zip((a, b, c), more, strict=True))
    largest = int(n.argmax())
    own = np.sqrt(_own_scatter(y, mean, scatter) / scatter)  # without the distance to the law
    around = np.clip(mean[largest] + own * noise[:, largest], 0.0, most)
    present = np.concatenate([mean[largest : largest + 1], around])
    return PowerLaw(scale, *parts, present, scatter, most)


def _scatter(y: np.ndarray, mean: np.ndarray, centre: np.ndarray) -> tuple[float, int]:
    """The variance of one error divided by the error, and its degrees of freedom: pooled from the
    seeds and from the distance to the law, or from the distance alone where an F-test at 5 % finds
    that it is larger than the seeds explain.
    """
    from scipy.special import fdtri  # 0.4 s, which pages without a learning curve do not wait for

    by_seeds, freedom = _scatter_of_seeds(y, mean)
    spare = max(1, len(y) - 3)
    by_law = y.shape[1] * ((y.mean(1) - centre) ** 2 / mean).sum() / spare
    if not freedom or by_law > fdtri(spare, freedom, 0.95) * by_seeds:
        return max(by_law, 1e-12), spare
    pooled = (freedom * by_seeds + spare * by_law) / (freedom + spare)
    return max(pooled, 1e-12), freedom + spare


def _own_scatter(y: np.ndarray, mean: np.ndarray, scatter: float) -> float:
    """The variance of one error around that of its size divided by the error."""
    by_seeds, freedom = _scatter_of_seeds(y, mean)
    return min(by_seeds, scatter) if freedom else scatter


def _scatter_of_seeds(y: np.ndarray, mean: np.ndarray) -> tuple[float, int]:
    """The same from the seeds alone. What a seed adds to all sizes alike, as an easy validation set
    does, is left out: it moves the curve and not its shape.
    """
    own = y - y.mean(1, keepdims=True) - y.mean(0, keepdims=True) + y.mean()
    freedom = (len(y) - 1) * (y.shape[1] - 1)
    return (own**2 / mean[:, None]).sum() / max(1, freedom), freedom


# --- the answer


@dataclass(frozen=True)
class RowsAnswer:
    """Whether more rows would help: the finding, the error that was asked for and, unless the
    answer was refused, the law, fitted from `first` rows on, and the same `ahead` of the present
    rows. `rows` are the further rows with their 90 % interval; an end is infinite beyond REACH
    times the data.
    """

    finding: Finding
    law: PowerLaw | None = None
    ahead: PowerLaw | None = None
    target: float = 0.0
    rows: Rate | None = None
    first: int = 0


def judge_more_rows(
    sizes: Sequence[int], errors: Sequence[Sequence[float]], *, regression: bool = False
) -> RowsAnswer:
    """Answer from the errors (S, R) at S sizes, the last of which is the present one. Errors are
    fractions, or RMSE for values.
    """
    if (unchanged := _unchanged(sizes, errors, regression)) is not None:
        return RowsAnswer(unchanged)
    sizes, errors = learned(sizes, errors)
    if len(sizes) < MIN_SIZES:
        text = (
            f"A power law needs {MIN_SIZES} sizes of the training set at which the model learns, "
            f"and there are {len(sizes)}: below {whole(sizes[0])} rows its error is about that of "
            "the fewest rows. Train longer, or collect more rows and ask again."
        )
        return RowsAnswer(Finding("more_rows_too_few", "info", text, {"sizes": len(sizes)}))
    if (worse := _rise(sizes, errors)) is not None:
        text = (
            f"The curve is not monotone: the error rises from {_error(worse[1], regression)} with "
            f"{roughly(worse[0])} rows to {_error(worse[3], regression)} with {roughly(worse[2])}. "
            "It is not extrapolated. Repeat it with more seeds, or see Double descent."
        )
        return RowsAnswer(Finding("more_rows_not_monotone", "info", text, {"rows": list(worse)}))
    law = fit(sizes, errors, most=np.inf if regression else 1.0)
    answer = _answer(law, len(errors[-1]), regression=regression)
    return replace(answer, first=int(sizes[0]))


def _unchanged(
    sizes: Sequence[int], errors: Sequence[Sequence[float]], regression: bool
) -> Finding | None:
    """There is no error left, or the number of rows does not change it."""
    first, last = float(np.mean(errors[0])), float(np.mean(errors[-1]))
    evidence = {"first": first, "last": last}
    if not last:
        text = "**No more rows are needed:** no error is left on the held-out samples."
        return Finding("more_rows_not_needed", "ok", text, evidence)
    if not SATURATED * first < last <= first:
        return None
    text = (
        f"**More rows do not change the error:** it is {_error(first, regression)} with "
        f"{roughly(sizes[0])} rows and {_error(last, regression)} with {roughly(sizes[-1])}. "
        "Change the model or its training instead."
    )
    return Finding("more_rows_without_effect", "info", text, evidence)


def learned(
    sizes: Sequence[int], errors: Sequence[Sequence[float]]
) -> tuple[list[int], list[list[float]]]:
    """Leave out the smallest sizes whose error is still that of guessing."""
    means = [float(np.mean(row)) for row in errors]
    first = 0
    if max(means) == means[0] > 0:
        while first + 1 < len(means) and means[first + 1] > SATURATED * means[0]:
            first += 1
    return list(sizes[first:]), [list(row) for row in errors[first:]]


def _rise(
    sizes: Sequence[int], errors: Sequence[Sequence[float]]
) -> tuple[float, float, float, float] | None:
    """The first pair of neighbouring sizes whose error rises by more than chance: n, error, n,
    error.
    """
    y = np.asarray(errors, float)
    mean = y.mean(1)
    scatter, _ = _scatter_of_seeds(y, np.maximum(mean, 1e-9))
    for i in range(len(mean) - 1):
        limit = RISE * np.sqrt(scatter * (mean[i] + mean[i + 1]) / y.shape[1])
        if mean[i + 1] - mean[i] > limit:
            return float(sizes[i]), float(mean[i]), float(sizes[i + 1]), float(mean[i + 1])
    return None


def _answer(law: PowerLaw, seeds: int, *, regression: bool) -> RowsAnswer:
    ahead, now = law.ahead(), int(law.scale)
    present = ahead.predict(now)
    gain = POINT if not regression and present[0] >= 4 * POINT else PART * present[0]
    target = present[0] - gain
    needed = law.rows_for_gain(gain, seeds) - now
    rows = [float(needed[0]), *map(float, np.quantile(needed[1:], _tails(), method="nearest"))]
    limit = (REACH - 1) * now
    most, low, high = (value if value <= limit else np.inf for value in rows)
    less = "one point less" if gain == POINT else "a tenth less error"
    goal = f"{less} ({_error(target, regression)})"
    reached = ahead.predict(REACH * now)
    evidence = {"rows": now, "error": present[0], "target": target, "more": [most, low, high],
                "at_reach": reached}  # fmt: skip
    forecast = (
        f"With {REACH} times the data the error would be {_interval(reached[1:], regression)}; now "
        f"it is {_error(present[0], regression)} ({_interval(present[1:], regression)})."
    )
    if high < np.inf:
        code, level = "more_rows_help", "ok"
        text = (
            f"**More rows help:** about {_count(most)} more rows for {goal}, {_count(low)} to "
            f"{_count(high)}. Collect more rows."
        )
    elif low < TOO_WIDE * now:
        code, level = "more_rows_undecided", "info"
        text = (
            f"**Undecided:** {goal} could take as few as {_count(low)} more rows, or more than "
            f"{_count(limit)}. The interval is too wide to say. {forecast} Hold out more samples "
            "for validation, train again and repeat the measurement."
        )
    elif low < np.inf:
        code, level = "more_rows_may_help", "info"
        text = (
            f"**More rows may help:** {goal} takes at least {_count(low)} more rows, and perhaps "
            f"more than {_count(limit)}. {forecast} Collect rows only if they are cheap."
        )
    else:
        code, level = "more_rows_hardly_help", "info"
        text = (
            f"**More rows hardly help:** {_count(limit)} more rows are too few for {goal}. "
            f"{forecast} Change the model or its training instead."
        )
    finding = Finding(code, level, text, evidence)
    return RowsAnswer(finding, law, ahead, target, [most, low, high])


def _count(rows: float) -> str:
    return roughly(float(f"{max(rows, 1):.2g}"))


def _error(error: float, regression: bool) -> str:
    return short(error, 3) if regression else f"{100 * error:.1f}{THIN}%"


def _interval(ends: Sequence[float], regression: bool) -> str:
    """0.9 to 5.9 %, or 3.1 to 4.2."""
    return " to ".join(short(e, 3) if regression else f"{100 * e:.1f}" for e in ends) + (
        "" if regression else f"{THIN}%"
    )
