"""Sweeps: every point exactly once, however it is divided into chunks, processes and sessions."""

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from core.base.control import GO, LEAVE, STOP, STOP_BY_TEACHER
from core.base.encoding import build, encode
from core.base.errors import BadInput
from core.base.events import Ended
from core.studies import sweeps
from core.studies.folder import Studies
from core.studies.method import Method
from core.studies.records import Record, StudyStarted, curve, progress
from core.studies.study import Study
from core.studies.sweeps import create, execute

TINY = {"samples": 50}
NETS = {"kind": "networks", **TINY, "steps": 60, "evaluations": 3, "ratios": [0.3, 1, 4, 60]}
BASE = {"epochs": 2, "label_noise": {"share": 0.2}, "device": "cpu"}
DENSE = [{"kind": "flatten"}, {"kind": "linear", "units": 8}, {"kind": "relu"}, {"kind": "output"}]
STUDIES = {
    "features": {"method": {"kind": "random_features", **TINY}},
    "rows": {"method": {"kind": "random_features", **TINY, "along": "samples"}},
    "networks": {"method": NETS | {"decays": [0, 0.1]}},
    "networks by rows": {"method": NETS | {"along": "samples", "width": 6, "ratios": [0.5, 1, 2]}},
    "reuse": {"method": NETS | {"reuse": True}},
    "steps": {"method": {"kind": "closed_form", **TINY, "evaluations": 5}},
    "epochs": {"method": {"kind": "cnn", **TINY, "width": 2, "epochs": 3}},
    "trained": {
        "method": "trained",
        "base": BASE | {"network": DENSE},
        "axes": [{"kind": "width", "values": [2, 5]}],
    },
    "two noises": {
        "method": {"kind": "random_features", **TINY, "ratios": [0.5, 1, 2]},
        "axes": [{"kind": "field", "path": "label_noise.share", "values": [0, 0.3]}],
    },
}


def make_study(name: str) -> Study:
    return build(Study, {"base": BASE, "repeats": 2} | STUDIES[name])


def points(home: Path, study_id: str) -> list:
    events, _ = Studies(home).events(study_id)
    records = [event for event in events if isinstance(event, Record)]
    return sorted(records, key=lambda r: (r.proposal, r.chunk, r.index))


def numbers(home: Path, study_id: str) -> list:
    """All that must be equal, as text, for NaN is not equal to itself."""
    return [
        (r.proposal, r.chunk, r.index, str(r.coordinates), str(r.point))
        for r in points(home, study_id)
    ]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, str]]:
    """The home and the id of a study that was computed in one go; each is computed once."""
    home = tmp_path_factory.mktemp("straight")

    @cache
    def compute(name: str) -> tuple[Path, str]:
        study_id = create(home, make_study(name))
        assert execute(home, study_id, processes=1).reason == "done"
        return home, study_id

    return compute


def test_every_method_is_covered() -> None:
    assert {make_study(name).method.kind for name in STUDIES} == set(Method.members)


@pytest.mark.parametrize("name", STUDIES)
def test_an_interrupted_stopped_and_resumed_study_equals_a_straight_one(
    name: str, tmp_path: Path, straight
) -> None:
    whole, broken = straight(name), create(tmp_path, make_study(name))
    total = len(points(*whole))
    for word, reason in ((LEAVE, None), (STOP, "stopped"), (GO, "done")):
        seen: list[Record] = []

        def watch(event, seen=seen) -> None:
            seen += [event] if isinstance(event, Record) else []

        def poll_control(sweep, seen=seen, word=word) -> str:
            return word if seen else GO

        ended = execute(tmp_path, broken, poll_control, watch, processes=1)
        assert (ended and ended.reason) == reason or len(points(tmp_path, broken)) == total
    assert numbers(tmp_path, broken) == numbers(*whole)
    home, study_id = whole
    begun = next(e for e in Studies(home).events(study_id)[0] if isinstance(e, StudyStarted))
    assert begun.points == total
    result = progress(points(*whole), begun)
    assert (result.points, result.total) == (total, total)
    assert max(r.fraction for r in points(*whole)) == pytest.approx(1.0)


@pytest.mark.parametrize(("word", "by"), [(STOP, ""), (STOP_BY_TEACHER, "the teacher")])
def test_a_stopped_study_records_who_stopped_it(word: str, by: str, tmp_path: Path) -> None:
    study = create(tmp_path, make_study(next(iter(STUDIES))))
    ended = execute(tmp_path, study, lambda _: word, processes=1)
    assert ended.by == by and by in ended.message


@pytest.mark.parametrize("name", ["networks", "trained"])
def test_two_processes_give_the_points_of_one(
    name: str, tmp_path: Path, straight, monkeypatch
) -> None:
    monkeypatch.setattr(sweeps, "MIN_SECONDS", -1.0)
    two = create(tmp_path, make_study(name))
    begun: list[StudyStarted] = []
    helped = execute(
        tmp_path, two, watch=lambda e: begun.append(e) if isinstance(e, StudyStarted) else None,
        processes=2,
    )  # fmt: skip
    assert helped.reason == "done" and begun[0].workers == 2
    assert numbers(tmp_path, two) == numbers(*straight(name))


KILLED = """
import os, signal, sys
from core.__main__ import main
from core.studies import sweeps
write = sweeps._Sweep._write
written = []
def write_and_die(*arguments):
    write(*arguments)
    written.append(1)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
sweeps._Sweep._write = write_and_die
main(sys.argv[1:])
"""


@pytest.mark.usefixtures("quick_processes")
def test_a_killed_study_resumes_to_the_same_points(tmp_path: Path, straight) -> None:
    study = make_study("networks")
    path = tmp_path / "study.json"
    path.write_text(encode(study))
    command = [sys.executable, "-c", KILLED, "sweep", str(path), "--home", str(tmp_path)]
    killed = subprocess.run([*command, "--workers", "1"], check=False)
    assert killed.returncode == -signal.SIGKILL
    (study_id,) = Studies(tmp_path).ids()
    assert len(points(tmp_path, study_id)) == 2
    with Studies(tmp_path).path(study_id, "points.jsonl").open("ab") as file:
        file.write(b'{"event": "Record", "at": {}\n{"event": "Record", "pla')  # torn
    assert execute(tmp_path, study_id, processes=1).reason == "done"
    assert numbers(tmp_path, study_id) == numbers(*straight("networks"))


def test_a_study_has_one_owner(tmp_path: Path) -> None:
    study_id = create(tmp_path, make_study("features"))
    with Studies(tmp_path).own(study_id), pytest.raises(BadInput, match="already"):
        execute(tmp_path, study_id)


def test_a_study_that_cannot_be_computed_fails_with_a_message(tmp_path: Path) -> None:
    study_id = create(tmp_path, build(Study, {"base": {"data": "sine"}}))
    seen: list = []
    ended = execute(tmp_path, study_id, watch=seen.append)
    assert ended.reason == "failed" and "Choose a dataset with classes" in ended.message
    assert isinstance(seen[-1], Ended)
    assert Studies(tmp_path).last(study_id)["reason"] == "failed"


def test_a_complete_study_has_nothing_to_do(straight) -> None:
    home, study_id = straight("steps")
    before = numbers(home, study_id)
    assert execute(home, study_id, processes=1).reason == "done"
    assert numbers(home, study_id) == before


def test_events_are_read_from_an_offset(straight) -> None:
    home, study_id = straight("steps")
    store = Studies(home)
    events, end = store.events(study_id)
    assert store.events(study_id, end) == ([], end)
    assert isinstance(events[0], StudyStarted) and events[-1]["event"] == "Ended"


def test_points_of_two_noise_levels_stay_separate(straight) -> None:
    result = points(*straight("two noises"))
    assert {r.coordinates["label_noise.share"] for r in result} == {0, 0.3}
    assert len(curve(result)) == len(result) == 30
