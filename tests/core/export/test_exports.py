"""Exports are written to a folder, or prepared once for the same weights; every refusal has its
reason.
"""

import json
import zipfile
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from core.__main__ import main
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.finding import Finding
from core.data.dataset import Facts
from core.experiment import Experiment, load
from core.export import exports
from core.export.catalogue import ExportFormat  # all members are defined before a test adds one
from core.export.experiment_format import ExperimentFormat
from core.export.export_format import Result, Writing
from core.jobs.measure import EXPORT, measure
from core.runs.store import Store
from tests.conftest import ended, script, write
from tests.core.export.conftest import TINY, made_up


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> type[ExportFormat]:
    """A format of some text files, or of one folder; it is in the family for one test."""
    monkeypatch.setattr(ExportFormat, "members", dict(ExportFormat.members))

    class NotesFormat(ExportFormat):
        """Writes lines of text."""

        kind: Literal["test_notes"] = "test_notes"
        label: ClassVar[str] = "Notes"
        suffix: ClassVar[str] = ".txt"
        files: int = 1
        as_folder: bool = False

        def unsuitable(self, experiment: Experiment, facts: Facts | None) -> str:
            return "Too many files. Choose fewer." if self.files > len(facts.classes) else ""

        def write(self, store: Store, run: str, path: Path) -> Writing:
            yield 0.5, "Writing"
            if self.as_folder:
                path.mkdir()
                path = path / "inside.txt"
            for k in range(self.files):
                target = path.with_name(f"more{k}.txt") if k else path
                target.write_text(run)
            return {"lines": self.files}

        def findings(self, result: Result) -> list[Finding]:
            return [Finding("test_lines", "ok", "All lines are there.", result)]

    return NotesFormat


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_an_exported_experiment_opens_as_the_same_one(store, tmp_path, form):
    run = made_up(store)
    files, _ = exports.export(store, run, ExperimentFormat(form=form), tmp_path / f"mine.{form}")
    assert encode(load(str(files[0]))) == store.experiment(run)


def prepare(store: Store, run: str, format: ExportFormat) -> exports.Prepared:
    shares = [share for share, _ in exports.prepare(store, run, format)]
    assert shares == sorted(shares)
    return exports.prepared(store, run, format)


def test_an_export_is_prepared_once_and_replaces_the_last_one_of_its_kind(store, notes):
    run = made_up(store)
    one, three = notes(), notes(files=3)
    assert exports.prepared(store, run, one) is None
    ready = prepare(store, run, one)
    assert ready.path.name == "Tiny.txt" and ready.path.read_text() == run
    assert ready.result == {"lines": 1} and exports.prepared(store, run, three) is None
    ready = prepare(store, run, three)
    with zipfile.ZipFile(ready.path) as packed:
        assert sorted(packed.namelist()) == ["Tiny.txt", "more1.txt", "more2.txt"]
    assert exports.prepared(store, run, one) is None
    assert len(list(store.path(run, exports.FOLDER).iterdir())) == 1
    ready = prepare(store, run, notes(as_folder=True))
    with zipfile.ZipFile(ready.path) as packed:
        assert "Tiny.txt/inside.txt" in packed.namelist()


def test_files_of_two_formats_have_different_names() -> None:
    """A browser would call the second one of them "Digits (1).html", and the command line would
    replace the first one.
    """
    members = ExportFormat.members.values()
    files = [(m.title, m.suffix) for m in members if m.suffix]
    assert len(set(files)) == len(files)
    assert len({member().file_name("run") for member in members}) == len(members)


def test_what_needs_no_weights_is_prepared_for_a_run_that_diverged(store):
    run = store.create(encode(TINY))
    write(store, run, [*script(), ended("diverged")])
    formats = {k: m for k, m in ExportFormat.members.items() if not m.needs_weights}
    assert formats.keys() >= {"script", "notebook", "report"}
    for member in formats.values():
        ready = prepare(store, run, member())
        assert ready.path.name.startswith("Tiny") and ready.path.stat().st_size > 0


def test_a_damaged_export_is_prepared_again(store, notes):
    run = made_up(store)
    ready = prepare(store, run, notes())
    (ready.path.parent / exports.RESULT).write_text("{}")
    assert exports.prepared(store, run, notes()) is None
    assert prepare(store, run, notes()).result == {"lines": 1}
    ready.path.unlink()
    assert exports.prepared(store, run, notes()) is None


def test_a_task_prepares_it_and_says_what_it_is_doing(store, notes):
    run = made_up(store)
    answers = list(measure(store.home, EXPORT, encode(notes()), run))
    assert [found.get("note") for _, found in answers] == [None, "Writing"]
    assert exports.prepared(store, run, notes())


def test_the_command_writes_all_files_to_the_path(store, notes, tmp_path, capsys):
    run = made_up(store)
    target = tmp_path / "new" / "mine.txt"
    command = ["export", run, "--home", str(store.home), "--to", "test_notes", "--json"]
    assert main([*command, "--file", str(target), "--set", "files=2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["files"] == [str(target), str(target.with_name("more1.txt"))]
    assert report["result"] == {"lines": 2} and report["findings"][0]["code"] == "test_lines"
    assert sorted(path.name for path in target.parent.iterdir()) == ["mine.txt", "more1.txt"]
    assert main([*command, "--file", str(target)]) == 0  # replaces the file
    target.with_name("more1.txt").write_text("mine")
    assert main([*command, "--file", str(target), "--set", "files=2"]) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["code"] == "export_exists"
    assert target.with_name("more1.txt").read_text() == "mine"
    folder = ["--set", "as_folder=true", "--file", str(tmp_path / "folder")]
    assert main([*command, *folder]) == 0
    capsys.readouterr()
    assert main([*command, *folder]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "export_exists"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--to", "nothing"], "unknown_format"),
        (["--to", "test_notes", "--set", "files=11"], "export_unsuitable"),
        (["--to", "test_notes", "--set", "lines=1"], "unknown_path"),
        (["--to", "test_notes", "--file", "/proc/none/file"], "export_not_writable"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(options, code, store, notes, capsys):
    run = made_up(store)
    assert main(["export", run, "--home", str(store.home), "--json", *options]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_run_without_an_end_and_missing_packages_are_refused(store, notes, monkeypatch):
    run = store.create(encode(Experiment()))
    assert exports.problem(store, run, notes()).code == "run_not_ended"
    run = made_up(store)
    assert exports.problem(store, run, notes()) is None
    monkeypatch.setattr(notes, "packages", ("json", "not_installed"))
    monkeypatch.setattr(notes, "requirements", "requirements-some.txt")
    error = exports.problem(store, run, notes())
    assert error.code == "packages_missing" and "requirements-some.txt" in str(error)
    with pytest.raises(LabError):
        list(exports.prepare(store, run, notes()))
    assert not list(store.path(run, exports.FOLDER).iterdir())
