"""Finished runs for all tests of analyses: each is trained once."""

from pathlib import Path

import pytest

from core.analysis.trained import TrainedRun
from core.base.encoding import encode
from core.experiment import Experiment, shipped
from core.jobs.kinds import KINDS, RUN
from core.runs.store import Store


def train(home: Path, experiment: Experiment) -> TrainedRun:
    """Train in this thread and return the finished run."""
    store = Store(home)
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    return TrainedRun(store, run)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """A dense network after four epochs on the digits: some of its predictions are wrong."""
    digits = shipped()["digits"].model_copy(update={"epochs": 4, "device": "cpu"})
    return train(tmp_path_factory.mktemp("digits"), digits)
