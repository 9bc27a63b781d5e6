"""`python -m core evaluate`: the results of a finished run, also on new files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.analysis.catalogue import Analysis
from core.analysis.trained import TrainedRun

SAMPLE = Path(__file__).parents[3] / "assets" / "digits"


@pytest.fixture
def evaluate(digits_run: TrainedRun, capsys, monkeypatch):
    """Run the command on the shared run; return its exit status and its JSON result."""
    monkeypatch.setenv("LAB_HOME", str(digits_run.store.home))

    def run(*arguments: object, expected: int = 0) -> dict:
        texts = ["evaluate", digits_run.run, *map(str, arguments), "--json"]
        assert main(texts) == expected
        printed = json.loads(capsys.readouterr().out.splitlines()[-1])
        return printed["error"] if expected else printed

    return run


def test_all_quick_analyses_that_suit_the_run_are_computed(evaluate, digits_run) -> None:
    facts = digits_run.data.facts
    quick = {
        kind for kind, m in Analysis.members.items() if m.is_quick and not m().unsuitable(facts)
    }
    results = evaluate()["results"]
    assert set(results) == quick >= {"confusion"}
    outputs = digits_run.outputs("test")
    accuracy = (outputs.predicted == outputs.targets).mean()
    assert results["confusion"]["accuracy"][0] == accuracy
    assert main(["evaluate", digits_run.run]) == 0


def test_analyses_and_their_options_are_chosen(evaluate, digits_run) -> None:
    results = evaluate("--only", "confusion", "--set", "part=train")["results"]
    assert list(results) == ["confusion"]
    assert results["confusion"]["samples"] == len(digits_run.setup.train)
    assert evaluate("--only", "nothing", expected=2)["code"] == "unknown_analysis"
    assert evaluate("--set", "depth=3", expected=2)["code"] == "unknown_option"
    assert evaluate("--set", "part=all", expected=2)["code"] == "literal_error"


def pixels(rows: slice, width: int = 64) -> np.ndarray:
    return np.loadtxt(SAMPLE / "images.csv", delimiter=",")[rows, :width]


def labels(rows: slice) -> np.ndarray:
    return np.loadtxt(SAMPLE / "labels.csv", dtype=int)[rows]


def write(path: Path, *columns: np.ndarray, header: str = "") -> Path:
    np.savetxt(path, np.column_stack(columns), "%d", ",", header=header, comments="")
    return path


def test_a_run_is_evaluated_on_new_files(evaluate, digits_run, tmp_path) -> None:
    rows = slice(0, 300)
    inputs = write(tmp_path / "new.csv", pixels(rows))
    targets = write(tmp_path / "targets.csv", labels(rows))
    one_file = write(tmp_path / "one.csv", pixels(rows), labels(rows))
    found = evaluate("--on", inputs, targets)
    assert found["rows"] == found["results"]["confusion"]["samples"] == 300
    outputs = [digits_run.outputs(part) for part in ("train", "validation", "test")]
    in_order = np.empty(1797, bool)
    for part, out in zip(("train", "validation", "test"), outputs, strict=True):
        in_order[digits_run.dataset_rows(part)] = out.predicted == out.targets
    assert found["results"]["confusion"]["accuracy"][0] == in_order[rows].mean()
    assert evaluate("--on", inputs, "--labels", targets)["results"] == found["results"]
    assert evaluate("--on", one_file)["results"] == found["results"]
    stored = evaluate("--only", "confusion")["results"]["confusion"]
    assert stored["samples"] == len(digits_run.setup.test)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("unknown class", "label_unknown"),
        ("a missing pixel", "shape_mismatch"),
        ("no labels", "test_labels_missing"),
        ("no file", "file_not_found"),
        ("three files", "too_many_files"),
    ],
)
def test_new_files_that_do_not_fit_are_refused(evaluate, tmp_path, change, code) -> None:
    rows = slice(0, 40)
    name = tmp_path / "new.csv"
    files = [write(name, pixels(rows), labels(rows))]
    if change == "unknown class":
        write(name, pixels(rows), labels(rows) + 3)
    elif change == "a missing pixel":
        write(name, pixels(rows, 63), labels(rows))
        files.append(write(tmp_path / "labels.csv", labels(rows)))
        write(name, pixels(rows, 63))
    elif change == "no labels":
        write(name, pixels(rows))
    elif change == "no file":
        name.unlink()
    else:
        files = [name, name, name]
    assert evaluate("--on", *files, expected=2)["code"] == code


def test_labels_need_a_file_of_inputs(evaluate, tmp_path) -> None:
    assert evaluate("--labels", tmp_path / "labels.csv", expected=2)["code"] == "on_missing"


def test_new_rows_of_a_table_are_matched_by_name(capsys, tmp_path, monkeypatch) -> None:
    """Order, further columns and gaps do not matter; each refusal names an option that works."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "lab"))
    random = np.random.default_rng(0)
    table = pd.DataFrame({"age": random.integers(18, 80, 90), "fare": random.normal(size=90)})
    table["sex"] = random.choice(["male", "female"], 90)
    table["alive"] = table.sex.map({"male": "no", "female": "yes"})
    table.to_csv(tmp_path / "train.csv", index=False)
    trained = ["train", "spirals", "--images", str(tmp_path / "train.csv"), "--label", "alive"]
    assert main([*trained, "--epochs", "1", "--device", "cpu"]) == 0
    capsys.readouterr()

    def run(frame: pd.DataFrame, *options: str, expected: int = 0) -> dict:
        frame.to_csv(tmp_path / "new.csv", index=False)
        files = ["--on", str(tmp_path / "new.csv")]
        texts = ["evaluate", "last", "--only", "confusion", *files, *options, "--json"]
        assert main(texts) == expected
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    same = run(table)["results"]
    assert same["confusion"]["samples"] == 90
    assert run(table[["alive", "sex", "fare", "age"]])["results"] == same
    assert run(table.assign(more=1.5))["results"] == same
    gaps = table.assign(age=table.age.where(table.index > 2))
    refused = run(gaps, expected=2)["error"]
    assert refused["code"] == "missing_values" and "--column=age:missing=rows" in refused["message"]
    assert "3 missing values (the first in row 2), but the training table" in refused["message"]
    assert run(gaps, "--column=age:missing=rows")["rows"] == 87
    assert "--column=age:missing=median" in refused["message"]
    assert run(gaps, "--column=age:missing=median")["rows"] == 90
    listed = run(gaps, "--column=age:missing=rows", "--only", "mistakes")["results"]["mistakes"]
    assert listed["row_numbers"] == [row + 5 for row in listed["rows"]]  # a header and three rows
    renamed = table.rename(columns={"alive": "target"})
    refused = run(renamed, expected=2)["error"]
    assert refused["code"] == "test_labels_missing" and "--label" in refused["message"]
    assert run(renamed, "--label", "target")["results"] == same
    assert run(table.drop(columns="age"), expected=2)["error"]["code"] == "column_missing"
    found = run(table.assign(age=12 * table.age, sex="unknown"))["findings"]
    assert {finding["code"] for finding in found} == {"outside_range", "unseen_values"}
