"""Side runs as pieces of work give the results of this process in any place."""

import numpy as np
import pytest

from core.analysis import side_pieces
from core.analysis.side_pieces import SideRuns, pack, unpack
from core.analysis.side_runs import SideRun, side_run
from core.analysis.trained import TrainedRun, finish
from core.base.encoding import from_json_text, to_json_text
from core.base.errors import LabError
from core.experiment import Experiment
from core.studies.places.processes import Processes
from core.studies.places.this_process import ThisProcess


def short(trained: TrainedRun, **changed: object) -> Experiment:
    return trained.experiment.model_copy(update={"epochs": 1} | changed)


def test_side_runs_in_two_processes_equal_those_of_this_thread(
    digits_run: TrainedRun, monkeypatch
) -> None:
    monkeypatch.setenv("LAB_WORKERS", "2")
    experiments = [short(digits_run), short(digits_run, batch_size=64)]
    with SideRuns(digits_run, 1e9) as side_runs:
        assert isinstance(side_runs.place, Processes)
        found = finish(side_runs.train(experiments))
    for experiment, side in zip(experiments, found, strict=True):
        straight = finish(side_run(experiment, digits_run.data))
        assert side.errors.keys() == straight.errors.keys()
        assert all((side.errors[p] == straight.errors[p]).all() for p in side.errors)
        assert (side.last_train_errors == straight.last_train_errors).all()


def test_short_side_runs_start_no_process(digits_run: TrainedRun, monkeypatch) -> None:
    monkeypatch.setattr(side_pieces, "open_place", lambda *_, **__: pytest.fail("opened"))
    with SideRuns(digits_run, 1.0) as side_runs:
        assert isinstance(side_runs.place, ThisProcess)


def test_an_experiment_that_cannot_be_trained_has_its_code(digits_run: TrainedRun) -> None:
    with SideRuns(digits_run, 1.0) as side_runs, pytest.raises(LabError) as error:
        finish(side_runs.train([short(digits_run, network=())]))
    assert error.value.code


def test_a_side_run_survives_its_message() -> None:
    side = SideRun({"train": np.array([0.1, 1e300])}, np.array([1.0]), 0.5, True, 2.0)
    copy = unpack(from_json_text(to_json_text(pack(side))))
    assert copy.errors["train"].tolist() == [0.1, 1e300]
    assert (copy.last_train_errors, copy.seconds, copy.target_std) == (np.array([1.0]), 0.5, 2.0)
    assert copy.has_diverged
