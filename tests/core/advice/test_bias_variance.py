"""The verdict on bias and variance: the table of the techniques, and what too few samples leave
undecided.
"""

import pytest

from core.advice.bias_variance import SHARE, STEPS, TOLERANCE, judge
from core.runs.measured import Measured

TABLE = [  # training and validation error at a human error of 0.5 %
    (0.01, 0.11, "high_variance"),
    (0.15, 0.16, "high_bias"),
    (0.15, 0.30, "high_bias_and_variance"),
    (0.005, 0.01, "low_bias_and_variance"),
    (0.003, 0.004, "below_human_error"),
]


def parts(train: float, validation: float, samples: int, **more) -> dict[str, Measured]:
    return {
        "train": Measured(train, 5 * samples, **more),
        "validation": Measured(validation, samples, **more),
    }


@pytest.mark.parametrize(("train", "validation", "code"), TABLE)
def test_the_table_of_the_techniques(train: float, validation: float, code: str) -> None:
    verdict = judge(parts(train, validation, 100_000), 0.005)
    assert verdict.code == verdict.finding.code == code
    assert verdict.bias.interval[0] == pytest.approx(train - 0.005)
    assert verdict.variance.interval[0] == pytest.approx(validation - train)


@pytest.mark.parametrize(("train", "validation", "code"), TABLE)
def test_few_samples_leave_it_undecided_and_never_give_another_verdict(
    train: float, validation: float, code: str
) -> None:
    for samples in (30, 100, 300, 1000, 3000):
        verdict = judge(parts(train, validation, samples), 0.005)
        if verdict.code != code and code != "below_human_error":
            assert verdict.code == "bias_variance_undecided"
            assert "undecided" in (verdict.bias.state, verdict.variance.state)


@pytest.mark.parametrize(
    ("validation", "samples", "step"),
    [
        (0.6, 50, STEPS["too_few_samples"]),
        (0.51, 100_000, STEPS["bias_of_values_unknown"]),
        (0.9, 100_000, STEPS["high_variance"]),
    ],
)
def test_nobody_is_asked_first_for_a_human_error_of_values(
    validation: float, samples: int, step: str
) -> None:
    verdict = judge(parts(0.5, validation, samples, scatter=1.0))
    assert (verdict.code, verdict.step) == ("bias_unknown", step)


def test_the_named_number_of_samples_decides_it_and_fewer_do_not() -> None:
    verdict = judge(parts(0.05, 0.08, 300), 0.04)
    gap = verdict.variance
    assert gap.state == "undecided" and gap.part == "validation" and gap.needed > 300
    train = verdict.train
    for factor, state in ((1.02, "high"), (0.97, "undecided")):
        held = Measured(0.08, round(factor * gap.needed))
        assert judge({"train": train, "validation": held}, 0.04).variance.state == state


@pytest.mark.parametrize("others", [0, 1_000_000])
def test_more_samples_than_the_dataset_has_are_to_be_collected(others: int) -> None:
    """Half of a dataset at most can be held out."""
    known = parts(0.05, 0.08, 300) | {"test": Measured(0.08, others)}
    verdict = judge(known, 0.045)
    assert verdict.variance.state == "undecided" and verdict.total == 1800 + others
    assert verdict.lacks_samples(verdict.variance) == (not others)
    code = "bias_variance_undecided" if others else "too_few_samples"
    assert verdict.step == STEPS[code] and (verdict.step in verdict.finding.text) == (not others)


def test_a_gap_at_its_threshold_is_decided_by_no_number_of_samples() -> None:
    verdict = judge(parts(0.0, TOLERANCE, 1000), 0.0)
    assert verdict.variance.state == "undecided" and verdict.variance.needed is None
    assert verdict.finding.evidence["variance"]["needed"] is None


def test_the_test_set_counts_without_a_validation_set_and_nothing_without_both() -> None:
    train = Measured(0.0, 5000)
    assert judge({"train": train, "test": Measured(0.2, 1000)}).held == "test"
    assert judge({"train": train}) is None and judge({"test": train}) is None


@pytest.mark.parametrize(
    ("train", "validation", "code"),
    [(1.0, 1.1, "low_bias_and_variance"), (1.0, 2.0, "high_variance"), (3.0, 3.1, "high_bias")],
)
def test_values_are_judged_by_their_relative_gaps(train, validation, code) -> None:
    for unit in (1.0, 1e6):
        found = judge(parts(train * unit, validation * unit, 4000, scatter=1.4, std=unit), unit)
        assert found.code == code
        assert found.variance.threshold == pytest.approx(SHARE * validation * unit)


@pytest.mark.parametrize(
    ("train", "validation", "code", "bias"),
    [
        (0.001, 0.002, "low_bias_and_variance", "low"),
        (0.001, 0.1, "high_variance", "low"),
        (0.1, 0.3, "bias_unknown", "unknown"),
        (0.1, 0.1, "bias_unknown", "unknown"),
    ],
)
def test_without_a_human_error_a_bias_is_low_or_unknown(train, validation, code, bias) -> None:
    verdict = judge(parts(train, validation, 100_000))
    assert (verdict.code, verdict.bias.state, verdict.human) == (code, bias, None)
    assert (verdict.variance.state == "high") == (validation > 2 * train)


def test_values_without_a_human_error_never_have_a_high_bias() -> None:
    verdict = judge(parts(1.0, 1.05, 4000, scatter=1.4))
    assert verdict.code == "bias_unknown" and verdict.variance.state == "low"
