"""New rows of a table whose identifier and another column were no inputs in training."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.network.layers import Output
from core.predict.inputs import read_inputs
from core.predict.predictor import Predictor
from tests.core.analysis.conftest import train


def test_identifiers_of_new_rows_are_kept_as_they_are(pairs):
    """Those of training, and those that only the new file has; without rows that are left out."""
    predictor, _ = pairs
    own = [f"{i},2020-01-02,{i}.5,{-i}.25,00{9 - i},new" for i in range(1, 8)]
    text = "\n".join(["ID,day,left,right,ticket_id,note", *own[:3], "4,,,1,005,new", *own[4:]])
    reading = Reading(columns={"left": {"missing": "rows"}})
    read = read_inputs(predictor, [text.encode()], reading=reading)
    kept = [1, 2, 3, 5, 6, 7]
    assert {title: cells.tolist() for title, cells in read.identifiers.items()} == {
        "ID": kept,
        "ticket_id": [f"00{9 - i}" for i in kept],
    }
    assert read.values.tolist() == [[i + 0.5, -i - 0.25] for i in kept]


def test_without_titles_columns_that_were_left_out_are_left_out_by_their_places(pairs):
    predictor, rows = pairs
    without_label = [row.rpartition(",")[0] for row in rows]
    expected = [[float(cell) for cell in row.split(",")[2:4]] for row in rows]
    for content in (rows, without_label, [row.split(",", 2)[2] for row in without_label]):
        inputs = read_inputs(predictor, ["\n".join(content).encode()])
        np.testing.assert_allclose(inputs.values, expected)
        numbers = [cells.tolist() for cells in inputs.identifiers.values()]
        assert numbers == [list(range(1, 81))] * content[0].startswith("1,2020")
    with pytest.raises(BadData, match="left, right") as caught:
        read_inputs(predictor, [b"1.5\n2.5\n"])
    assert caught.value.code == "column_count"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> tuple[Predictor, list[str]]:
    """A run on a table with an identifier and a column that was left out, and its rows."""
    home, draw = tmp_path_factory.mktemp("pairs"), np.random.default_rng(3)
    rows = [
        f"{i + 1},2020-01-{i % 28 + 1:02},{a:.1f},{b:.1f},{int(a > b)}"
        for i, (a, b) in enumerate(draw.normal(size=(80, 2)))
    ]
    reading = Reading(columns={"day": {"role": "ignore"}})
    text = "\n".join(["id,day,left,right,label", *rows])
    digest, _ = Library(home).add(text.encode(), reading=reading)
    data = Spreadsheets(digest=digest, title="Pairs")
    trained = train(home, Experiment(data=data, network=(Output(),), epochs=1))
    return Predictor(trained), rows
