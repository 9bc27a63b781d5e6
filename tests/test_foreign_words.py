"""Other people's words at the doors of the engine: no name becomes a path (S4), no cell of an
export is a formula (S6).
"""

import csv
import io
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.access.ownership import LAB
from core.base.cells import FORMULA, plain
from core.base.encoding import encode
from core.base.errors import LabError
from core.data.library import Library
from core.experiment import Experiment
from core.export.curves import curves_csv
from core.jobs import runner
from core.jobs.lane import Lane
from core.jobs.runner import Runner
from core.runs import notes, trash
from core.runs.draft_store import Drafts
from core.runs.store import EXPERIMENT, Store
from core.runs.summary import summaries
from core.studies.folder import Studies
from pages.kit import feed
from pages.parts.runs.actions import as_csv
from tests.conftest import ended, script, write

NAMES = [
    "", ".", "..", "../x", "../../x", "x/../../y", "/etc/passwd", "/", "//", "./x", "~", "~root",
    "..\\x", "..\\..\\x", "C:\\x", "C:x", "\\\\host\\x", "CON", "NUL", "con.json", "aux.", "x ",
    " x",
    "a\0b", "\0", "a\nb", "a\rb", "\u202ex", "／", "．．", "．．／x", "%2e%2e%2f", "%00", "x" * 300,
    "é" * 200, "20260101-000000-abcde/", "20260101-000000-abcdef\n", "20260101-000000-ABCDEF",
    "20260101-000000-abcdef/../x", "０" * 8 + "-000000-abcdef",
]  # fmt: skip


def test_no_name_becomes_a_path_at_any_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(set(NAMES)) == 40
    home = tmp_path / "deep" / "home"
    store = Store(home)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(runner, "_current", Runner(store))
    lab, studies, library, drafts = runner.current(), Studies(home), Library(home), Drafts(home)
    trash.delete(store, store.create(encode(Experiment())))
    (tmp_path / "deep" / "x").mkdir()  # what a way out of the home could find
    (tmp_path / "deep" / "x" / "experiment.json").write_text("{}")
    (store.root / "x").mkdir()
    (store.root / "x" / "experiment.json").write_text("{}")
    doors = [
        store.path, store.experiment, store.size, store.read, store.last, store.is_owned,
        store.checkpoints, partial(trash.delete, store), partial(trash.restore, store),
        store.trash.path, studies.study,
        lambda name: store.content(name, EXPERIMENT), lambda name: store.append(name, "{}"),
        lambda name: store.write(name, "notes.json", b""), lambda name: store.own(name).__enter__(),
        lambda name: store.save(name, lambda file: file.write(b"x")), lab.status,
        lambda name: lab.resume(name, by=LAB), lambda name: lab.delete(name, by=LAB),
        lambda name: lab.restore(name, by=LAB), library.about, library.delete, drafts.read,
    ]  # fmt: skip
    assert len(doors) == 23
    before = tree(tmp_path)
    for name in NAMES:
        for door in doors:
            with pytest.raises(LabError):
                door(name)
        lab.stop(name, by=LAB), lab.pause(name, by=LAB)  # nothing is at work under it
        assert feed._allowed(asked(name, "")) is False
        assert store.free_id(name) != name
        assert drafts.write(name, "{}", "").isalnum()
    assert {path for path in tree(tmp_path) - before if path.parent != home / "drafts"} == {
        home / "drafts", home / "secret"
    }  # fmt: skip


def asked(run: str, token: str) -> object:
    """A request to the feed, as far as its guard looks at it."""
    return SimpleNamespace(query_params={"token": token}, path_params={"run": run})


def tree(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_an_export_is_a_formula(tmp_path: Path, sign: str) -> None:
    words = f"{sign}cmd()"
    assert plain(words) == f"'{words}"
    assert plain(f"a{sign}") == f"a{sign}" and plain("") == ""
    store = Store(tmp_path)
    run = store.create(encode(Experiment(name=words)))
    notes.write(store, run, notes.make_notes(f"{sign}note", (f"{sign}tag",)))
    write(store, run, [*script(), ended()])
    (row,) = csv.DictReader(io.StringIO(as_csv(summaries(store)[0])))
    assert not any(cell.startswith(FORMULA) and not number(cell) for cell in row.values())
    assert row["Name"].strip("'").strip() == words.strip()
    assert (
        float(row["Learning rate"]) == Experiment().optimizer.learning_rate
        and row["Best epoch"] == "4"
    )
    with feed.Tail(store, run).read() as history:
        lines = curves_csv(history).splitlines()[1:]
    assert all(number(cell) for line in lines for cell in line.split(",") if cell)


def number(cell: str) -> bool:
    try:
        return float(cell) is not None
    except ValueError:
        return False
