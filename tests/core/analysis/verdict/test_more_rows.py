"""Would more rows help: the trainings of the curve, and the sets that are too small for one."""

from pathlib import Path

import numpy as np
import pytest

from core.analysis.trained import TrainedRun
from core.analysis.verdict.more_rows import LEAST, MoreRows, expected_seconds, vary
from core.base.errors import BadInput
from core.data.datasets import Moons, Sine
from core.experiment import Experiment
from core.losses import MSE
from core.network.layers import Output
from core.optim.optimizers import Adam
from core.runs.score import value
from tests.core.analysis.conftest import train
from tests.core.analysis.verdict.test_baselines import finish

FAST = {"network": (Output(),), "epochs": 2, "device": "cpu", "batch_size": 64}


@pytest.fixture(scope="module")
def moons(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    e = Experiment(**FAST, data=Moons(), optimizer=Adam(learning_rate=0.1))
    return train(tmp_path_factory.mktemp("moons"), e)


def test_the_sizes_reach_the_whole_set_which_is_measured_as_the_run_was(moons: TrainedRun) -> None:
    result = finish(MoreRows().answer(moons))
    count = len(moons.setup.train)
    assert result["sizes"][-1] == count and len(result["sizes"]) == 6
    assert all(len(errors) == 3 for errors in result["errors"])
    ratios = np.diff(np.log(result["sizes"]))
    assert np.allclose(ratios, ratios.mean(), atol=0.1)
    ended = moons.store.last(moons.run, "reason")
    assert result["errors"][-1][0] == pytest.approx(value(ended["validation"], "error"))
    assert result["samples"] == len(moons.setup.validation) and not result["regression"]
    assert len(MoreRows().lines(result)) == 6 + 3


def test_values_have_an_rmse_in_the_unit_of_the_target(tmp_path: Path) -> None:
    run = train(tmp_path, Experiment(**FAST, data=Sine(), loss=MSE()))
    result = finish(MoreRows().answer(run))
    ended = run.store.last(run.run, "reason")
    assert result["regression"]
    expected = value(ended["validation"], "error", run.scale[1])
    assert result["errors"][-1][0] == pytest.approx(expected, rel=1e-5)


def test_every_repetition_has_other_seeds_and_another_split_and_keeps_the_fraction() -> None:
    base = Experiment(split={"fraction": 0.5})
    first, second = (vary(base, 0.25, k) for k in (0, 1))
    assert first.split.fraction == second.split.fraction == 0.125
    assert first.split.seed != second.split.seed
    assert first.seeds == base.seeds and set(dict(second.seeds).values()) == {1}


def test_a_training_set_that_is_too_small_is_refused(tmp_path: Path) -> None:
    e = Experiment(**FAST, data=Moons(), split={"fraction": 0.05})
    with pytest.raises(BadInput) as refused:
        finish(MoreRows().answer(train(tmp_path, e)))
    assert refused.value.code == "too_few_rows"


def test_a_run_without_held_out_samples_is_refused_before_anything_is_trained(
    tmp_path: Path,
) -> None:
    e = Experiment(**FAST, data=Moons(), split={"validation": 0, "test": 0})
    answering = MoreRows().answer(train(tmp_path, e))
    next(answering)
    with pytest.raises(BadInput) as refused:
        next(answering)
    assert refused.value.code == "no_validation"


def test_the_expected_time_is_that_of_the_sizes() -> None:
    sizes = np.geomspace(LEAST, 1, 6)
    assert expected_seconds(10.0, 6, 3) == pytest.approx(30 * sizes.sum())
