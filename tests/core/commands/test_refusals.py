"""Invalid input of any command: exit status 2, and one sentence, printed once."""

import json
from argparse import _SubParsersAction
from pathlib import Path

import pytest

from core.__main__ import main, parser
from core.base.errors import BadExperiment, LabError
from core.commands import (
    catalogue,
    cluster,
    comparison,
    evaluation,
    experiments,
    exporting,
    inspection,
    lessons,
    prediction,
    runs,
    search,
    selfcheck,
    studies,
    verification,
    weights,
)
from core.runs import checkpoint
from core.runs.store import Store
from core.studies.sweeps import _Sweep
from tests.core.commands.test_experiments import IMAGES, LABELS, home, refusal

CONVOLUTION = '[{"kind": "conv2d"}, {"kind": "flatten"}, {"kind": "output"}]'

__all__ = ["home"]

COMMANDS = {  # every command with arguments that parse, and its function
    "inspect": (["a.csv"], inspection, "inspect"),
    "train": (["digits"], experiments, "train"),
    "rate": (["digits"], experiments, "find_learning_rate"),
    "evaluate": (["last"], evaluation, "evaluate"),
    "resume": (["last"], experiments, "resume"),
    "fork": (["last"], experiments, "fork"),
    "runs": ([], runs, "list_runs"),
    "sweep": (["samples"], studies, "sweep"),
    "compare": (["digits"], comparison, "compare"),
    "studies": ([], studies, "studies"),
    "search": (["digits"], search, "search"),
    "searches": ([], search, "searches"),
    "cluster": ([], cluster, "cluster"),
    "archive": (["last"], runs, "archive_run"),
    "open": (["a.zip"], runs, "open_archive"),
    "verify": (["last"], verification, "verify_run"),
    "predict": (["last", "a.csv"], prediction, "predict"),
    "export": (["last", "--to", "script"], exporting, "export"),
    "load": (["a.pth"], weights, "load_weights"),
    "presets": ([], catalogue, "presets"),
    "lessons": ([], lessons, "lessons"),
    "techniques": ([], catalogue, "techniques"),
    "glossary": (["adam"], catalogue, "glossary"),
    "selfcheck": ([], selfcheck, "selfcheck"),
}
READERS = ("rate", "selfcheck", "inspect")  # they need no folder
BATCH_OF_ONE = {
    "data": "moons",
    "network": [{"kind": "batch_norm"}, {"kind": "output"}],
    "split": {"validation": 0.0, "test": 0.0},
    "batch_size": 599,
    "device": "cpu",
}


def error_classes(base: type[LabError] = LabError) -> list[type[LabError]]:
    return [base, *(cls for inner in base.__subclasses__() for cls in error_classes(inner))]


@pytest.fixture
def batch_of_one(tmp_path: Path) -> str:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(BATCH_OF_ONE))
    return str(path)


def test_every_command_is_in_this_table() -> None:
    (commands,) = (a for a in parser()._actions if isinstance(a, _SubParsersAction))
    assert set(commands.choices) == set(COMMANDS)


@pytest.mark.parametrize("cls", error_classes())
@pytest.mark.parametrize("command", COMMANDS)
def test_every_error_of_every_command_gives_status_2(capsys, monkeypatch, command, cls) -> None:
    arguments, module, function = COMMANDS[command]

    def refuse(*_: object) -> None:
        raise cls("This is refused.", code="the_rule")

    monkeypatch.setattr(module, function, refuse)
    error = refusal(capsys, command, *arguments)
    assert (error["code"], error["message"]) == ("the_rule", "This is refused.")


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_options_are_refused_like_any_other_input(capsys, command) -> None:
    assert refusal(capsys, command, *COMMANDS[command][0], "--no-such")["code"] == "invalid_options"


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "digits"], ["train", "digits", "--images", IMAGES, "--labels", LABELS],
        ["rate", "digits"], ["resume", "last"], ["runs"], ["studies"], ["selfcheck"],
        ["sweep", "samples"], ["archive", "last"], ["open", LABELS], ["inspect", IMAGES, LABELS],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_home_that_cannot_be_written_is_no_internal_error(capsys, tmp_path, arguments) -> None:
    (tmp_path / "file").write_text("")  # nobody can create a folder below a file, not even root
    status = main([*arguments, "--home", str(tmp_path / "file" / "lab")])
    printed = capsys.readouterr()
    assert status == (0 if arguments[0] in READERS else 2)
    assert printed.err.count("\n") == (status == 2) and "Traceback" not in printed.err


def test_a_file_that_cannot_be_written_is_refused_with_its_name(capsys, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/nowhere/notes.json")

    monkeypatch.setattr(runs, "list_runs", refuse)
    error = refusal(capsys, "runs")
    assert error["code"] == "file_not_accessible" and "/nowhere/notes.json" in error["message"]


@pytest.mark.parametrize("command", ["train", "resume"])
def test_a_refusal_within_a_training_is_printed_once(capsys, monkeypatch, home, command) -> None:
    runs_here = Store(home)
    name = "digits" if command == "train" else runs_here.create("{}")

    def refuse(*_: object) -> None:
        raise BadExperiment("This checkpoint is refused.", code="the_rule")

    monkeypatch.setattr(checkpoint, "load", refuse)
    assert main([command, name]) == 2
    printed = capsys.readouterr()
    assert printed.err == "This checkpoint is refused.\n" and "refused" not in printed.out
    (run,) = runs_here.ids()
    assert runs_here.last(run)["code"] == "the_rule"
    assert refusal(capsys, command, name)["code"] == "the_rule"


def test_a_refusal_within_a_study_is_printed_once(capsys, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise BadExperiment("This point is refused.", code="the_rule")

    monkeypatch.setattr(_Sweep, "run", refuse)
    assert main(["sweep", "samples", "--data", "digits"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "This point is refused.\n" and "refused" not in printed.out


@pytest.mark.parametrize("arguments", [["train", "digits"], ["sweep", "samples"]])
def test_an_internal_error_gives_status_1_and_is_printed_once(
    capsys, monkeypatch, arguments
) -> None:
    def break_down(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(checkpoint, "load", break_down)
    monkeypatch.setattr(_Sweep, "run", break_down)
    assert main([*arguments, "--device", "cpu"]) == 1
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count("Internal error (ArithmeticError)") == 1


@pytest.mark.parametrize(
    "command", [["train"], ["rate"], ["sweep", "multi-start", "--experiment"]], ids=lambda c: c[0]
)
def test_a_last_batch_of_one_sample_is_refused_before_anything_is_created(
    capsys, home: Path, batch_of_one: str, command: list[str]
) -> None:
    assert refusal(capsys, *command, batch_of_one)["code"] == "batch_of_one"
    assert not Store(home).ids() and not Store(home, "studies").ids()


def test_a_study_is_refused_for_any_of_its_experiments(capsys, batch_of_one: str) -> None:
    arguments = ["sweep", "setting", "--experiment", batch_of_one]
    axis = '{"kind": "field", "path": "batch_size", "values": [600, 599]}'
    assert refusal(capsys, *arguments, "--set", f"axes=[{axis}]")["code"] == "batch_of_one"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["train", "digits", "--set", "epochs"], "assignment_without_value"),
        (["train", "digits", "--labels", LABELS], "images_missing"),
        (["train", "digits", "--images", IMAGES, "--shape", "8"], "shape_format"),
        (["train", "digits", "--images", IMAGES, "--white", "x"], "not_a_number"),
        (["train", "digits", "--epochs", ""], "int_parsing"),
        (["train", "digits", "--data", "nothing"], "unknown_kind"),
        (["train", "digits", "--data", "moons", "--images", IMAGES], "data_named_twice"),
        (["train", "digits", "--data", "moons", "--set", f"network={CONVOLUTION}"], "needs_images"),
        (["sweep", "samples", "--workers", "0"], "workers_not_a_number"),
        (["sweep", "samples", "--workers", "many"], "workers_not_a_number"),
        (["train"], "invalid_options"),
        (["nothing"], "invalid_options"),
        (["open", "/nowhere.zip"], "archive_not_readable"),
    ],
)
def test_invalid_options_are_refused_with_their_code(capsys, arguments, code) -> None:
    assert refusal(capsys, *arguments)["code"] == code


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["train", "nothing"], "nothing"),
        (["train", "digits", "--set", "optimizer.lr=1"], "learning_rate"),
        (["train", "digits", "--epochs", "many"], "'many'"),
        (["train", "digits", "--epochs", "0"], "1"),
        (["train", "digits", "--device", "cuda:9"], "cuda:9"),
        (["train", "digits", "--images", "/nowhere.csv"], "nowhere.csv"),
        (["train", "digits", "--images", LABELS, "--labels", LABELS], "labels.csv"),
        (["inspect", IMAGES, IMAGES], "images.csv"),
        (["inspect", __file__], "test_refusals.py"),
        (["resume", "last"], "runs"),
        (["resume", "../x"], "../x"),
        (["archive", "last"], "runs"),
        (["open", LABELS], "labels.csv"),
    ],
)
def test_bad_input_is_one_message_that_names_the_value(capsys, arguments, value) -> None:
    assert value in refusal(capsys, *arguments)["message"]
