"""The effects of changes against scipy's paired t-test, and what may be claimed from them."""

from math import nan
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from core.advice.paired_effects import (
    EQUAL_SEEDS,
    MEANINGS,
    Effect,
    PairedRun,
    by_size,
    describe_chance,
    describe_difference,
    judge_effect,
    judge_effects,
    measure_effect,
)
from core.base.finding import Level

ERRORS = st.floats(0, 1).map(lambda value: round(value, 4))


def effect(
    base, changed, *, name="Without dropout", regression=False, seconds=(1.0, 2.0), waiting=0
) -> Effect:
    pairs = [
        (PairedRun(a, seconds[0]), PairedRun(b, seconds[1]))
        for a, b in zip(base, changed, strict=True)
    ]
    return measure_effect(name, pairs, part="validation", regression=regression, waiting=waiting)


@given(st.lists(st.tuples(ERRORS, ERRORS), min_size=2, max_size=12))
def test_the_interval_is_that_of_the_paired_t_test(pairs) -> None:
    base, changed = np.array(pairs).T
    if np.std(changed - base) < 1e-9:
        return  # the t-test of equal differences is undefined
    found = effect(base, changed)
    independent = ttest_rel(changed, base)
    low, high = independent.confidence_interval(0.95)
    assert found.interval == pytest.approx([np.mean(changed - base), low, high], abs=1e-9)
    is_found = found.code in ("change_helps", "change_harms")
    assert is_found == (independent.pvalue < 0.05) or abs(independent.pvalue - 0.05) < 1e-6


@pytest.mark.parametrize("samples", [0, 60], ids=["normal", "counted"])
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_without_an_effect_at_most_one_interval_of_twenty_misses_0(seeds, samples) -> None:
    """The errors of a pair have a part in common; counted ones are multiples of 1/60, and often
    equal.
    """
    draws, rng = 1000, np.random.default_rng(seeds)
    common = 0.1 + 0.02 * rng.standard_normal((draws, seeds, 1))
    errors = common + 0.01 * rng.standard_normal((draws, seeds, 2))
    if samples:
        errors = rng.binomial(samples, errors.clip(0, 1)) / samples
    codes = [effect(pairs[:, 0], pairs[:, 1]).code for pairs in errors]
    covering = np.mean([code not in ("change_helps", "change_harms") for code in codes])
    assert 0.93 <= covering <= (0.97 if not samples else 1.0)  # ± 3 standard errors


def test_a_claim_needs_several_seeds_and_no_divergence() -> None:
    codes = {
        "one_pair": effect([0.3], [0.1]),
        "no_pairs": effect([], []),
        "change_helps": effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13]),
        "change_harms": effect([0.1, 0.12, 0.13], [0.3, 0.31, 0.32]),
        "no_difference_found": effect([0.1, 0.2, 0.3], [0.2, 0.1, 0.31]),
        "too_few_seeds": effect([0.1] * 3, [0.2] * 3),
        "in_progress": effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13], waiting=2),
        "pair_diverged": effect([0.3, 0.31, 0.32], [0.1, 0.12, nan]),
    }
    assert {code: found.code for code, found in codes.items()} == {code: code for code in codes}
    assert set(codes) == set(MEANINGS)
    assert codes["one_pair"].interval is None and codes["pair_diverged"].lost == 1
    assert codes["in_progress"].interval is None and codes["in_progress"].planned == 5
    written = {
        code: describe_difference(codes[code], "error") for code in codes if code != "no_pairs"
    }
    assert {code for code, text in written.items() if "interval" in text} == {
        "change_helps", "change_harms", "no_difference_found", "pair_diverged"
    }  # fmt: skip
    assert effect([0.1, 0.2], [0.1, 0.2]).code == "no_difference_found"
    assert effect([0.1] * EQUAL_SEEDS, [0.2] * EQUAL_SEEDS).code == "change_harms"
    # 5/270 − 4/270 and 6/270 − 5/270 differ by a rounding error only
    assert effect([4 / 270, 5 / 270], [5 / 270, 6 / 270]).code == "too_few_seeds"
    for found in codes.values():
        judged = judge_effect(found, "error")
        assert judged.level in get_args(Level) and judged.text.startswith("Without dropout: ")
        assert judged.evidence["code"] == judged.code == found.code


def test_values_are_written_in_the_form_of_the_pages() -> None:
    found = effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13])
    mean, low, high = found.values("error")
    assert low < mean < high < 0
    assert found.values("accuracy") == [-mean, -high, -low]
    values = effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13], regression=True)
    assert values.values("error") == values.values("accuracy") == [-mean, -high, -low]
    assert effect([0.3], [0.1]).values("error") == pytest.approx([-0.2] * 3)
    assert found.cost == 2.0 and found.seconds == 2.0


def test_effects_are_sorted_by_size_and_summed_up() -> None:
    small = effect([0.1, 0.2, 0.3], [0.11, 0.2, 0.3], name="With flip")
    large = effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13], name="With dropout")
    none = effect([], [], name="With cutout")
    assert by_size([none, small, large]) == [large, small, none]
    judged = judge_effects([none, small, large])
    assert judged.code == "effects_found"
    assert [row["code"] for row in judged.evidence["effects"]] == [
        "change_helps", "no_difference_found", "no_pairs",
    ]  # fmt: skip
    assert judge_effects([small]).code == "no_effects_found"
    assert judge_effects([none]).code == "no_pairs"
    assert describe_chance([small, large, none]) and not describe_chance([small, none])
