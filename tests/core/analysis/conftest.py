"""Finished runs for all tests of analyses: each is trained once."""

from pathlib import Path

import pytest

from core.analysis.analysis import Analysis, Result
from core.analysis.trained import TrainedRun
from core.base.encoding import encode
from core.data.label_noise import LabelNoise
from core.experiment import Experiment, shipped
from core.jobs.kinds import KINDS, RUN
from core.runs.store import Store


def train(home: Path, experiment: Experiment) -> TrainedRun:
    """Train in this thread and return the finished run."""
    store = Store(home)
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    return TrainedRun(store, run)


def answer(analysis: Analysis, trained: TrainedRun) -> Result:
    """The result; the fractions done on the way never fall."""
    answering, shares = analysis.answer(trained), [0.0]
    while True:
        try:
            share, note = next(answering)
        except StopIteration as end:
            return end.value
        assert note
        assert shares[-1] - 1e-9 <= share <= 1 + 1e-9
        shares.append(share)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """A dense network after four epochs on the digits: some of its predictions are wrong."""
    digits = shipped()["digits"].model_copy(update={"epochs": 4, "device": "cpu"})
    return train(tmp_path_factory.mktemp("digits"), digits)


@pytest.fixture(scope="session")
def spirals_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """Two classes of a table with two columns, hardly learned."""
    spirals = shipped()["spirals"].model_copy(update={"epochs": 2, "device": "cpu"})
    return train(tmp_path_factory.mktemp("spirals"), spirals)


@pytest.fixture(scope="session")
def sine_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """Values of one input."""
    sine = shipped()["sine"].model_copy(update={"epochs": 3, "device": "cpu"})
    return train(tmp_path_factory.mktemp("sine"), sine)


@pytest.fixture(scope="session")
def noisy_digits_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """A dense network after eight epochs on the digits with 10 % wrong training labels."""
    noisy = {"epochs": 8, "device": "cpu", "label_noise": LabelNoise(share=0.1)}
    digits = shipped()["digits"].model_copy(update=noisy)
    return train(tmp_path_factory.mktemp("noisy_digits"), digits)
