"""What interrupts a command from outside: a closed pipe, a full disk behind it, and Ctrl+C."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

import pytest

from core.__main__ import INTERRUPTED, main
from core.base.events import Epoch
from core.commands import studies, training_log
from core.runs import checkpoint
from core.runs.state import RunState, stored_state
from core.runs.store import Store
from core.studies.folder import Studies
from tests.core.commands.test_experiments import IMAGES, LABELS, QUICK, answer, home

__all__ = ["home"]

SWEEP = ["sweep", "samples", "--set", "method.samples=50", "--workers", "1"]


@contextmanager
def unread_output() -> Iterator[TextIO]:
    """Give this process a standard output whose reader has ended, as after `| head -3`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream, redirect_stdout(stream):
        yield stream


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "digits", *QUICK], ["train", "digits", *QUICK, "--json"],
        ["inspect", IMAGES, LABELS], SWEEP, ["runs"], ["studies"], ["presets"], ["techniques"],
        ["techniques", "--json"], ["selfcheck"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_goes_on_when_nobody_reads_its_output(home, arguments) -> None:
    with unread_output():
        assert main(arguments) == 0
    done = [stored_state(Store(home), run) for run in Store(home).ids()]
    done += [stored_state(Studies(home), study) for study in Studies(home).ids()]
    assert done == [RunState.DONE] * (arguments[0] in ("train", "sweep"))


@pytest.mark.parametrize("arguments", [["train", "nothing"], ["resume", "last", "--json"]])
def test_a_refusal_keeps_its_status_when_nobody_reads_it(arguments) -> None:
    with unread_output() as stream, redirect_stderr(stream):
        assert main(arguments) == 2


def test_a_console_without_these_characters_gets_others(monkeypatch, home) -> None:
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp437")
    monkeypatch.setattr(sys, "stdout", console)
    assert main(["techniques"]) == 0
    console.flush()
    assert b"| ? |" in console.buffer.getvalue()


def press_twice(*_: object) -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_twice_leaves_a_run_that_can_be_resumed(capfd, monkeypatch, home: Path) -> None:
    show = training_log.TrainingLog.__call__

    def press_after_the_checkpoint(log, event) -> None:
        show(log, event)
        if isinstance(event, Epoch) and event.epoch == 2:
            run = Store(home).ids()[0]
            checkpoint.save(Store(home), run, {"step": 1234})
            press_twice()

    monkeypatch.setattr(training_log.TrainingLog, "__call__", press_after_the_checkpoint)
    assert main(["train", "digits", "--device", "cpu"]) == INTERRUPTED
    run, printed = Store(home).ids()[0], capfd.readouterr()
    assert stored_state(Store(home), run) == RunState.INTERRUPTED
    message = printed.err.splitlines()[-1]
    assert run in message and "1\u202f234" in message and "epoch 3/" not in printed.out


def test_ctrl_c_twice_leaves_a_study_that_can_be_resumed(capsys, monkeypatch, home: Path) -> None:
    show = studies._StudyLog.__call__

    def press_after_a_point(log, event) -> None:
        show(log, event)
        if len(log.records) == 5:
            press_twice()

    with monkeypatch.context() as patched:
        patched.setattr(studies._StudyLog, "__call__", press_after_a_point)
        assert main(SWEEP) == INTERRUPTED
    (study,) = Studies(home).ids()
    assert stored_state(Studies(home), study) == RunState.INTERRUPTED
    assert study in capsys.readouterr().err
    resumed = answer(capsys, "sweep", "--resume", "last", "--workers", "1")
    assert resumed["reason"] == "done"


@pytest.mark.parametrize("arguments", [["presets"], ["train", "digits"]])
def test_ctrl_c_before_anything_has_started_ends_without_a_traceback(
    capsys, monkeypatch, home: Path, arguments
) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.commands.catalogue.shipped", press)
    monkeypatch.setattr("core.commands.requested.load", press)
    assert main(arguments) == INTERRUPTED
    assert capsys.readouterr().err.count("\n") == 1 and not Store(home).ids()
