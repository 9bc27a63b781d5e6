"""Two people and a teacher in a classroom (S10): every door that a page has, tried with a run of
each of them by both. What is refused changes nothing, and nobody reads what is somebody else's.
"""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette

from core.access import ownership, privacy
from core.analysis.catalogue import ReplayCertificate
from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.batches import stop_batch
from core.jobs.kinds import STUDY
from core.jobs.lane import Lane
from core.jobs.measure import ANALYSIS
from core.jobs.runner import Runner
from core.jobs.tasks import Tasks, TaskState
from core.runs import forks, notes
from core.runs.store import NOTES, Store
from core.studies.changes import Without
from core.studies.draft_studies import compare_changes
from core.studies.study import shipped
from pages.kit import feed, job_controls, person, session
from pages.parts.runs import actions, archives
from tests.conftest import ended, in_a_loop, script, write
from tests.pages.shown import visit

ANN, BEN = ownership.digest("ann"), ownership.digest("ben")
SECRET, TAG = "What I think of it", "zebra"
TEXT = encode(Experiment(name="A run", epochs=1, device="cpu"))


class Room:
    """A classroom where nothing is ever trained, and who acts in it."""

    def __init__(self, home: Path):
        self.lab, self.by, self.refused = Runner(Store(home), in_process=False), ownership.LAB, []
        self.routes = httpx.ASGITransport(app=Starlette(routes=feed.routes()))

    @property
    def store(self) -> Store:
        return self.lab.store

    def run(self, owner: str, *words: str) -> str:
        """A run of this person's with a note, to which these words were said."""
        made = self.lab.submit(TEXT, by=owner)
        said = notes.make_notes(SECRET, (TAG,))
        privacy.annotate(self.store, made, lambda _: said, owner)
        for word in words:
            getattr(self.lab, word)(made, by=owner)
        return made

    def answer(self, path: str) -> int:
        """The status that the app's own routes answer with."""

        async def ask() -> int:
            async with httpx.AsyncClient(transport=self.routes, base_url="http://lab") as client:
                return (await client.get(path)).status_code

        return in_a_loop(ask())

    def picture(self, job: str) -> object:
        """All that an act could change."""
        found = self.lab._find(job)
        told = found and found.control
        said = told and (told.paused, told.steps, told.word, tuple(told.changes))
        stores = (self.store, self.store.trash, self.lab.store_of(STUDY))
        here = [job in store.ids() for store in stores]
        noted = notes.read(self.store, job) if here[0] else None
        return found and found.id, said, here, noted


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_MODE", "class")
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    made = Room(tmp_path)
    monkeypatch.setattr(runner, "_current", made.lab)
    monkeypatch.setattr(person, "me", lambda: made.by)
    monkeypatch.setattr(session, "notice", made.refused.append)
    return made


def said(word: str) -> Callable[[Room, str], bool]:
    """Whether this word, said by a button, changes anything."""

    def act(room: Room, job: str) -> bool:
        before = room.picture(job)
        job_controls.give_command(getattr(room.lab, word), job)
        return room.picture(job) != before

    return act


def listed(room: Room, run: str) -> bool:
    return run in [row.run for row in privacy.visible_rows(room.store, room.by)[0]]


def note_read(room: Room, run: str) -> bool:
    """In the table, in the file of it, or by the search."""
    (row,) = (row for row in privacy.visible_rows(room.store, room.by)[0] if row.run == run)
    return any(word in f"{row}{actions.as_csv([row])}" for word in (SECRET, TAG))


def note_written(room: Room, run: str) -> bool:
    before = room.picture(run)
    change = notes.make_notes("Other words", ())
    job_controls.give_command(
        lambda run, by: privacy.annotate(room.store, run, lambda _: change, by), run
    )
    return room.picture(run) != before


def watched(room: Room, run: str) -> bool:
    """With the token of the run that the page gives."""
    return room.answer(f"/feed/{run}/poll?token={feed.token(run)}") == 200


def overheard(room: Room, run: str) -> bool:
    """With no token, or that of a run of one's own."""
    own = feed.token(room.lab.submit(TEXT, by=room.by))
    return any(
        room.answer(f"/feed/{run}{path}?token={token}") == 200
        for path in ("/poll", "")
        for token in ("", own)
    )


def heard_from_the_trash(room: Room, run: str) -> bool:
    return watched(room, run)


def seen_in_the_trash(room: Room, run: str) -> bool:
    return run in [row.run for row in privacy.deleted_rows(room.store, room.by)]


def cloned(room: Room, run: str) -> bool:
    """The settings may be copied; the copy is the copier's."""
    copy = room.lab.submit(room.store.experiment(run), by=room.by)
    return ownership.owner(room.store, copy) == room.by and ownership.owner(room.store, run) != ""


def branched(make: Callable[[Store, str], Experiment]) -> Callable[[Room, str], bool]:
    """Whether this fork of the run may be queued. It belongs to the person who made it, and the run
    stays as it is.
    """

    def act(room: Room, run: str) -> bool:
        before, owner = room.picture(run), ownership.owner(room.store, run)
        fork = room.lab.submit(encode(make(room.store, run)), by=room.by)
        assert (room.picture(run), ownership.owner(room.store, run)) == (before, owner)
        return ownership.owner(room.store, fork) == room.by

    return act


def compared(room: Room, run: str) -> bool:
    """In a comparison that belongs to the person who started it."""
    base = decode(Experiment, room.store.experiment(run))
    study = compare_changes(base, [Without(without="weight_decay")])
    made = room.lab.submit(encode(study), by=room.by, kind=STUDY)
    return ownership.owner(room.lab.store_of(STUDY), made) == room.by


def verified(room: Room, run: str) -> bool:
    """Its training is repeated and compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tasks, "_work", lambda *_: None)
        tasks = Tasks(room.store.home, in_process=True)
        task = tasks.begin(ANALYSIS, encode(ReplayCertificate()), run, by=room.by)
        return tasks.look(task)["state"] == TaskState.WAITING


def settings_changed(room: Room, run: str) -> bool:
    before = room.picture(run)
    room.lab._find(run).at_work = True
    changes = {"optimizer.learning_rate": 0.5}
    job_controls.give_command(partial(room.lab.change, changes=changes), run)
    return room.picture(run) != before


def batch_stopped(room: Room, run: str) -> bool:
    before = room.picture(run)
    job_controls.give_command(lambda run, by: stop_batch(room.lab, [run], by=by), run)
    return room.picture(run) != before


def archived(room: Room, run: str) -> bool:
    return bool(entries(room, run))


def note_archived(room: Room, run: str) -> bool:
    return NOTES in entries(room, run)


def entries(room: Room, run: str) -> list[str]:
    """Of the archive that the Runs page offers."""
    made: list[bytes] = []
    offer = SimpleNamespace(download_button=lambda label, make, *_, **__: made.append(make()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives, "st", offer)
        archives.offer_archive(run)
    return zipfile.ZipFile(io.BytesIO(made[0])).namelist()


OWN, ALL, NOBODY = (True, False), (True, True), (False, False)  # its owner, another one
DOORS = {
    "list": (listed, ALL, ()),
    "note in the list": (note_read, OWN, ()),
    "watch": (watched, ALL, ()),
    "feed by a foreign token": (overheard, NOBODY, ()),
    "pause": (said("pause"), OWN, ()),
    "step": (said("step"), OWN, ()),
    "go on": (said("proceed"), OWN, ("pause",)),
    "stop": (said("stop"), OWN, ()),
    "resume": (said("resume"), OWN, ("stop",)),
    "delete": (said("delete"), OWN, ("stop",)),
    "trash": (seen_in_the_trash, OWN, ("stop", "delete")),
    "feed from the trash": (heard_from_the_trash, NOBODY, ("stop", "delete")),
    "restore": (said("restore"), OWN, ("stop", "delete")),
    "write a note": (note_written, OWN, ()),
    "clone": (cloned, ALL, ()),
    "fork": (branched(lambda store, run: forks.fork_of(store, run, 0)), ALL, ()),
    "extend": (branched(lambda store, run: forks.extend(store, run, 2)), ALL, ()),
    "change settings": (settings_changed, OWN, ()),
    "compare": (compared, ALL, ()),
    "verify": (verified, ALL, ("stop",)),
    "stop a batch": (batch_stopped, OWN, ()),
    "archive": (archived, ALL, ()),
    "note in the archive": (note_archived, OWN, ()),
}


@pytest.mark.parametrize("door", DOORS)
def test_what_the_owner_another_person_and_a_teacher_can_do(room: Room, door: str) -> None:
    act, (own, other), words = DOORS[door]
    for owner in (ANN, BEN):
        for by in (ANN, BEN):
            run, room.by = room.run(owner, *words), by
            allowed = own if by == owner else other
            room.refused.clear()
            assert act(room, run) == allowed, (door, owner, by)
            assert not (allowed and room.refused)
            assert set(room.refused) <= {ownership.NOT_OWNER.format(noun="run")}
        run, room.by = room.run(owner, *words), ownership.TEACHER
        assert act(room, run) == own, (door, owner, "teacher")


@pytest.mark.parametrize("word", ["stop", "resume"])
def test_a_study_can_be_stopped_and_resumed_by_its_owner_and_a_teacher(
    room: Room, word: str
) -> None:
    study = encode(next(iter(shipped().values())))
    for owner, by, allowed in (
        (ANN, ANN, True), (ANN, BEN, False), (BEN, ANN, False), (BEN, BEN, True),
        (ANN, ownership.TEACHER, True), (BEN, ownership.TEACHER, True),
    ):  # fmt: skip
        made, room.by = room.lab.submit(study, by=owner, kind="study"), by
        if word == "resume":
            room.lab.stop(made, by=owner)
        before = room.picture(made)
        job_controls.give_command(getattr(room.lab, word), made)
        assert (room.picture(made) != before) == allowed, (owner, by)
        assert bool(room.lab.barred(made, by=room.by)) != allowed


def test_emptying_the_trash_removes_own_runs_or_all_for_a_teacher(room: Room) -> None:
    anns, bens = (room.run(owner, "stop", "delete") for owner in (ANN, BEN))
    room.by = BEN
    privacy.empty_trash(room.store, room.by)
    assert room.store.trash.ids() == [anns] and bens not in room.store.ids()
    room.by = ownership.TEACHER
    privacy.empty_trash(room.store, room.by)
    assert not room.store.trash.ids()


@pytest.mark.parametrize("by", [ANN, BEN, ownership.TEACHER], ids=["owner", "another", "teacher"])
def test_no_page_shows_notes_or_deleted_runs_of_another_person(room: Room, by: str) -> None:
    run = room.run(ANN, "stop")
    write(room.store, run, [*script(), ended()])
    gone = room.lab.submit(encode(Experiment(name="Thrown away")), by=ANN)
    room.lab.stop(gone, by=ANN)
    room.lab.delete(gone, by=ANN)
    room.by = by
    told = b""
    for page in ("start", "runs", "watch"):
        app = visit(page, run=run)
        drawn = [each for each in app._tree if getattr(each, "proto", None) is not None]
        told += b"".join(each.proto.SerializeToString() for each in drawn)
        assert len(drawn) > 10
    assert b"A run" in told
    for word in (SECRET, TAG, "Thrown away"):
        assert (word.encode() in told) == (by != BEN), word
