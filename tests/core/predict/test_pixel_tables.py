"""New images in a table of pixels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.datasets import Spreadsheets
from core.data.inspection.input_columns import TrainedColumns
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.predict.inputs import read_inputs
from core.predict.predictor import Predictor
from core.predict.table_inputs import read_table_inputs
from tests.core.analysis.conftest import train
from tests.core.predict.test_inputs import codes


def test_pixels_that_are_missing_or_have_another_scale_are_named(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    pixels = [f"p{i}" for i in range(64)]
    images = draw.integers(0, 256, (40, 64))
    rows = [",".join(map(str, [*row, i % 2])) for i, row in enumerate(images.tolist())]
    text = "\n".join([",".join([*pixels, "label"]), *rows])
    digest, _ = Library(tmp_path).add(text.encode())
    data = Spreadsheets(digest=digest, title="Pixels")
    trained = train(tmp_path, Experiment(data=data, network=(Flatten(), Output()), epochs=1))
    predictor = Predictor(trained)
    for place in (0, 20, 63):
        short = [",".join(pixels[:place] + pixels[place + 1 :])]
        short += [",".join(map(str, row[1:])) for row in images.tolist()]
        with pytest.raises(BadData) as caught:
            read_inputs(predictor, ["\n".join(short).encode()])
        assert caught.value.code == "shape_mismatch"
        assert caught.value.missing == (f"p{place}",) and f"p{place} missing" in str(caught.value)
    order = [*range(40, 64), *range(40)]
    moved = [",".join(str(row[i]) for i in order) for row in [pixels, *images.tolist()]]
    inputs = read_inputs(predictor, ["\n".join(moved).encode()])
    assert np.array_equal(inputs.values.reshape(40, 64), images) and codes(inputs) == []
    moved[0] = moved[0].replace("p20", "q")
    with pytest.raises(BadData) as caught:
        read_inputs(predictor, ["\n".join(moved).encode()])
    assert (caught.value.missing, caught.value.unmatched) == (("p20",), ("q",))
    renamed = {"q": "p20"}
    inputs = read_inputs(predictor, ["\n".join(moved).encode()], renamed=renamed)
    assert np.array_equal(inputs.values.reshape(40, 64), images)
    others = [",".join(f"x{i}" for i in range(64))]
    others += [",".join(map(str, row)) for row in images.tolist()]
    origin = predictor.origin
    trained = replace(origin.inspection, trained=TrainedColumns(64, (), ()))
    old = replace(origin, inspection=trained)  # added before titles of pixels were stored
    for each in (origin, old):
        read = read_table_inputs(each, "\n".join(others).encode(), "new.csv", Reading())
        assert np.array_equal(read.inputs.reshape(40, 64), images)
        assert codes(read) == ["matched_by_order"]
    fractions = ["\n".join(",".join(f"{v / 255:.4f}" for v in row) for row in images.tolist())]
    inputs = read_inputs(predictor, [fractions[0].encode()])
    (finding,) = [found for found in inputs.findings if found.code == "scale_differs"]
    assert finding.evidence == {"train": [0, 255], "new": [0, 1]}
    followed = read_inputs(predictor, [fractions[0].encode()], reading=Reading(white=1.0))
    assert "scale_differs" not in codes(followed)
    np.testing.assert_allclose(followed.values.reshape(40, 64), images, atol=0.02)
