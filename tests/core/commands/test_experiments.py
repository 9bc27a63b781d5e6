"""The command line: exit status, one error message, one JSON object; the same files as the app."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.base.encoding import decode
from core.data.library import Library
from core.experiment import Experiment
from core.runs import checkpoint
from core.runs.store import Store
from core.runs.summary import summaries
from core.studies import trainer

SAMPLE = Path(__file__).parents[3] / "assets" / "digits"
IMAGES, LABELS = str(SAMPLE / "images.csv"), str(SAMPLE / "labels.csv")
QUICK = ["--epochs", "2", "--device", "cpu"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    return tmp_path


def answer(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    """Run a command with --json and return its result."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def refusal(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    """Run a command that must refuse its input, and return the code and the message; the message
    alone is on standard error.
    """
    assert main([*arguments, "--json"]) == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out.splitlines()[-1])["error"]
    assert printed.err == error["message"] + "\n" and "\n" not in error["message"]
    assert error["message"].endswith(".") and error["code"].isidentifier()
    return error


def test_inspect_returns_rows_shape_classes_and_findings(capsys) -> None:
    found = answer(capsys, "inspect", IMAGES, LABELS)
    assert (found["rows"], found["shape"]) == (1797, [1, 8, 8])
    assert found["classes"] == [str(n) for n in range(10)]
    assert {"code", "text"} <= set(found["findings"][0])


def test_train_returns_scores_and_stores_the_run(capsys, home: Path) -> None:
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
    assert refusal(capsys, "resume", result["run"])["code"] == "not_resumable"  # it has ended


def test_spreadsheets_replace_the_data_of_the_experiment(capsys, home: Path) -> None:
    own = answer(capsys, "train", "digits", *QUICK, "--images", IMAGES, "--labels", LABELS)
    shipped = answer(capsys, "train", "digits", *QUICK)
    assert own["test"] == shipped["test"]  # the same images, read from spreadsheets
    (about,) = Library(home).list()  # the files are stored: an exported script reads them
    stored = [Library(home).uploads.path(digest) for digest in about.upload_hashes[:2]]
    assert [path.read_bytes() for path in stored] == [
        Path(p).read_bytes() for p in (IMAGES, LABELS)
    ]
    tested = answer(
        capsys, "train", "digits", *QUICK, "--images", IMAGES, "--labels", LABELS,
        "--test-images", IMAGES, "--test-labels", LABELS,
    )  # fmt: skip
    started = json.loads(Store(home).read(tested["run"])[0][0])
    assert started["sizes"]["test"] == 1797


def test_what_cannot_work_on_the_data_is_replaced_and_reported(
    capsys, home: Path, tmp_path
) -> None:
    table = tmp_path / "houses.csv"
    rows = [f"{i % 7},{i % 5}.5,{3 * (i % 7) + i % 5}.25" for i in range(60)]
    table.write_text("\n".join(["rooms,area,price", *rows]))
    assert main(["train", "digits", *QUICK, "--images", str(table), "--set", "batch_size=8"]) == 0
    printed = capsys.readouterr().out
    (listed,) = answer(capsys, "runs")["runs"]
    trained = decode(Experiment, Store(home).experiment(listed["run"]))
    assert (trained.loss.kind, trained.normalization.per) == ("mse", "channel")
    assert (trained.batch_size, trained.name, trained.data.title) == (8, "", "houses")
    assert not trained.about  # it describes the digits
    assert printed.count("\n! ") + printed.startswith("! ") == 3  # loss, network, normalization
    assert answer(capsys, "train", "lenet", *QUICK, "--images", IMAGES, "--labels", LABELS)["test"]


def test_train_accepts_an_experiment_file_and_a_kind_without_fields(capsys, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"epochs": 1, "device": "cpu"}')
    assert answer(capsys, "train", str(path), "--set", "optimizer=sgd")["epochs"] == 1


def test_presets_prints_every_choice_with_its_fields(capsys) -> None:
    assert main(["presets"]) == 0
    printed, found = capsys.readouterr().out, answer(capsys, "presets")
    assert "digits" in found["experiments"]
    assert {"optimizer", "layer", "schedule", "loss", "initializer", "preset", "data set"} <= set(
        found["families"]
    )
    assert found["families"]["optimizer"]["adamw"]["fields"]["weight_decay"] == 0.01
    for family in found["families"].values():
        for kind, choice in family.items():
            assert f"  {kind} " in printed or f"  {kind}\n" in printed
            assert all(f" {name}=" in printed for name in choice["fields"])
    assert max(map(len, printed.splitlines())) <= 100


def test_an_archive_moves_a_run_to_another_home(capsys, home: Path, monkeypatch) -> None:
    run = answer(capsys, "train", "digits", *QUICK)["run"]
    path = home / "missing" / "run.zip"
    error = refusal(capsys, "archive", "last", "--to", str(path))
    assert error["code"] == "archive_not_writable" and str(path) in error["message"]
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


def test_selfcheck_passes_and_lists_the_settings_without_the_pin(capsys, monkeypatch) -> None:
    monkeypatch.setenv("LAB_MODE", "class")
    monkeypatch.setenv("LAB_PIN", "480215")
    checks = {check["what"]: check for check in answer(capsys, "selfcheck")["checks"]}
    assert set(checks) == {
        "Descent Lab", "settings", "torch", "torchvision", "devices", "disk", "write access",
    }  # fmt: skip
    assert all(check["ok"] for what, check in checks.items() if what != "disk")
    settings = checks["settings"]["says"]
    assert "LAB_MODE=class" in settings and "LAB_PIN=set" in settings and "480215" not in settings


def test_train_prints_one_line_per_epoch(capsys) -> None:
    assert main(["train", "digits", *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" · ")[0] for line in lines[2:4]] == ["epoch 1/2", "epoch 2/2"]
    assert all("error" in line for line in lines[2:4]) and "\r" not in "".join(lines)


def test_scores_have_the_form_of_the_settings(monkeypatch, capsys) -> None:
    monkeypatch.setenv("LAB_SCORE", "accuracy")
    assert main(["train", "digits", *QUICK]) == main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = [line for line in lines if "error" in line or "accuracy" in line]
    assert len(shown) == 4 and all("accuracy" in line for line in shown)  # epochs, test, list


@pytest.mark.usefixtures("quick_processes")
def test_ctrl_c_saves_the_run_so_that_it_can_be_resumed(home: Path) -> None:
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
        lines = iter(child.stdout.readline, "")
        run = next(lines).split()[1]
        next(line for line in lines if line.startswith("epoch 3/"))
        child.send_signal(signal.SIGINT)
        child.stdout.read()
        assert child.wait(timeout=60) == 0
    stored = Store(home)
    assert stored.last(run)["reason"] == "stopped"
    assert checkpoint.load(stored, run)["step"] == stored.last(run)["step"] > 0


KILLED = """
import os, signal, sys
from core.__main__ import main
from core.runs import checkpoint
from core.training import clock
clock.SAVE_EVERY, save = (0.0, 0.0), checkpoint.save
def save_and_die(store, run, state):
    save(store, run, state)
    print("step", state["step"], flush=True)
    if state["step"] > 30:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint.save = save_and_die
main(sys.argv[1:])
"""


@pytest.mark.usefixtures("quick_processes")
def test_a_killed_run_resumes_with_the_same_results_as_a_straight_run(capsys, home: Path) -> None:
    """Killed without warning and resumed from its checkpoint, a run has the same scores bit for
    bit.
    """
    settings = ["--epochs", "12", "--device", "cpu", "--set", "batch_size=128"]
    command = [sys.executable, "-c", KILLED, "train", "digits", *settings]
    killed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL and "step" in killed.stdout
    (run,) = Store(home).ids()
    assert main(["resume", run, "--device", "auto", "--json"]) == 2
    assert "device_differs" in capsys.readouterr().out
    resumed = answer(capsys, "resume", run)
    straight = answer(capsys, "train", "digits", *settings)
    same = ("epochs", "best_epoch", "train", "validation", "test", "reason")
    assert {k: resumed[k] for k in same} == {k: straight[k] for k in same}


def test_rate_returns_points_and_a_suggestion_and_stores_no_run(capsys, home: Path) -> None:
    found = answer(
        capsys, "rate", "digits", "--set", "optimizer.learning_rate=1", "--device", "cpu"
    )
    assert len(found["points"]) > 50 and 5e-4 < found["suggested"]["rate"] < 2e-2
    assert found["suggested"]["rate"] == pytest.approx(found["suggested"]["lowest"] / 10, rel=0.1)
    assert not Store(home).ids()
    assert "nothing" in refusal(capsys, "rate", "nothing")["message"]


def test_fork_goes_on_from_an_epoch_and_names_the_difference(capsys, home: Path) -> None:
    parent = answer(capsys, "train", "digits", *QUICK)["run"]
    setting = ["--set", "optimizer.learning_rate=0.003"]
    forked = answer(capsys, "fork", "last", "--epoch", "1", "--extend", "2", *setting)
    assert (forked["parent"], forked["reason"], forked["epochs"]) == (parent, "epochs", 3)
    assert forked["difference"] == "AdamW: learning rate η: 1e-3 → 3e-3; Epochs: 2 → 3"
    held = answer(capsys, "fork", parent, "--extend", "1", "--schedule", "held")
    experiment = decode(Experiment, Store(home).experiment(held["run"]))
    assert (experiment.epochs, experiment.fork.epoch, experiment.schedule.kind) == (
        3,
        2,
        "constant",
    )
    for options, code in (
        (["--epoch", "x"], "not_a_whole_number"),
        (["--epoch", "9"], "fork_epoch_unknown"),
        ([], "fork_without_epochs"),
        (["--epoch", "1", "--set", "loss=mse"], "fork_changes_loss"),
        (["--epoch", "1", "--set", "epochs=many"], "int_parsing"),
    ):
        assert refusal(capsys, "fork", parent, *options)["code"] == code


def test_several_values_train_a_batch_in_which_one_that_fails_does_not_hold_up_the_others(
    capsys, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consume, seen = trainer._consume, []

    def fails_at_second(store, run, *more):
        seen.append(decode(Experiment, store.experiment(run)))
        if len(seen) == 2:
            raise MemoryError
        return consume(store, run, *more)

    monkeypatch.setattr(trainer, "_consume", fails_at_second)
    rates = "--set", "optimizer.learning_rate=0.1,0.01,0.001"
    assert main(["train", "spirals", "--epochs", "1", *rates, "--json"]) == 1
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [e.optimizer.learning_rate for e in seen] == [0.1, 0.01, 0.001]
    assert [run["reason"] for run in result["runs"]] == ["epochs", "failed", "epochs"]
    rows, _ = summaries(Store(home))
    assert {row.batch.id for row in rows} == {result["batch"]} == {result["runs"][0]["run"]}
    assert {row.name for row in rows} == {e.name for e in seen} and len(rows) == 3


def test_a_diverged_run_of_a_batch_is_not_counted_as_finished(capsys, home: Path) -> None:
    rates = "--set", "optimizer.learning_rate=10,0.01"
    main(["train", "digits-too-fast", "--epochs", "1", *rates, "--json"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [run["reason"] for run in result["runs"]] == ["diverged", "epochs"]
    assert result["reason"] == "diverged" and result["message"].startswith("1 of 2 runs")


def test_a_batch_with_an_invalid_value_or_too_many_is_refused_before_it_begins(
    capsys, home
) -> None:
    for values, code in (("0.1,-1", "greater_than"), ("0.001...0.1,30", "too_many_runs")):
        rates = "--set", f"optimizer.learning_rate={values}"
        assert refusal(capsys, "train", "spirals", *rates)["code"] == code
    assert not Store(home).ids()
