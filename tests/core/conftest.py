"""A folder for all test processes, and finished runs for all tests of what a trained network does:
each is trained once.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from core.analysis.trained import TrainedRun
from core.data.datasets import Spreadsheets
from core.data.label_noise import LabelNoise
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment, shipped
from core.losses import MSE
from core.network.layers import GELU, Linear, Output, ReLU
from tests.core.analysis.conftest import train


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder that all processes of this test run have in common."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    shared.mkdir(exist_ok=True)
    return shared


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


@pytest.fixture(scope="session")
def table_run(tmp_path_factory) -> TrainedRun:
    """A table with missing numbers and texts, and a column of categories."""
    home = tmp_path_factory.mktemp("table")
    draw = np.random.default_rng(4)
    size = np.where(draw.random(120) < 0.3, "", draw.integers(0, 50, 120).astype(str))
    colour = np.array(["red", "blue", "=1+1", ""])[draw.integers(0, 4, 120)]
    age = draw.normal(40, 9, 120).round(2)
    rows = zip(size, colour, age, strict=True)
    lines = [f"{s},{c},{a},{'no' if a < 40 else 'yes'}" for s, c, a in rows]
    text = "\n".join(["size,colour,age,bought", *lines])
    filled = {"size": {"missing": "mean_indicator"}, "colour": {"missing": "most_frequent"}}
    reading = Reading(columns=filled, label_column="bought")
    digest, _ = Library(home).add(text.encode(), reading=reading)
    network = (Linear(units=8), ReLU(), Output())
    data = Spreadsheets(digest=digest, title="Customers")
    return train(home, Experiment(data=data, network=network, epochs=2, device="cpu"))


@pytest.fixture(scope="session")
def values_run(tmp_path_factory) -> TrainedRun:
    """Values far from 0, of three columns."""
    home = tmp_path_factory.mktemp("values")
    x = np.random.default_rng(6).normal(0, 100, (90, 3)).round(1)
    lines = [f"{a};{b};{c};{2e5 + 900 * a - 80 * b}" for a, b, c in x]
    text = "\n".join(["rooms;age;tax;price", *lines])
    digest, _ = Library(home).add(text.encode(), reading=Reading(label_column="price"))
    network = (Linear(units=8), GELU(), Output())
    chosen = {"data": Spreadsheets(digest=digest, title="Houses"), "loss": MSE()}
    return train(home, Experiment(**chosen, network=network, epochs=3, device="cpu"))
