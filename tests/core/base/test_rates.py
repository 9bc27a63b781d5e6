"""Wilson's and Newcombe's intervals, against scipy and the published examples."""

import pytest
from scipy.stats import binomtest

from core.base.rates import difference, rate


@pytest.mark.parametrize(("count", "total"), [(0, 10), (10, 10), (3, 7), (37, 1000), (1, 1)])
def test_the_interval_of_a_rate_is_that_of_scipy(count: int, total: int) -> None:
    value, low, high = rate(count, total)
    expected = binomtest(count, total).proportion_ci(method="wilson")
    assert value == count / total
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_samples_have_no_rate() -> None:
    assert rate(0, 0) is None


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998, table II, method 10: (a), (d) and (g)
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(first, second, low, high) -> None:
    found = difference(rate(*second), rate(*first))
    assert found[1:] == pytest.approx([low, high], abs=1e-4)
