"""`python -m core predict`: answers on the terminal, as JSON, and as CSV or XLSX files."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image

from core.__main__ import main
from core.analysis.trained import TrainedRun
from core.base import cells
from core.predict.predictor import Predictor

NAMES = ("=1+1.png", "-2.png", "@home.png", "plain name.png")  # two of them would be formulas
Run = Callable[..., dict]


@pytest.fixture
def predict(capsys, monkeypatch) -> Run:
    """Run the command on a run; return its JSON result, or the error for another status."""

    def run(trained: TrainedRun, *arguments: object, expected: int = 0) -> dict:
        monkeypatch.setenv("LAB_HOME", str(trained.store.home))
        assert main(["predict", trained.run, *map(str, arguments), "--json"]) == expected
        out, err = capsys.readouterr()
        printed = json.loads(out.splitlines()[-1])
        assert (len(err.splitlines()) == 1) == bool(expected)
        return printed["error"] if expected else printed

    return run


@pytest.fixture(scope="module")
def images(predictor: Predictor, tmp_path_factory) -> Path:
    """A folder with four test images and a damaged one."""
    folder = tmp_path_factory.mktemp("images")
    for name, image in zip(NAMES, predictor.samples("test", range(4)), strict=True):
        Image.fromarray(image[0].round().astype(np.uint8)).save(folder / name)
    (folder / "broken.png").write_bytes(b"\x89PNG nothing")
    return folder


def read_csv(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def read_xlsx(path: Path) -> list[dict]:
    sheet = openpyxl.load_workbook(path).active
    head, *rows = sheet.iter_rows()
    for row in rows:
        assert all(cell.data_type != "f" for cell in row)
    titles = [cell.value for cell in head]
    return [dict(zip(titles, (cell.value for cell in row), strict=True)) for row in rows]


def test_answers_for_a_folder_of_images(predict, digits_run, predictor, images, tmp_path):
    result = predict(digits_run, images, "--to", tmp_path / "answers.csv")
    answers = {answer["input"]: answer for answer in result["answers"]}
    assert set(answers) == set(NAMES)
    expected = predictor.predict(predictor.samples("test", range(4)).round(), NAMES)
    for prediction in expected:
        answer = answers[prediction.name]
        assert answer["answer"] == prediction.label
        assert answer["probability"] == pytest.approx(prediction.probability)
        assert [name for name, _ in answer["top"]] == [
            predictor.classes[number] for number in prediction.top
        ]
        assert answer["unlike_training_set"] == prediction.is_unfamiliar
        assert answer["nearest"] == list(prediction.nearest)
    assert [problem["input"] for problem in result["problems"]] == ["broken.png"]
    assert result["changes"] == [[]] * 4


@pytest.mark.parametrize(("name", "read"), [("a.csv", read_csv), ("a.XLSX", read_xlsx)])
def test_files_of_answers_are_read_back_and_hold_no_formula(
    predict, digits_run, images, tmp_path, name, read
):
    result = predict(digits_run, images, "--to", tmp_path / name)
    *rows, broken = read(tmp_path / name)
    for row, answer in zip(rows, result["answers"], strict=True):
        text = answer["input"]
        assert row["input"] == (cells.plain(text) if name == "a.csv" else text)
        assert str(row["answer"]) == answer["answer"]
        assert float(row["probability"]) == pytest.approx(answer["probability"], abs=5e-5)
        assert str(row["second"]) == answer["top"][1][0]
        assert row["unlike_training_set"] == ("yes" if answer["unlike_training_set"] else "no")
        assert float(row["distance"]) == pytest.approx(answer["distance"], rel=1e-6)
        assert not row["problem"]
    assert broken["input"] == "broken.png" and broken["problem"].startswith("broken.png")
    assert not broken["answer"]


def test_values_have_the_unit_of_the_target(predict, values_run, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("rooms;age;tax\n1;2;3\n40;50;60\n")
    result = predict(values_run, file, "--to", tmp_path / "answers.csv")
    rows = read_csv(tmp_path / "answers.csv")
    assert [row["input"] for row in rows] == ["row 2", "row 3"]
    assert list(rows[0]) == ["input", "answer", "unlike_training_set", "distance"]
    for row, answer in zip(rows, result["answers"], strict=True):
        assert float(row["answer"]) == pytest.approx(answer["answer"], rel=1e-6)
        assert 1e5 < answer["answer"] < 3e5 and answer["probability"] is None


def test_class_names_and_choices_for_reading(predict, table_run, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("size,colour,age\n1.059,=1+1,44\n20,blue,51\n")
    result = predict(table_run, file, "--decimal", "point", "--to", tmp_path / "answers.xlsx")
    rows = read_xlsx(tmp_path / "answers.xlsx")
    assert {row["answer"] for row in rows} <= {"yes", "no"}
    assert len(result["answers"]) == 2 and "third" not in rows[0]


@pytest.mark.parametrize(("name", "read"), [("a.csv", read_csv), ("a.xlsx", read_xlsx)])
def test_renamed_columns_and_identifiers(predict, table_run, tmp_path, name, read):
    file = tmp_path / "new.csv"
    file.write_text("m²,colour,age,user_id\n10,red,44,=b\n20,blue,51,#TAG\n")
    refused = predict(table_run, file, expected=2)
    assert (refused["missing"], refused["unmatched"]) == (["size"], ["m²", "user_id"])
    assert "--rename NEW=size" in refused["message"]
    result = predict(table_run, file, "--rename", "m²=size", "--to", tmp_path / name)
    assert result["identifiers"] == {"user_id": ["=b", "#TAG"]}
    rows = read(tmp_path / name)
    plain = {"a.csv": ["'=b", "#TAG"], "a.xlsx": ["=b", "#TAG"]}
    assert [row["user_id"] for row in rows] == plain[name]
    assert [row["answer"] for row in rows] == [answer["answer"] for answer in result["answers"]]
    assert predict(table_run, file, "--rename", "m²", expected=2)["code"] == "rename_format"


@pytest.mark.parametrize("content", ["size,colour\n10,red\n", "size,colour,age\n10,red,\n"])
def test_the_options_of_a_refused_file_work_as_they_are_printed(
    predict, table_run, tmp_path, content
):
    file = tmp_path / "new.csv"
    file.write_text(content)
    message = predict(table_run, file, expected=2)["message"]
    (option,) = re.findall(r"--column=\S*median\S*", message)
    assert len(predict(table_run, file, option)["answers"]) == 1


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"\x89PNG", "broken.png", "damaged_image"),
        (b"", "empty.png", "empty_image"),
        (b"1,2,3\n4,5,6\n", "three.csv", "shape_mismatch"),
        (None, "missing.csv", "file_not_found"),
        (None, "missing.png", "file_not_found"),
    ],
)
def test_bad_files_give_status_2_and_one_sentence(
    predict, digits_run, tmp_path, content, name, code
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    goal = tmp_path / "answers.csv"
    assert predict(digits_run, tmp_path / name, "--to", goal, expected=2)["code"] == code
    assert not goal.exists()


def test_files_of_answers_with_another_ending_are_refused_first(predict, digits_run, tmp_path):
    error = predict(digits_run, tmp_path / "no.png", "--to", "answers.txt", expected=2)
    assert error["code"] == "unknown_format"
    nowhere = tmp_path / "no" / "answers.csv"
    error = predict(digits_run, tmp_path / "no.png", "--to", nowhere, expected=2)
    assert error["code"] == "folder_not_found"


def test_the_terminal_lists_findings_and_answers(digits_run, images, capsys, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(digits_run.store.home))
    assert main(["predict", digits_run.run, str(images / NAMES[3])]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("plain name.png  ") and "%" in line


def test_answers_that_are_saved_are_not_offered_to_be_saved(
    values_run, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("LAB_HOME", str(values_run.store.home))
    monkeypatch.setattr("core.commands.prediction.LISTED", 1)
    file = tmp_path / "new.csv"
    file.write_text("rooms;age;tax\n1;2;3\n40;50;60\n")
    for options, is_offered in (([], True), (["--to", str(tmp_path / "answers.csv")], False)):
        assert main(["predict", values_run.run, str(file), *options]) == 0
        assert ("--to" in capsys.readouterr().out) == is_offered


def test_a_sheet_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(cells, "MOST_ROWS", 2)
    with pytest.raises(cells.BadInput) as caught:
        cells.xlsx_content(["a"], [["x"]] * 3)
    assert caught.value.code == "too_many_rows"


def test_characters_that_a_workbook_does_not_allow_are_replaced(tmp_path):
    file = tmp_path / "book.xlsx"
    file.write_bytes(cells.xlsx_content(["a\x01"], [["=b\x02", 1.5], ["'c", None]]))
    sheet = openpyxl.load_workbook(file).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["a·", None],
        ["=b·", 1.5],
        ["'c", None],
    ]
