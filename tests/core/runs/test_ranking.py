"""Who leads, and what that rests on: groups of seeds, Welch's interval against SciPy, and the runs
that would make it surer.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.base.encoding import change
from core.base.numbers import THIN
from core.experiment import Experiment, Seeds
from core.runs.ranking import SEEDS, RunResult, interval, verdict

A, B = Experiment(name="A"), Experiment(name="B", epochs=7)
ERRORS = st.lists(
    st.integers(1, 900).map(lambda wrong: wrong / 1000), min_size=2, max_size=6, unique=True
)


def seeded(experiment, k):
    return experiment.model_copy(update={"seeds": Seeds(initialization=k, order=k)})


def entries(experiment, *errors, **more):
    return [
        RunResult(experiment.name, seeded(experiment, k), e, **more) for k, e in enumerate(errors)
    ]


def said(*given):
    return verdict([entry for group in given for entry in group]).text.replace(THIN, " ")


def test_one_seed_each_is_said_and_counted():
    text = said(entries(A, 0.02, samples=200), entries(B, 0.025, samples=200))
    assert text == "A leads by half a point, which is 1 of 200 answers, with one seed each."
    assert said(entries(A, 0.03), entries(B, 0.015)) == "B leads by 1.5 points, with one seed each."
    assert "level at 2 %" in said(entries(A, 0.02), entries(B, 0.02))


def test_a_run_that_was_made_twice_is_one_seed():
    assert "with one seed each" in said(entries(A, 0.02), entries(B, 0.03), entries(B, 0.03))
    assert said(entries(A, 0.02, 0.02), entries(B, 0.02)) == (
        "A and B are level: 2 ± 0 % over 2 seeds, and 2 % with one seed."
    )


@given(ERRORS, ERRORS)
def test_the_interval_is_welch_s(ours, theirs):
    found = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    v, w = (np.var(each, ddof=1) / len(each) for each in (ours, theirs))
    freedom = (v + w) ** 2 / (v**2 / (len(ours) - 1) + w**2 / (len(theirs) - 1))
    whole = min(max(int(freedom + 1e-9), 1), 10)
    quantiles = [stats.t.ppf(0.975, degrees) for degrees in (whole, freedom)]
    half = (found.high - found.low) / 2 * quantiles[0] / quantiles[1]
    assert interval(ours, theirs) == pytest.approx(half, rel=2e-3)


def test_means_over_seeds_with_their_spread():
    text = said(entries(A, 0.010, 0.012, 0.011), entries(B, 0.030, 0.032, 0.031))
    assert text.startswith("A leads by 2 points: 1.1 ± 0.1 % over 3 seeds, against 3.1 ± 0.1 %")
    assert "more than the seeds explain" in text
    text = said(entries(A, 0.01, 0.03, 0.02), entries(B, 0.02, 0.04, 0.03))
    assert "seeds alone may explain it" in text and "−" in text
    assert "One seed has no spread" in said(entries(A, 0.01, 0.02), entries(B, 0.03))


def test_one_setting_alone_is_its_mean_and_spread():
    assert said(entries(A, 0.01, 0.03)) == "A reached 2 ± 1.4 % over 2 seeds."
    assert said(entries(A, 0.01)) == "A reached 1 % with one seed."
    assert "measured nothing yet" in said(entries(A, 0.01), entries(B, None))
    assert "None of them" in said(entries(A, None), entries(B, float("nan")))


def test_a_run_that_goes_on_leads_so_far():
    assert said(entries(A, 0.02, ended=False), entries(B, 0.03)).startswith("So far, A leads")


@pytest.mark.parametrize("path", ["split.seed", "label_noise.share", "data.size"])
def test_errors_on_other_samples_are_not_compared(path):
    value = {"split.seed": 3, "label_noise.share": 0.2, "data.size": 28}[path]
    found = verdict([*entries(A, 0.02), *entries(change(B, path, value), 0.03)])
    assert "different samples" in found.text and not found.again and not found.leader


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_every_setting_gets_the_seeds_that_it_lacks_and_none_twice(counts):
    settings = [change(A, "epochs", n + 1) for n in range(len(counts))]
    given_ = [e for s, n in zip(settings, counts, strict=True) for e in entries(s, *[0.1] * n)]
    again = verdict(given_).again
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
