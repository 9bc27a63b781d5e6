"""Missing values of new files are filled as those of the training set of the run are."""

from pathlib import Path

import numpy as np

from core.analysis.new_samples import read_new_samples
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.network.layers import Output
from tests.core.analysis.conftest import train


def test_a_new_file_is_filled_with_values_of_the_training_set(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    size = np.where(draw.random(80) < 0.3, "", draw.integers(0, 50, 80).astype(str))
    colour = np.array(["red", "blue", ""])[draw.integers(0, 3, 80)]
    lines = [f"{s},{c},{i % 2}" for i, (s, c) in enumerate(zip(size, colour, strict=True))]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(["size,colour,label", *lines]))
    chosen = {"size": {"missing": "mean"}, "colour": {"missing": "most_frequent"}}
    digest, _ = Library(tmp_path).add(file.read_bytes(), reading=Reading(columns=chosen))
    data = Spreadsheets(digest=digest, title="table")
    trained = train(tmp_path, Experiment(data=data, network=(Output(),), epochs=1))
    new = read_new_samples(trained, file, reading=Reading())
    np.testing.assert_array_equal(new.inputs, trained.data.inputs)
    train_rows = trained.setup.rows.train
    known = np.array([float(s) for s in size[train_rows] if s])
    np.testing.assert_allclose(new.inputs[size == "", 0], known.mean(), rtol=1e-6)
    assert {f.code for f in new.findings} == {"missing_filled", "shared"}
