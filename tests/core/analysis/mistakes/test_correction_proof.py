"""The effect of corrections: paired trainings, an interval that covers the truth, and honesty."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from core.analysis.catalogue import CorrectionProof
from core.analysis.mistakes.correction_proof import judge, paired_difference, suggested_labels
from core.analysis.results import result_of
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput
from core.data.datasets import Digits, correct


def test_with_equal_effects_on_all_samples_the_interval_is_that_of_the_paired_t_test() -> None:
    draw = np.random.default_rng(0)
    given, effect = draw.normal(size=(5, 1)), draw.normal(0.3, 1, size=(5, 1))
    value = paired_difference(np.repeat(effect, 40, axis=1))
    expected = ttest_rel(given[:, 0] + effect[:, 0], given[:, 0]).confidence_interval(0.95)
    assert value == pytest.approx([effect.mean(), expected.low, expected.high])


@pytest.mark.parametrize(("by_seed", "by_sample"), [(0.5, 2), (1, 0.1), (0.02, 1), (0.3, 2.3)])
def test_the_interval_covers_the_true_difference_of_crossed_seeds_and_samples(
    by_seed: float, by_sample: float
) -> None:
    """With three seeds, in at least 95 % of the cases."""
    draw, truth, covered = np.random.default_rng(1), 0.2, 0
    for _ in range(400):
        seeds, samples = draw.normal(0, by_seed, (3, 1)), draw.normal(0, by_sample, (1, 60))
        differences = truth + seeds + samples + draw.normal(0, 1, (3, 60))
        _, low, high = paired_difference(differences)
        covered += low <= truth <= high
    assert covered / 400 >= 0.95


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([-0.02, -0.03, -0.01], "corrections_help"),
        ([0.02, 0.01, 0.03], "corrections_harm"),
        ([-0.02, -0.05, 0.01], "no_difference_found"),
        ([0.0, 0.0, 0.0], "no_difference_found"),
    ],
)
def test_a_difference_is_claimed_only_where_the_interval_excludes_zero(
    value: list[float], code: str
) -> None:
    data = correct(Digits(), drop=[1])
    found = judge(value, part="test", data=data, seeds=3, samples=270)
    assert [f.code for f in found] == [code, "held_out_labels_unchecked"]
    found = judge(value, part="validation", data=data, seeds=3, samples=270)
    assert found[-1].code == "measured_on_validation"


def test_pairs_have_the_same_seeds_and_the_first_is_the_run_itself(
    digits_run: TrainedRun,
) -> None:
    store, run = digits_run.store, digits_run.run
    row = int(digits_run.dataset_rows("train")[0])
    result = result_of(store, run, CorrectionProof(relabeled=((row, 5),)))
    accuracy = store.last(run, "reason")["test"]["accuracy"]
    assert result["given"][0] == pytest.approx(1 - accuracy)
    assert len(set(result["given"])) > 1 and len(result["given"]) == 3
    differences = np.subtract(result["corrected"], result["given"])
    assert result["difference"][0] == pytest.approx(differences.mean())
    assert result["part"] == "test" and "label" in result["changes"]
    assert len(CorrectionProof().lines(result)) == 3 + len(result["findings"])


def test_suggested_labels_are_those_of_at_most_a_twentieth(noisy_digits_run: TrainedRun) -> None:
    labels, rows = suggested_labels(noisy_digits_run), noisy_digits_run.dataset_rows("train")
    assert 0 < len(labels) <= round(0.05 * len(rows))
    original = noisy_digits_run.data.targets
    assert np.mean([original[row] == label for row, label in labels.items()]) >= 0.8


def test_without_corrections_there_is_nothing_to_compare(
    noisy_digits_run: TrainedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.analysis.mistakes.correction_proof.TOP", 0.0)
    held_out = tuple(noisy_digits_run.dataset_rows("test")[:3].tolist())
    for asked in (CorrectionProof(), CorrectionProof(dropped=held_out)):
        with pytest.raises(BadInput) as refused:
            list(asked.answer(noisy_digits_run))
        assert refused.value.code == "no_corrections"
