"""A learning curve says what more data did, in its own words."""

from dataclasses import replace
from math import nan

import pytest

from core.advice.learning_curve import learning
from core.base.numbers import THIN
from tests.core.advice.test_study_verdict import EMPTY


def rising_samples(values):
    return [
        replace(EMPTY, samples=100 * 2**k, test_error=v, test_loss=v, norm=(1.0,) * len(v))
        for k, v in enumerate(values)
    ]


def said(values, measure="test_error"):
    return learning(rising_samples(values), measure).sentence.replace(THIN, " ")


def test_what_more_data_did_is_said_with_its_numbers():
    assert said([(0.5, 0.6), (0.2, 0.3), (0.11, 0.09)]) == (
        "More data helps: test error 55 % with 100 training rows, 10 % with 400; the last 200 of "
        "them took off 15 percentage points (lower in 2 of 2 seeds)."
    )
    assert "took off 0.02 (" in said([(0.5,), (0.42,), (0.4,)], "test_loss")


@pytest.mark.parametrize(
    ("last", "helps"),
    [((0.19, 0.19, 0.19), True), ((0.195,) * 3, False), ((0.1, 0.3, 0.3), False), ((0.3,) * 3, 0)],
)
def test_it_helps_where_most_seeds_agree(last, helps):
    text = said([(0.5,) * 3, (0.2,) * 3, last])
    assert text.startswith("More data helps: " if helps else "More data helps little by now: ")
    assert "peak" not in text and "descent" not in text


def test_few_points_and_lost_ones():
    assert said([(0.5,)]).startswith("1 point so far")
    found = learning(rising_samples([(0.5,), (nan,), (0.2,)]), "test_error")
    assert (found.kind, found.lost, found.valley.at) == ("learning", 1, 400)
