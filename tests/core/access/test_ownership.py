"""Two people and twelve acts, modes, and the PIN with its limits."""

from pathlib import Path

import pytest

from core.access import ownership
from core.access.ownership import LAB, TEACHER
from core.access.pseudonyms import lab_key, short_name
from core.base.encoding import encode
from core.base.errors import BadInput, NotAllowed
from core.experiment import Experiment
from core.jobs.lane import Lane
from core.jobs.runner import Runner
from core.runs.store import Store
from core.studies.trainer import execute

TEXT = encode(Experiment(epochs=1, device="cpu"))
ANN, BEN = ownership.digest("ann"), ownership.digest("ben")
ACTS = ("pause", "proceed", "step", "stop", "resume", "delete")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setattr(Lane, "work", lambda *_: None)  # what is queued stays queued
    return Runner(Store(tmp_path), in_process=False)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("owner", "other"), [(ANN, BEN), (BEN, ANN)])
def test_only_the_owner_and_a_teacher_can_act(
    lab: Runner, act: str, owner: str, other: str
) -> None:
    for by, allowed in ((owner, True), (other, False), (TEACHER, True), (LAB, True)):
        run = lab.submit(TEXT, by=owner)
        if act in ("resume", "delete"):
            lab.stop(run, by=owner)
        before = lab.status(run), lab.live(), lab._find(run) and vars(lab._find(run).control).copy()
        if allowed:
            getattr(lab, act)(run, by=by)
            assert not lab.barred(run, by=by)
            continue
        with pytest.raises(NotAllowed) as refused:
            getattr(lab, act)(run, by=by)
        assert refused.value.code == "not_owner"
        after = lab.status(run), lab.live(), lab._find(run) and vars(lab._find(run).control)
        assert before == after and lab.barred(run, by=by) == str(refused.value)


def test_a_deleted_run_can_be_restored_by_its_owner(lab: Runner) -> None:
    run = lab.submit(TEXT, by=ANN)
    lab.stop(run, by=ANN)
    lab.delete(run, by=ANN)
    with pytest.raises(NotAllowed):
        lab.restore(run, by=BEN)
    lab.restore(run, by=ANN)
    assert ownership.owner(lab.store, run) == ANN


def test_a_run_without_an_owner_can_be_changed_by_a_teacher_only(lab: Runner) -> None:
    run = lab.submit(TEXT, by=LAB)
    with pytest.raises(NotAllowed):
        lab.stop(run, by=ANN)
    lab.stop(run, by=TEACHER)


@pytest.mark.parametrize("by", [ANN, TEACHER])
def test_a_run_records_that_a_teacher_stopped_it(lab: Runner, by: str) -> None:
    first, second = lab.submit(TEXT, by=ANN), lab.submit(TEXT, by=ANN)
    lane, job = lab._lanes.find(first)
    assert lane.take() is job
    lab.stop(second, by=by)
    assert ("by the teacher" in lab.store.last(second)["message"]) == (by == TEACHER)
    lab.stop(first, by=by)
    ended = execute(lab.store, first, poll_control=job.control.poll_control)
    wanted = "the teacher" if by == TEACHER else ""
    assert ended.by == lab.store.last(first)["by"] == wanted
    assert ended.message.startswith(f"Stopped by {wanted or 'hand'}:")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("by", ["", "ann", "0" * 15, "teachers"])
def test_an_unknown_person_is_refused_everywhere(lab: Runner, act: str, by: str) -> None:
    run = lab.submit(TEXT, by=LAB)
    if act in ("resume", "delete"):
        lab.stop(run, by=LAB)
    for change in (lambda: getattr(lab, act)(run, by=by), lambda: lab.submit(TEXT, by=by)):
        with pytest.raises(NotAllowed) as refused:
            change()
        assert refused.value.code == "unknown_person"
    with pytest.raises(NotAllowed):
        ownership.require_teacher(by)
    assert lab.store.ids() == [run]


def test_every_change_requires_a_person(lab: Runner) -> None:
    run = lab.submit(TEXT, by=LAB)
    for act in ACTS:
        with pytest.raises(TypeError):
            getattr(lab, act)(run)


def test_the_token_itself_is_not_stored_on_disk(lab: Runner) -> None:
    run = lab.submit(TEXT, by=ownership.digest("a secret token"))
    said = b"".join(path.read_bytes() for path in lab.store.path(run).iterdir())
    assert b"a secret token" not in said


def test_the_owner_is_described_as_each_person_sees_it(lab: Runner) -> None:
    runs = [lab.submit(TEXT, by=by) for by in (ANN, BEN, TEACHER, LAB)]
    said = {
        by: [ownership.describe_owner(lab.store, run, by) for run in runs]
        for by in (ANN, BEN, TEACHER)
    }
    ann, ben = (short_name(lab.store.home, person) for person in (ANN, BEN))
    assert said == {
        ANN: ["You", ben, "Teacher", "Lab"],
        BEN: [ann, "You", "Teacher", "Lab"],
        TEACHER: [ann, ben, "You", "Lab"],
    }


def test_short_names_are_stable_distinct_and_different_in_every_lab(tmp_path) -> None:
    people = [ownership.digest(str(k)) for k in range(30)]
    names = [short_name(tmp_path, person) for person in people]
    lab_key.cache_clear()  # as after a restart
    assert names == [short_name(tmp_path, person) for person in people]
    assert len(set(names)) == len(people)
    other = [short_name(tmp_path / "other", person) for person in people]
    assert not set(names) & set(other)
    assert not any(person[:4].upper() in name for person, name in zip(people, names, strict=True))


def test_the_runs_of_several_people_take_turns(lab: Runner) -> None:
    first = [lab.submit(TEXT, by=ANN) for _ in range(3)]
    bens = lab.submit(TEXT, by=BEN)
    assert lab.live()[:2] == [first[0], bens]
    assert [len(lab.wait(run)[0]) for run in (first[0], bens, first[2])] == [0, 1, 3]


@pytest.mark.parametrize("said", ["school", "CLASSROOM", "1"])
def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("LAB_MODE", said)
    with pytest.raises(BadInput) as refused:
        ownership.mode()
    assert refused.value.code == "invalid_setting"
