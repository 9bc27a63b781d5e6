"""The power law of learning curves: known laws are found, held-out errors are in the interval, and
what cannot be extrapolated is refused.
"""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from core.advice.power_law import REACH, fit, judge_more_rows

SIZES = [100, 200, 400, 800, 1600, 3200]
LAWS = [(0.05, 0.5, 0.02), (0.1, 0.3, 0.0), (0.03, 1.0, 0.01), (0.2, 0.2, 0.0), (0.02, 0.7, 0.05)]


def law(n: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    return a * (n / SIZES[-1]) ** -b + c


def measured(truth: np.ndarray, seed: int, held: int = 400) -> np.ndarray:
    """Error rates of three seeds at every size, each on its own held-out samples."""
    draw = np.random.default_rng(seed)
    return draw.binomial(held, np.repeat(truth[:, None], 3, 1)) / held


def exact(*parameters: float) -> list[list[float]]:
    """Errors of three seeds without scatter."""
    return np.repeat(law(np.array(SIZES), *parameters)[:, None], 3, 1).tolist()


@pytest.mark.parametrize("parameters", LAWS)
def test_a_law_without_scatter_is_found(parameters: tuple[float, float, float]) -> None:
    found = fit(SIZES, exact(*parameters))
    for n in (150, 3200, 12_800):
        expected = law(np.array(n), *parameters)
        assert found.errors(n)[0] == pytest.approx(expected, rel=0.03)


def test_the_fit_is_that_of_scipy() -> None:
    errors = measured(law(np.array(SIZES), 0.06, 0.6, 0.03), 1)
    mean = errors.mean(1)
    best, _ = curve_fit(
        law, np.array(SIZES, float), mean, p0=(0.05, 0.5, 0.01), sigma=np.sqrt(mean),
        bounds=([0, 0.05, 0], [np.inf, 2, np.inf]),
    )  # fmt: skip
    found = fit(SIZES, errors)
    assert found.errors(6400)[0] == pytest.approx(law(np.array(6400), *best), rel=0.02)


def test_held_out_largest_sizes_are_in_the_interval_in_most_cases() -> None:
    """At least 80 of 100, with 90 promised: five laws, twenty draws of each. An interval of any
    width would do that: one that is twice as wide as needed leaves out nearly nothing.
    """
    hits = 0
    for parameters in LAWS:
        truth = law(np.array(SIZES), *parameters)
        for seed in range(20):
            errors = measured(truth, seed)
            _, low, high = fit(SIZES[:-1], errors[:-1]).predict(SIZES[-1], seeds=3)
            hits += low <= errors[-1].mean() <= high
    assert 80 <= hits <= 96


def test_the_answer_in_rows_is_that_of_the_law() -> None:
    a, b, c = 0.08, 0.8, 0.02
    answer = judge_more_rows(SIZES, exact(a, b, c))
    target = a + c - 0.01
    rows = SIZES[-1] * ((target - c) / a) ** (-1 / b) - SIZES[-1]
    assert answer.finding.code == "more_rows_help"
    assert answer.target == pytest.approx(target, rel=0.02)
    assert answer.rows[0] == pytest.approx(rows, rel=0.1)
    assert answer.rows[1] <= answer.rows[0] <= answer.rows[2] <= (REACH - 1) * SIZES[-1]


def test_nothing_is_promised_beyond_the_reach() -> None:
    answer = judge_more_rows(SIZES, exact(0.05, 1.5, 0.3))
    assert answer.finding.code == "more_rows_help"  # from 0.35 to 0.34 within 4 times the data
    flat = judge_more_rows(SIZES, exact(0.004, 1.0, 0.3))
    assert flat.finding.code == "more_rows_hardly_help" and flat.rows[1] == np.inf


def test_forecasts_and_rows_of_known_laws_are_in_the_interval_in_most_cases() -> None:
    """The error with 4 times the data, and the rows for the gain asked for, of laws that go on."""
    errors_in, rows_in = 0, 0
    for a, b, c in LAWS:
        truth = law(np.array(SIZES), a, b, c)
        for seed in range(20):
            answer = judge_more_rows(SIZES, measured(truth, seed))
            target = truth[-1] - (answer.finding.evidence["error"] - answer.target)
            rows = SIZES[-1] * ((target - c) / a) ** (-1 / b) - SIZES[-1] if target > c else np.inf
            _, low, high = answer.ahead.predict(REACH * SIZES[-1])
            errors_in += low <= law(np.array(REACH * SIZES[-1]), a, b, c) <= high
            _, low, high = answer.rows
            rows_in += low <= min(rows, high) and rows <= high
    assert 80 <= errors_in <= 97 and rows_in >= 80, (errors_in, rows_in)


def test_the_forecast_starts_from_the_measured_error_where_the_law_misses_it() -> None:
    errors = [[e, e + 0.01, e - 0.01] for e in (0.84, 0.82, 0.64, 0.34, 0.14, 0.058)]
    answer = judge_more_rows(SIZES, errors)
    assert answer.finding.evidence["error"] == pytest.approx(0.058)
    assert answer.law.errors(SIZES[-1])[0] > 0.07  # above the measured error
    now = answer.ahead.predict(SIZES[-1])
    reached = answer.ahead.predict(REACH * SIZES[-1])
    assert now[0] == pytest.approx(0.058) and now[1] < now[0] < now[2] < 0.12
    assert reached[0] < now[0] and reached[2] < now[2]


def test_an_interval_that_says_nothing_is_called_undecided() -> None:
    means = (0.2, 0.12, 0.07, 0.04, 0.03, 0.021)
    answer = judge_more_rows(SIZES, [[e, 2 * e, 0.4 * e] for e in means])
    assert answer.finding.code == "more_rows_undecided"
    assert answer.rows[1] < 0.1 * SIZES[-1] and answer.rows[2] == np.inf


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([0.5, 0.4, 0.2, 0.4, 0.3, 0.2], "more_rows_not_monotone"),
        ([0.9, 0.9, 0.9, 0.89, 0.5, 0.3], "more_rows_too_few"),
        ([0.32, 0.32, 0.31, 0.31, 0.31, 0.31], "more_rows_without_effect"),
        ([0.2, 0.1, 0.0, 0.0, 0.0, 0.0], "more_rows_not_needed"),
        ([0.0] * 6, "more_rows_not_needed"),
    ],
)
def test_what_is_no_power_law_is_refused(errors: list[float], code: str) -> None:
    answer = judge_more_rows(SIZES, [[e, e, e] for e in errors])
    assert answer.finding.code == code and answer.law is None


def test_scatter_of_the_seeds_alone_is_no_rise() -> None:
    truth = law(np.array(SIZES), 0.05, 0.5, 0.02)
    codes = {judge_more_rows(SIZES, measured(truth, seed)).finding.code for seed in range(20)}
    assert "more_rows_not_monotone" not in codes


def test_what_a_seed_adds_to_all_sizes_does_not_widen_the_answer() -> None:
    errors = np.array(exact(0.08, 0.8, 0.02))
    shifted = judge_more_rows(SIZES, errors + np.array([-0.01, 0.0, 0.01]))
    assert shifted.rows == pytest.approx(judge_more_rows(SIZES, errors).rows, rel=0.05)


def test_a_law_of_fractions_is_at_most_one_and_one_of_values_is_not() -> None:
    errors = exact(0.1, 0.5, 0.02)
    fractions, values = (judge_more_rows(SIZES, errors, regression=r).law for r in (False, True))
    assert fractions.predict(10) == [1.0, 1.0, 1.0] and min(values.predict(10)) > 1
    assert fractions.predict(1600) == values.predict(1600)
