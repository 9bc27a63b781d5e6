"""`python -m core sweep` and `studies` on the command line."""

import json

import pytest

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.runs.store import Store
from core.studies.folder import Studies
from tests.core.commands.test_experiments import IMAGES, LABELS, answer, home, refusal
from tests.core.studies.test_sweeps import make_study

__all__ = ["home"]

QUICK = ["--set", "method.samples=50", "--set", "base.data=digits", "--workers", "1"]


def test_sweep_returns_points_and_findings(capsys, tmp_path) -> None:
    found = answer(capsys, "sweep", "random-features", *QUICK, "--set", "method.ridges=[0,0.1]")
    assert found["reason"] == "done" and len(found["points"]) == 42
    assert found["says"][0].startswith("ridge 0: ") and found["says"][1].startswith("ridge 0.1: ")
    codes = [finding["code"] for finding in found["findings"]]
    assert codes[0] == "double_descent" and len(codes) == 2
    listed = answer(capsys, "studies")
    assert [row["study"] for row in listed["studies"]] == [found["study"]]
    assert listed["studies"][0]["state"] == "done"
    assert refusal(capsys, "sweep", "--resume", "last")["code"] == "not_resumable"


def test_sweep_accepts_a_file_and_own_spreadsheets(capsys, tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(encode(make_study("features")))
    found = answer(
        capsys, "sweep", str(path), "--images", IMAGES, "--labels", LABELS, "--workers", "1"
    )
    assert found["reason"] == "done" and found["points"][0]["samples"] == 50


def test_a_study_of_own_data_is_adapted_as_a_training_is(capsys, home, tmp_path) -> None:
    table = tmp_path / "flowers.csv"
    rows = [f"{i % 7}.5,{i % 5}.25,{'ab'[i % 2]}" for i in range(60)]
    table.write_text("\n".join(["length,width,kind", *rows]))
    quick = ["--set", "base.epochs=1", "--set", "repeats=2", "--workers", "1"]
    own = answer(capsys, "sweep", "multi-start", "--images", str(table), *quick)
    assert own["reason"] == "done"
    base = Studies(home).study(own["study"]).base
    trained = answer(capsys, "train", "digits", "--epochs", "1", "--images", str(table))
    run = decode(Experiment, Store(home).experiment(trained["run"]))
    assert (base.network, base.normalization, base.loss) == (
        run.network, run.normalization, run.loss
    )  # fmt: skip


def test_repeated_seeds_give_a_finding_with_their_statistics(capsys) -> None:
    quick = ["--set", "base.epochs=1", "--set", "repeats=2", "--workers", "1"]
    found = answer(capsys, "sweep", "multi-start", *quick)
    (finding,) = found["findings"]
    assert (finding["code"], finding["groups"][0]["seeds"]) == ("seed_spread", 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing"], "unknown_study"),
        ([], "no_study"),
        (["squared", "--set", "method.samples=3"], "greater_than_equal"),
        (["squared", "--set", "method.nothing=3"], ""),
        (["squared", "--labels", "a.csv"], "images_missing"),
        (["random-features", "--set", "base.data=sine"], "no_classes"),
        (["--resume", "2020"], ""),
    ],
)
def test_bad_input_is_refused_with_its_code(capsys, arguments, code) -> None:
    refused = refusal(capsys, "sweep", *arguments)["code"]
    assert refused == code if code else refused


def test_without_a_terminal_every_point_is_a_line(capsys) -> None:
    from core.__main__ import main

    assert main(["sweep", "random-features", *QUICK, "--set", "method.ridges=[0]"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Study ") and "21 points" in lines[1]
    assert sum("test loss" in line and line.startswith("width") for line in lines) == 21
    assert json.dumps(lines[-1])


def test_changes_of_a_run_and_of_an_experiment_are_compared_and_continued(capsys, home) -> None:
    small = ["--set", 'network=["flatten", "output"]', "--epochs", "1"]
    run = answer(capsys, "train", "digits", *small)["run"]
    quick = ["--without", "weight_decay", "--with", "epochs=2", "--seeds", "2", "--workers", "1"]
    found = answer(capsys, "compare", run, *quick, "--on", "test", "--name", "Two changes")
    study = Studies(home).study(found["study"])
    assert (study.name, study.repeats, study.size) == ("Two changes", 2, 6)
    assert encode(study.base) == Store(home).experiment(run)
    assert study.comparison.measured_on == "test"
    effects = found["findings"][0]["effects"]
    assert {row["change"] for row in effects} == {"Without weight decay", "With epochs 2"}
    assert all(row["seeds"] == 2 and row["part"] == "test" for row in effects)
    assert len(found["says"]) == 3
    assert refusal(capsys, "sweep", "--resume", found["study"])["code"] == "not_resumable"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["digits"], "no_change"),
        (["digits", "--without", "dropout"], "nothing_to_remove"),
        (["digits", "--with", "flip", "--seeds", "0"], "seeds_not_a_number"),
        (["digits", "--with", "flip", "--set", "split.test=0", "--on", "test"], "nothing_held_out"),
        (["digits", "--with", 'layer={"kind":"group_norm","groups":7}'], "unequal_groups"),
        (["nothing", "--with", "flip"], "unknown_experiment"),
        (["last", "--with", "flip"], "run_not_found"),
    ],
)
def test_a_comparison_that_cannot_run_is_refused_before_it_is_created(
    capsys, home, arguments, code
) -> None:
    assert refusal(capsys, "compare", *arguments)["code"] == code
    assert Studies(home).ids() == []
