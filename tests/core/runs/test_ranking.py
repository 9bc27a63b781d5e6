"""Comparison of runs: groups of seeds, Welch's interval against SciPy, and the runs that would
strengthen the result.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.base.encoding import change
from core.base.numbers import THIN
from core.data.datasets import correct
from core.experiment import Experiment, Seeds
from core.runs.differences import welch_interval
from core.runs.ranking import SEEDS, RunResult, compare_results

A, B = Experiment(name="A"), Experiment(name="B", epochs=7)
ERRORS = st.lists(
    st.integers(1, 900).map(lambda wrong: wrong / 1000), min_size=2, max_size=6, unique=True
)


def seeded(experiment, k):
    return experiment.model_copy(update={"seeds": Seeds(initialization=k, order=k)})


def results(experiment, *errors, **more):
    return [
        RunResult(experiment.name, seeded(experiment, k), e, **more) for k, e in enumerate(errors)
    ]


def compare(*groups):
    return compare_results([result for group in groups for result in group])


def text(*groups):
    return compare(*groups).finding.text.replace(THIN, " ")


def test_with_one_seed_each_the_difference_is_counted_and_may_be_chance():
    found = compare(results(A, 0.02, samples=200), results(B, 0.025, samples=200))
    assert (found.finding.code, found.leader) == ("one_seed", "A")
    assert found.finding.evidence["lead"] == pytest.approx(0.005)
    evidence = found.finding.evidence
    proportions = np.repeat([0, 1], [196, 4]), np.repeat([0, 1], [195, 5])
    error = np.sqrt(sum(p.var() / 200 for p in proportions))
    assert evidence["high"] - evidence["low"] == pytest.approx(2 * stats.norm.ppf(0.975) * error)
    assert evidence["low"] < 0 < evidence["high"] and evidence["samples"] == 200
    clear = compare(results(A, 0.02, samples=200), results(B, 0.4, samples=200)).finding
    assert clear.code == "one_seed" and clear.evidence["low"] > 0
    found = compare(results(A, 0.03), results(B, 0.015))
    assert (found.finding.code, found.leader) == ("one_seed", "B")
    assert "1.5 percentage points" in found.finding.text
    same = compare(results(A, 0.02), results(B, 0.02)).finding
    assert (same.code, same.evidence["lead"]) == ("no_difference", 0) and f"2{THIN}%" in same.text


def test_the_best_setting_is_compared_with_the_reference_if_there_is_one():
    third = Experiment(name="C", epochs=9)
    groups = [*results(A, 0.3), *results(B, 0.02), *results(third, 0.03)]
    assert compare_results(groups).finding.evidence["errors"] == [[0.02], [0.03]]
    assert compare_results(groups, reference="A").finding.evidence["errors"] == [[0.02], [0.3]]
    assert compare_results(groups, reference="B").finding.evidence["errors"] == [[0.02], [0.03]]


def test_test_errors_in_the_other_order_are_named():
    found = compare(results(A, 0.15, test_error=0.17), results(B, 0.16, test_error=0.15)).finding
    assert found.evidence["test_errors"] == [0.17, 0.15] and "reversed" in found.text
    same = compare(results(A, 0.15, test_error=0.15), results(B, 0.16, test_error=0.17)).finding
    assert same.evidence["test_errors"] == [0.15, 0.17] and "reversed" not in same.text


def test_runs_that_diverged_are_named():
    lost = results(B, None, diverged=True)
    found = compare(results(A, 0.03), lost).finding
    assert (found.code, found.evidence["diverged"]) == ("one_setting", ["B"])
    assert "Diverged: B." in found.text and "yet" not in found.text
    partial = compare(results(A, 0.03), results(B, 0.5, diverged=True)).finding
    assert (partial.code, partial.evidence["diverged"]) == ("one_seed", ["B"])
    assert compare(lost).finding.code == "not_measured"


def test_a_repeated_run_counts_as_one_seed():
    repeated = compare(results(A, 0.02), results(B, 0.03), results(B, 0.03)).finding
    assert (repeated.code, repeated.evidence["errors"]) == ("one_seed", [[0.02], [0.03]])
    mixed = text(results(A, 0.02, 0.02), results(B, 0.02))
    assert "2 ± 0 % (2 seeds)" in mixed and "2 % (1 seed)" in mixed


@given(ERRORS, ERRORS)
def test_the_interval_is_that_of_welch(ours, theirs):
    found = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    half = (found.high - found.low) / 2
    assert welch_interval(ours, theirs) == pytest.approx(half, rel=1e-9)


def test_means_over_seeds_have_their_standard_deviation():
    found = compare(results(A, 0.010, 0.012, 0.011), results(B, 0.030, 0.032, 0.031))
    assert (found.finding.code, found.leader) == ("significant", "A")
    assert found.finding.evidence["lead"] == pytest.approx(0.02)
    assert 0 < found.finding.evidence["low"] < 0.02 < found.finding.evidence["high"]
    plain = found.finding.text.replace(THIN, " ")
    assert "1.1 ± 0.1 % (3 seeds)" in plain and "3.1 ± 0.1 % (3 seeds)" in plain
    weak = compare(results(A, 0.01, 0.03, 0.02), results(B, 0.02, 0.04, 0.03)).finding
    assert weak.code == "not_significant" and weak.evidence["low"] < 0 and "−" in weak.text
    assert compare(results(A, 0.01, 0.02), results(B, 0.03)).finding.code == "one_seed"


def test_one_setting_alone_has_its_mean_and_standard_deviation():
    found = compare(results(A, 0.01, 0.03)).finding
    assert (found.code, found.evidence["errors"]) == ("one_setting", [0.01, 0.03])
    assert "2 ± 1.4 % (2 seeds)" in found.text.replace(THIN, " ")
    assert "1 % (1 seed)" in text(results(A, 0.01))
    partial = compare(results(A, 0.01), results(B, None)).finding
    assert (partial.code, partial.evidence["unmeasured"]) == ("one_setting", 1)
    missing = compare(results(A, None), results(B, float("nan"))).finding
    assert missing.code == "not_measured"
    assert "yet" not in partial.text + missing.text
    waits = compare(results(A, 0.01), results(B, None, ended=False)).finding
    waiting = compare(results(A, None, ended=False)).finding
    assert "yet" in waits.text and "yet" in waiting.text


def test_a_comparison_with_a_live_run_counts_it():
    found = compare(results(A, 0.02, ended=False), results(B, 0.03)).finding
    assert found.evidence["running"] == 1 and "not finished" in found.text
    ended = compare(results(A, 0.02), results(B, 0.03)).finding
    assert ended.evidence["running"] == 0 and "not finished" not in ended.text


@pytest.mark.parametrize("path", ["split.seed", "label_noise.share", "data.size"])
def test_errors_on_other_samples_are_not_compared(path):
    value = {"split.seed": 3, "label_noise.share": 0.2, "data.size": 28}[path]
    found = compare(results(A, 0.02), results(change(B, path, value), 0.03))
    assert found.finding.code == "different_samples" and not found.more_seeds and not found.leader


def test_corrected_training_labels_are_compared_with_the_original_ones():
    corrected = A.model_copy(update={"name": "C", "data": correct(A.data, relabel={5: 1})})
    found = compare(results(A, 0.02, 0.03, 0.04), results(corrected, 0.01, 0.011, 0.012))
    assert found.finding.code != "different_samples" and found.leader == "C"


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_every_setting_gets_its_missing_seeds_and_none_twice(counts):
    settings = [change(A, "epochs", n + 1) for n in range(len(counts))]
    groups = [results(s, *[0.1] * n) for s, n in zip(settings, counts, strict=True)]
    again = compare(*groups).more_seeds
    for setting, count in zip(settings, counts, strict=True):
        new = [e.seeds for e in again if e.epochs == setting.epochs]
        old = [seeded(setting, k).seeds for k in range(count)]
        assert len(new) == max(0, SEEDS - count)
        assert len({s.model_dump_json() for s in [*new, *old]}) == len(new) + len(old)
        assert all(
            e.model_copy(update={"seeds": Seeds()}) == setting.model_copy(update={"seeds": Seeds()})
            for e in again
            if e.epochs == setting.epochs
        )
