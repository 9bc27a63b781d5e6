"""Repeated runs: how much they vary by chance, and which value of a setting is best beyond that."""

from dataclasses import replace
from statistics import fmean, stdev

import pytest

from core.advice.seed_comparison import SeedGroup, compare_seeds, group_seeds
from tests.core.figures.descent.conftest import point


def groups(*values: tuple[float, ...]) -> list[SeedGroup]:
    return [SeedGroup(name=f"rate {k}", values=each) for k, each in enumerate(values)]


def test_several_seeds_of_one_experiment_give_mean_and_standard_deviation():
    errors = (0.3, 0.1, 0.2)
    finding = compare_seeds([SeedGroup("", errors)], "test_error")
    (evidence,) = finding.evidence["groups"]
    assert finding.code == "seed_spread"
    assert evidence["mean"] == pytest.approx(fmean(errors))
    assert evidence["std"] == pytest.approx(stdev(errors))
    assert (evidence["seeds"], evidence["best"], evidence["worst"]) == (3, 0.1, 0.3)
    assert "(3 seeds)" in finding.text and "±" in finding.text


def test_one_seed_has_no_error_bar_and_the_action_adds_seeds():
    finding = compare_seeds([SeedGroup("", (0.3,))], "test_error")
    assert finding.code == "one_seed" and finding.evidence["groups"][0]["std"] is None
    assert "±" not in finding.text and finding.action.changes == {"repeats": 3}


def test_values_are_ranked_on_the_validation_set_and_the_test_set_is_shown_once():
    better, worse = (
        replace(point(8, 1.0, control=c), validation_error=v, test_error=t)
        for c, v, t in ((0.1, (0.1, 0.2), (0.5, 0.7)), (0.2, (0.6, 0.7), (0.1, 0.3)))
    )
    finding = compare_seeds(group_seeds([worse, better], "test_error", "rate"), "test_error")
    assert (finding.code, finding.evidence["ranked_on"]) == ("best_value", "validation")
    assert finding.evidence["groups"][0]["control"] == 0.1
    assert finding.evidence["test_mean"] == pytest.approx(0.6)
    assert finding.text.count("test set") == 1
    earlier = [replace(p, validation_error=()) for p in (worse, better)]  # stored before
    found = compare_seeds(group_seeds(earlier, "test_error", "rate"), "test_error")
    assert found.evidence["ranked_on"] == "test" and found.evidence["groups"][0]["control"] == 0.2


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (((3.0, 3.1), (1.0, 1.1), ()), "best_value"),
        (((3.0, 3.1), (1.0, 1.1), (1.02, 1.12)), "best_value_within_chance"),
        (((3.0,), (1.0,)), "best_value_without_error_bar"),
        (((), (1.0, 1.1)), "only_value_finished"),
        (((), ()), "no_finished_runs"),
    ],
)
def test_the_best_value_is_named_with_what_it_rests_on(values, code):
    finding = compare_seeds(groups(*values), "test_loss")
    assert finding.code == code
    if code != "no_finished_runs":
        ordered = [group["name"] for group in finding.evidence["groups"]]
        assert ordered[0] == "rate 1" and finding.text.startswith("Rate 1 is best")
        means = [group["mean"] for group in finding.evidence["groups"]]
        assert means == sorted(means)
