"""Tables: one helper writes the numbers of all of them, as sentences and charts do."""

import ast

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.base.numbers import THIN, percent, whole
from core.jobs import runner
from pages.kit.tables import as_stored, styled
from tests.conftest import ROOT
from tests.pages.shown import well, written


def cells(styler):
    return [
        [cell["display_value"] for cell in row if cell["type"] == "td"]
        for row in styler._translate(sparse_index=False, sparse_cols=False)["body"]
    ]


def calls():
    """Every call of an attribute in the code of the pages, with its file."""
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield path.name, node


def test_every_table_is_drawn_by_the_helper_and_no_column_has_a_format():
    drawn = {name for name, call in calls() if call.func.attr == "dataframe"}
    assert drawn == {"tables.py"}
    numbers = [call for _, call in calls() if call.func.attr == "NumberColumn"]
    assert numbers and not any(k.arg == "format" for call in numbers for k in call.keywords)


def test_numbers_are_written_as_in_sentences_and_stay_numbers():
    rows = [
        {"n": 13706, "gap": 1250, "x": 0.00042, "part": 0.021, "name": "a"},
        {"n": 4, "gap": None, "x": 0.5, "part": None, "name": "b"},
    ]
    table = styled(rows, {"part": percent})
    assert cells(table) == [
        [f"13{THIN}706", f"1{THIN}250", "4.2e-4", f"2.1{THIN}%", "a"],
        ["4", "–", "0.5", "–", "b"],
    ]
    assert table.data["n"].tolist() == [13706, 4]


def test_numbers_of_a_dataset_keep_their_digits():
    stored = pd.DataFrame({"year": [2019, 12345], "x": pd.array([0.1, 3.14159], "float32")})
    assert cells(as_stored(stored)) == [["2019", "0.1"], ["12345", "3.14159"]]


def test_the_layers_of_a_network_have_grouped_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    (table,) = well(app.switch_page("network.py").run()).dataframe
    column = list(table.value).index("Parameters")
    assert list(written(table).iloc[:, column]) == [whole(n) for n in table.value["Parameters"]]
    assert max(table.value["Parameters"]) > 1000
