"""Two people and twelve acts, modes, and the PIN with its limits."""

from pathlib import Path

import pytest

from core.access import ownership
from core.access.ownership import LAB, TEACHER, Door
from core.base.encoding import encode
from core.base.errors import BadInput, NotAllowed
from core.experiment import Experiment
from core.jobs.lane import Lane
from core.jobs.runner import Runner
from core.jobs.trainer import execute
from core.runs.store import Store

TEXT = encode(Experiment(epochs=1, device="cpu"))
ANN, BEN = ownership.digest("ann"), ownership.digest("ben")
ACTS = ("pause", "proceed", "step", "stop", "resume", "delete")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setattr(Lane, "work", lambda *_: None)  # what is queued stays queued
    return Runner(Store(tmp_path), in_process=False)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("owner", "other"), [(ANN, BEN), (BEN, ANN)])
def test_only_the_owner_and_a_teacher_may(lab: Runner, act: str, owner: str, other: str) -> None:
    for by, allowed in ((owner, True), (other, False), (TEACHER, True), (LAB, True)):
        run = lab.submit(TEXT, owner)
        if act in ("resume", "delete"):
            lab.stop(run, owner)
        before = lab.status(run), lab.live(), lab._job(run) and vars(lab._job(run).control).copy()
        if allowed:
            getattr(lab, act)(run, by)
            assert not lab.barred(run, by)
            continue
        with pytest.raises(NotAllowed, match="belongs to somebody else"):
            getattr(lab, act)(run, by)
        after = lab.status(run), lab.live(), lab._job(run) and vars(lab._job(run).control)
        assert before == after and "somebody else" in lab.barred(run, by)


def test_a_deleted_run_is_its_owner_s_to_take_back(lab: Runner) -> None:
    run = lab.submit(TEXT, ANN)
    lab.stop(run, ANN)
    lab.delete(run, ANN)
    with pytest.raises(NotAllowed):
        lab.restore(run, BEN)
    lab.restore(run, ANN)
    assert ownership.owner(lab.store, run) == ANN


def test_a_run_of_nobody_is_the_teacher_s_affair(lab: Runner) -> None:
    run = lab.submit(TEXT)
    with pytest.raises(NotAllowed):
        lab.stop(run, ANN)
    lab.stop(run, TEACHER)


@pytest.mark.parametrize("by", [ANN, TEACHER])
def test_a_run_remembers_that_a_teacher_stopped_it(lab: Runner, by: str) -> None:
    first, second = lab.submit(TEXT, ANN), lab.submit(TEXT, ANN)
    lane, job = lab._lanes.find(first)
    assert lane.take() is job
    lab.stop(second, by)
    assert ("The teacher" in lab.store.last(second)["message"]) == (by == TEACHER)
    lab.stop(first, by)
    ended = execute(lab.store, first, poll_control=job.control.poll_control)
    wanted = "the teacher" if by == TEACHER else ""
    assert ended.by == lab.store.last(first)["by"] == wanted
    assert ended.message.startswith(f"Stopped by {wanted or 'hand'}:")


def test_who_acts_is_asked_where_it_is_not_said(lab: Runner, monkeypatch) -> None:
    monkeypatch.setattr(ownership, "_who", lambda: ANN)
    run = lab.submit(TEXT)
    assert ownership.owner(lab.store, run) == ANN
    monkeypatch.setattr(ownership, "_who", lambda: BEN)
    with pytest.raises(NotAllowed):
        lab.stop(run)
    with pytest.raises(NotAllowed, match="only a teacher"):
        ownership.require_teacher()


def test_the_token_itself_is_not_on_the_disk(lab: Runner) -> None:
    run = lab.submit(TEXT, ownership.digest("a secret token"))
    said = b"".join(path.read_bytes() for path in lab.store.path(run).iterdir())
    assert b"a secret token" not in said


def test_everybody_is_told_whose_a_run_is_in_their_own_words(lab: Runner) -> None:
    runs = [lab.submit(TEXT, by) for by in (ANN, BEN, TEACHER, LAB)]
    said = {by: [ownership.whose(lab.store, run, by) for run in runs] for by in (ANN, BEN, TEACHER)}
    assert said == {
        ANN: ["Yours", "Another's", "A teacher's", "The lab's"],
        BEN: ["Another's", "Yours", "A teacher's", "The lab's"],
        TEACHER: ["Another's", "Another's", "Yours", "The lab's"],
    }


def test_people_s_runs_take_turns(lab: Runner) -> None:
    first = [lab.submit(TEXT, ANN) for _ in range(3)]
    bens = lab.submit(TEXT, BEN)
    assert lab.live()[:2] == [first[0], bens]
    assert [len(lab.wait(run)[0]) for run in (first[0], bens, first[2])] == [0, 1, 3]


@pytest.mark.parametrize("said", ["school", "CLASSROOM", "1"])
def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("LAB_MODE", said)
    with pytest.raises(BadInput, match="solo, class, lab"):
        ownership.mode()


def test_wrong_pins_are_counted_for_each_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PIN", "480215")
    now = [0.0]
    door = Door(each=3, seconds=60, clock=lambda: now[0])
    for left in ("2 more tries", "one more try", "no more tries"):
        with pytest.raises(NotAllowed, match=left):
            door.enter("000000", ANN)
    with pytest.raises(NotAllowed, match="Too many"):
        door.enter("480215", ANN)
    door.enter("480215", BEN)
    now[0] = 60.0
    door.enter("480215", ANN)


def test_a_flood_of_wrong_pins_holds_the_teacher_up_and_keeps_nobody_out(monkeypatch) -> None:
    """Somebody who is a new browser with every try, as fast as answers come."""
    monkeypatch.setenv("LAB_PIN", "480215")
    now, tries = [0.0], 400

    def sleep(seconds: float) -> None:
        now[0] += seconds

    door = Door(clock=lambda: now[0], sleep=sleep)
    for k in range(tries):
        with pytest.raises(NotAllowed, match="4 more tries"):
            door.enter("000000", f"a new one {k}")
        if k % 50 == 49:
            before = now[0]
            door.enter("480215", ANN)
            assert now[0] - before <= door.gap
    assert now[0] >= (tries - door.all) * door.gap
    days = 10**ownership.LEAST / 2 * door.gap / 86_400  # six digits, half of them tried on average
    assert days > 28
    now[0] += door.seconds
    before = now[0]
    door.enter("480215", BEN)
    assert now[0] == before


def test_tries_that_are_held_up_are_counted_when_their_turn_comes(monkeypatch) -> None:
    """Else one browser had as many tries as it has windows."""
    monkeypatch.setenv("LAB_PIN", "480215")
    door = Door(each=2, all=0, clock=lambda: 0.0, sleep=lambda seconds: None)
    with pytest.raises(NotAllowed, match="one more try"):
        door.enter("000000", ANN)

    def meanwhile(seconds: float) -> None:
        door.sleep = lambda seconds: None
        with pytest.raises(NotAllowed, match="no more tries"):
            door.enter("000000", ANN)

    door.sleep = meanwhile
    with pytest.raises(NotAllowed, match="Too many"):
        door.enter("480215", ANN)


def test_without_a_pin_nobody_enters_and_a_short_one_is_refused(monkeypatch) -> None:
    monkeypatch.delenv("LAB_PIN", raising=False)
    with pytest.raises(NotAllowed):
        Door().enter("", ANN)
    monkeypatch.setenv("LAB_PIN", "1234")
    with pytest.raises(BadInput, match="at least 6"):
        ownership.pin()
