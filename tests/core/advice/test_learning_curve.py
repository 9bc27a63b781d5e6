"""A learning curve shows whether more data helps."""

from dataclasses import replace
from math import nan

import pytest

from core.advice.learning_curve import judge_learning_curve
from tests.core.advice.test_study_verdict import EMPTY


def learning_curve(values):
    return [
        replace(EMPTY, samples=100 * 2**k, test_error=v, test_loss=v, norm=(1.0,) * len(v))
        for k, v in enumerate(values)
    ]


def finding(values, measure="test_error"):
    return judge_learning_curve(learning_curve(values), measure).finding


def test_the_evidence_holds_the_ends_the_gain_and_the_agreeing_seeds():
    found = finding([(0.5, 0.6), (0.2, 0.3), (0.11, 0.09)])
    assert found.code == "more_data_helps"
    evidence = found.evidence
    assert (evidence["first"]["x"], evidence["before"]["x"], evidence["last"]["x"]) == (
        100,
        200,
        400,
    )
    assert evidence["first"]["value"] == pytest.approx(0.55)
    assert evidence["last"]["value"] == pytest.approx(0.10)
    assert evidence["gain"] == pytest.approx(0.15)
    assert (evidence["agreeing"], evidence["seeds"]) == (2, 2)
    assert "15 percentage points" in found.text
    loss = finding([(0.5,), (0.42,), (0.4,)], "test_loss")
    assert loss.evidence["gain"] == pytest.approx(0.02) and "by 0.02 (" in loss.text


@pytest.mark.parametrize(
    ("last", "helps"),
    [((0.19, 0.19, 0.19), True), ((0.195,) * 3, False), ((0.1, 0.3, 0.3), False), ((0.3,) * 3, 0)],
)
def test_more_data_helps_where_most_seeds_agree(last, helps):
    found = finding([(0.5,) * 3, (0.2,) * 3, last])
    assert found.code == ("more_data_helps" if helps else "more_data_hardly_helps")
    assert "peak" not in found.text and "descent" not in found.text


def test_few_points_and_points_that_are_not_finite():
    short = finding([(0.5,)])
    assert (short.code, short.evidence) == ("too_few_points", {"points": 1, "needed": 2})
    verdict = judge_learning_curve(learning_curve([(0.5,), (nan,), (0.2,)]), "test_error")
    assert (verdict.code, verdict.lost, verdict.valley.x) == ("more_data_helps", 1, 400)
