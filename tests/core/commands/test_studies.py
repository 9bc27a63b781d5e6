"""`python -m core sweep` and `studies` as a person calls them."""

import json

import pytest

from core.base.encoding import encode
from tests.core.commands.test_experiments import IMAGES, LABELS, answer, home, refusal
from tests.core.studies.test_sweeps import made

__all__ = ["home"]

QUICK = ["--set", "method.samples=50", "--set", "base.data=digits", "--workers", "1"]


def test_sweep_answers_points_and_what_they_say(capsys, tmp_path) -> None:
    found = answer(capsys, "sweep", "random-features", *QUICK, "--set", "method.ridges=[0,0.1]")
    assert found["reason"] == "done" and len(found["points"]) == 42
    assert found["says"][0].startswith("ridge 0: ") and found["says"][1].startswith("ridge 0.1: ")
    listed = answer(capsys, "studies")
    assert [row["study"] for row in listed["studies"]] == [found["study"]]
    assert listed["studies"][0]["state"] == "done"
    assert "is done" in refusal(capsys, "sweep", "--resume", "last")


def test_sweep_takes_a_file_and_own_spreadsheets(capsys, tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(encode(made("features")))
    found = answer(
        capsys, "sweep", str(path), "--images", IMAGES, "--labels", LABELS, "--workers", "1"
    )
    assert found["reason"] == "done" and found["points"][0]["samples"] == 50


def test_many_starts_say_mean_spread_and_best(capsys) -> None:
    quick = ["--set", "base.epochs=1", "--set", "repeats=2", "--workers", "1"]
    found = answer(capsys, "sweep", "multi-start", *quick)
    assert "over 2 seeds" in found["says"][0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "no file and no shipped study"),
        ([], "give a JSON file"),
        (["squared", "--set", "method.samples=3"], "at least 40"),
        (["squared", "--set", "method.nothing=3"], "has no 'nothing'"),
        (["squared", "--labels", "a.csv"], "need --images"),
        (["random-features", "--set", "base.data=sine"], "choose data with classes"),
        (["--resume", "2020"], "begin with '2020'"),
    ],
)
def test_bad_input_is_one_sentence(capsys, arguments, says) -> None:
    assert says in refusal(capsys, "sweep", *arguments)


def test_a_line_a_point_where_nobody_watches(capsys) -> None:
    from core.__main__ import main

    assert main(["sweep", "random-features", *QUICK, "--set", "method.ridges=[0]"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Study ") and "21 points" in lines[1]
    assert sum("test loss" in line and line.startswith("width") for line in lines) == 21
    assert json.dumps(lines[-1])
