"""What to try next: the comparison is paired, and what is known to help is found."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from core.analysis.trained import TrainedRun
from core.analysis.verdict import next_steps
from core.analysis.verdict.next_steps import (
    NextSteps,
    compare,
    plan,
    rank,
    with_more_regularization,
)
from core.base.encoding import change
from core.base.errors import BadInput
from core.data.datasets import Xor
from core.data.split import Split
from core.experiment import Experiment
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import SGD
from core.optim.penalties import L2, WeightDecay
from tests.core.analysis.conftest import answer, train

SLOW = Experiment(
    data=Xor(points=1200), network=(Linear(units=8), ReLU(), Output()), epochs=4, batch_size=32,
    split=Split(validation=0.4, test=0.2), optimizer=SGD(learning_rate=0.1), stopping=(),
    regularizers=(), augmentations=(),
)  # fmt: skip


def test_intervals_agree_with_a_paired_t_test() -> None:
    draw = np.random.default_rng(1)
    base, changed = draw.normal(0.2, 0.02, 6), draw.normal(0.15, 0.02, 6)
    (mean, low, high), verdict = compare(list(base), list(changed))
    expected = stats.ttest_rel(base, changed).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert mean == pytest.approx((base - changed).mean())
    assert verdict == "better"
    assert compare(list(changed), list(base))[1] == "worse"
    assert compare([0.2, 0.21, 0.2], [0.2, 0.2, 0.21])[1] == "no_difference"
    assert compare([0.2, 0.2, 0.2], [0.2, 0.2, 0.2]) == ([0, 0, 0], "no_difference")


def test_one_validation_sample_in_each_of_three_pairs_is_no_difference() -> None:
    base = np.array([0.2, 0.22, 0.21])
    for samples, verdict in ((1, "no_difference"), (3, "better")):
        (mean, low, high), found = compare(list(base), list(base - samples / 100), 1 / 100)
        assert found == verdict
        half = stats.t.ppf(0.975, 2) / 100 / np.sqrt(6 * 3)
        assert [mean, high - mean, mean - low] == pytest.approx([samples / 100, half, half])


def test_a_training_that_is_too_short_gains_from_more_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_steps, "SEEDS", (3, 4))
    trained = train(tmp_path, SLOW)
    found = answer(NextSteps(minutes=0.2), trained)
    rows = {row["name"]: row for row in found["steps"]}
    assert rows.keys() == {"rows", "epochs", "wider", "regularized"}
    assert 3 <= found["seeds"] <= 4
    assert rows["epochs"]["verdict"] == "better" or rows["rows"]["verdict"] == "better"
    for row in rows.values():
        experiment = trained.experiment
        for path, value in row["changes"].items():
            experiment = change(experiment, path, value)  # what the button opens is valid
    assert change(SLOW, "epochs", rows["epochs"]["changes"]["epochs"]).epochs == 8
    assert len(NextSteps().lines(found)) == 5


def test_short_trainings_differ_in_one_thing(digits_run: TrainedRun) -> None:
    for budget in (1e-3, 5.0, 1e6):
        base, steps = plan(digits_run, {"seconds": 3.0}, budget)
        assert 0 < base.split.fraction <= 0.5
        assert 1 <= base.epochs <= 4
        for step in steps:
            changed = {
                name
                for name in type(base).model_fields
                if getattr(step.short, name) != getattr(base, name)
            }
            fields = {"rows": "split", "wider": "network", "regularized": "regularizers"}
            assert changed == {fields.get(step.name, step.name)}


def test_twice_the_rows_are_opened_where_the_data_can_have_them(digits_run: TrainedRun) -> None:
    """Twice the fraction or the points; what a file contains is all in use."""
    whole = digits_run.experiment
    half = change(whole, "split.fraction", 0.5)
    many = change(SLOW, "data.points", 15_000)
    changes = [next_steps._more_rows(each) for each in (SLOW, many, half, whole)]
    assert changes == [{"data.points": 2400}, {}, {"split.fraction": 1.0}, {}]


def test_changes_of_a_run_that_diverges_are_not_compared(tmp_path: Path) -> None:
    deep = (*[Linear(units=8), ReLU()] * 4, Output())
    fast = {"network": deep, "optimizer": SGD(learning_rate=10), "epochs": 2}
    with pytest.raises(BadInput) as refused:
        answer(NextSteps(minutes=0.2), train(tmp_path, SLOW.model_copy(update=fast)))
    assert refused.value.code == "side_run_diverged"


def test_what_helps_most_in_a_minute_comes_first() -> None:
    rows = [
        {"verdict": "worse", "per_minute": -1.0},
        {"verdict": "better", "per_minute": 0.1},
        {"verdict": "no_difference", "per_minute": 5.0},
        {"verdict": "better", "per_minute": 0.4},
    ]
    order = [(row["verdict"], row["per_minute"]) for row in rank(rows)]
    assert order == [
        ("better", 0.4), ("better", 0.1), ("no_difference", 5.0), ("worse", -1.0)
    ]  # fmt: skip


@pytest.mark.parametrize("old", [(), (L2(strength=1e-4),), (WeightDecay(strength=0.5),)])
def test_regularization_grows(old: tuple) -> None:
    (new,) = with_more_regularization(SLOW.model_copy(update={"regularizers": old})).regularizers
    assert new.strength == (min(1.0, 10 * old[0].strength) if old else 1e-3)


def test_changes_are_not_compared_on_the_test_set(tmp_path: Path) -> None:
    trained = train(tmp_path, SLOW.model_copy(update={"split": Split(validation=0), "epochs": 1}))
    with pytest.raises(BadInput) as refused:
        answer(NextSteps(), trained)
    assert refused.value.code == "no_validation"
