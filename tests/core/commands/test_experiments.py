"""The command line as a person calls it: exit status, one sentence, one JSON object; the same files
as the app.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs import checkpoint
from core.runs.store import Store

SAMPLE = Path(__file__).parents[3] / "assets" / "digits"
IMAGES, LABELS = str(SAMPLE / "images.csv"), str(SAMPLE / "labels.csv")
QUICK = ["--epochs", "2", "--device", "cpu"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    return tmp_path


def answer(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def refusal(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.rstrip().endswith("."), said
    return said


def test_inspect_answers_rows_shape_classes_and_findings(capsys) -> None:
    found = answer(capsys, "inspect", IMAGES, LABELS)
    assert (found["rows"], found["shape"]) == (1797, [1, 8, 8])
    assert found["classes"] == [str(n) for n in range(10)]
    assert {"code", "message"} <= set(found["findings"][0])


def test_train_answers_scores_and_leaves_a_run(capsys, home: Path) -> None:
    result = answer(
        capsys,
        "train",
        "digits",
        *QUICK,
        "--set",
        "optimizer.learning_rate=0.003",
        "--name",
        "mine",
    )
    assert (result["reason"], result["epochs"]) == ("epochs", 2)
    for part in ("train", "validation", "test"):
        assert 0.5 < result[part]["accuracy"] <= 1 and result[part]["loss"] > 0
    stored = json.loads(Store(home).experiment(result["run"]))
    assert (stored["optimizer"]["learning_rate"], stored["name"], stored["epochs"]) == (
        0.003,
        "mine",
        2,
    )
    listed = answer(capsys, "runs")["runs"]
    assert [(row["run"], row["name"], row["state"]) for row in listed] == [
        (result["run"], "mine", "done")
    ]
    assert listed[0]["test"] == result["test"]


def test_spreadsheets_take_the_place_of_the_data(capsys, home: Path) -> None:
    own = answer(capsys, "train", "digits", *QUICK, "--images", IMAGES, "--labels", LABELS)
    shipped = answer(capsys, "train", "digits", *QUICK)
    assert own["test"] == shipped["test"]  # the same pictures by another way
    tested = answer(
        capsys, "train", "digits", *QUICK, "--images", IMAGES, "--labels", LABELS,
        "--test-images", IMAGES, "--test-labels", LABELS,
    )  # fmt: skip
    started = json.loads(Store(home).read(tested["run"])[0][0])
    assert started["sizes"]["test"] == 1797


def test_an_experiment_file_and_a_kind_alone(capsys, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"epochs": 1, "device": "cpu"}')
    assert answer(capsys, "train", str(path), "--set", "optimizer=sgd")["epochs"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "nothing"], "no shipped experiment"),
        (["train", "digits", "--set", "optimizer.lr=1"], "learning_rate"),
        (["train", "digits", "--set", "epochs"], "PATH=VALUE"),
        (["train", "digits", "--epochs", "many"], "epochs is 'many', but it must be a whole"),
        (["train", "digits", "--epochs", "0"], "at least 1"),
        (["train", "digits", "--device", "cuda:9"], "cuda:9"),
        (["train", "digits", "--labels", LABELS], "--images"),
        (["train", "digits", "--images", "/nowhere.csv"], "nowhere.csv"),
        (["train", "digits", "--images", LABELS, "--labels", LABELS], "labels.csv"),
        (["train", "lenet", "--images", IMAGES, "--labels", LABELS], "Layer 4, conv2"),
        (["inspect", IMAGES, IMAGES], "images.csv"),
        (["inspect", __file__], "test_experiments.py"),
        (["resume", "last"], "run"),
        (["resume", "../x"], "run"),
        (["archive", "last"], "run"),
        (["open", "/nowhere.zip"], "nowhere.zip"),
        (["open", LABELS], "labels.csv is no archive of a run"),
    ],
)
def test_bad_input_is_one_sentence_and_status_two(capsys, arguments: list[str], words: str) -> None:
    assert words in refusal(capsys, *arguments)


def test_presets_print_every_choice_with_its_fields_also_without_json(capsys) -> None:
    assert main(["presets"]) == 0
    printed = capsys.readouterr().out
    for family in answer(capsys, "presets")["families"].values():
        for kind, choice in family.items():
            assert f"  {kind} " in printed or f"  {kind}\n" in printed
            assert all(f" {name}=" in printed for name in choice["fields"])
            assert "deck" not in choice["source"]
    assert max(map(len, printed.splitlines())) <= 100


def test_a_run_goes_to_another_home_as_an_archive(capsys, home: Path, monkeypatch) -> None:
    run = answer(capsys, "train", "digits", *QUICK)["run"]
    packed = answer(capsys, "archive", "last", "--to", str(home / "run.zip"))
    assert (packed["run"], packed["bytes"]) == (run, (home / "run.zip").stat().st_size)
    there = ["--home", str(home / "there")]
    found = answer(capsys, "open", packed["archive"], *there)
    assert (found["run"], found["lacks"]) == (run, "")
    assert answer(capsys, "open", packed["archive"], *there)["run"] != run
    rows = answer(capsys, "runs", *there)["runs"]
    assert [row["state"] for row in rows] == ["done", "done"]
    assert rows[0]["test"] == rows[1]["test"]
    assert main(["open", packed["archive"], *there]) == 0
    assert "digits" in capsys.readouterr().out.lower()


def test_a_finished_run_is_not_resumed(capsys) -> None:
    run = answer(capsys, "train", "digits", *QUICK)["run"]
    assert "is done" in refusal(capsys, "resume", run)


def test_presets_list_every_family(capsys) -> None:
    found = answer(capsys, "presets")
    assert "digits" in found["experiments"]
    assert {"optimizer", "layer", "schedule", "loss", "initializer", "preset", "data set"} <= set(
        found["families"]
    )
    assert found["families"]["optimizer"]["adamw"]["fields"]["weight_decay"] == 0.01


def test_selfcheck_finds_this_machine_sound(capsys) -> None:
    found = answer(capsys, "selfcheck")
    checks = {check["what"]: check["ok"] for check in found["checks"]}
    assert set(checks) == {"Descent Lab", "torch", "torchvision", "devices", "disk", "write access"}
    assert all(ok for what, ok in checks.items() if what != "disk")


def test_people_read_lines(capsys) -> None:
    assert main(["train", "digits", *QUICK]) == 0
    said = capsys.readouterr().out
    assert "epoch 2/2" in said and "% right" in said and "\r" not in said


def test_ctrl_c_saves_the_run_and_resume_goes_on(home: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "core",
        "train",
        "digits",
        "--epochs",
        "100000",
        "--device",
        "cpu",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        said = iter(child.stdout.readline, "")
        run = next(said).split()[1]
        next(line for line in said if line.startswith("epoch 3/"))
        child.send_signal(2)
        rest = child.stdout.read()
        assert child.wait(timeout=60) == 0
    assert "resume it" in rest
    stored = Store(home)
    assert stored.last(run)["reason"] == "stopped"
    assert checkpoint.load(stored, run)["step"] == stored.last(run)["step"] > 0


def test_kill_nine_loses_no_whole_line_and_resume_equals_the_straight_run(
    capsys, home: Path
) -> None:
    """The whole promise: killed at once, resumed from the checkpoint, the same losses bit for
    bit.
    """
    settings = ["--epochs", "400", "--device", "cpu", "--set", "batch_size=128"]
    command = [sys.executable, "-m", "core", "train", "digits", *settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        said = iter(child.stdout.readline, "")
        run = next(said).split()[1]
        saved = Store(home).path(run, "checkpoint.pt")
        next(line for line in said if saved.exists())
        child.kill()
        child.stdout.read()
    assert not Store(home).is_owned(run)
    resumed = answer(capsys, "resume", run)
    straight = answer(capsys, "train", "digits", *settings)
    same = ("epochs", "best_epoch", "train", "validation", "test", "reason")
    assert {k: resumed[k] for k in same} == {k: straight[k] for k in same}


def test_rate_answers_its_points_and_a_suggestion_and_makes_no_run(capsys, home: Path) -> None:
    found = answer(
        capsys, "rate", "digits", "--set", "optimizer.learning_rate=1", "--device", "cpu"
    )
    assert len(found["points"]) > 50 and 5e-4 < found["suggested"]["rate"] < 2e-2
    assert found["suggested"]["rate"] == pytest.approx(found["suggested"]["lowest"] / 10, rel=0.1)
    assert not Store(home).ids()
    assert "no shipped experiment" in refusal(capsys, "rate", "nothing")
