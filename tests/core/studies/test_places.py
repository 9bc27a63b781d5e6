"""Places of work: the same outcomes from this process and from others, whatever happens to them."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.control import LEAVE, STOP
from core.base.device import assign, resolve, torch_threads
from core.base.encoding import build, from_json_text
from core.base.errors import LabError
from core.studies.chunk_work import chunk_piece
from core.studies.places import kinds
from core.studies.places.choose import spread_over
from core.studies.places.idle_pool import IdlePool
from core.studies.places.place import Outcome, Piece, Place
from core.studies.places.pool import POOL, ProcessPool
from core.studies.places.processes import Processes
from core.studies.places.serving import PieceServer
from core.studies.places.team import Team, Worker
from core.studies.places.this_process import ThisProcess
from core.studies.study import Study
from tests.core.studies.test_sweeps import make_study

pytestmark = pytest.mark.usefixtures("quick_processes")
CHUNKS = 4


def pieces(home: Path, name: str = "networks") -> list[Piece]:
    study = make_study(name)
    return [chunk_piece(home, study, study.base, chunk) for chunk in range(CHUNKS)]


def endless_piece(home: Path) -> Piece:
    """A chunk that computes for many seconds unless it is told to leave."""
    method = make_study("networks").method.model_dump() | {"steps": 10**5, "optimizer": "sgd"}
    study = build(Study, {"method": method | {"learning_rate": 1e-6, "evaluations": 1}})
    return chunk_piece(home, study, study.base, 0)


def collect(place: Place, work: list[Piece]) -> list[list[Outcome]]:
    """Compute all pieces and return the outcomes of each."""
    waiting, outcomes = list(work), {piece: [] for piece in work}
    while waiting or any(not is_over(each) for each in outcomes.values()):
        while waiting and place.free:
            place.send(waiting.pop(0))
        for piece, outcome in place.receive(1.0):
            outcomes[piece].append(outcome)
    return list(outcomes.values())


def is_over(outcomes: list[Outcome]) -> bool:
    return bool(outcomes) and not isinstance(outcomes[-1], dict)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> list[list[Outcome]]:
    """The outcomes of the pieces in this process."""
    with ThisProcess() as place:
        return collect(place, pieces(tmp_path_factory.mktemp("straight")))


@pytest.mark.parametrize("processes", [2, 3])
def test_the_outcomes_do_not_depend_on_the_number_of_processes(
    processes: int, tmp_path: Path, straight
) -> None:
    with Processes([""] * processes) as place:
        assert place.capacity == place.free == processes
        outcomes = collect(place, pieces(tmp_path))
        children = [worker.child for worker in place.workers]
    assert str(outcomes) == str(straight)
    assert POOL.idle() >= processes == len(children)
    with Processes([""]) as place:  # the processes are kept for the next study
        assert str(collect(place, pieces(tmp_path)[:1])) == str(straight[:1])
        assert place.workers[0].child in children


def test_a_piece_of_a_killed_process_is_computed_by_another_one(tmp_path: Path, straight) -> None:
    with Processes([""]) as place:
        place.send(work := pieces(tmp_path)[0])
        place.workers[0].child.process.kill()
        assert str(wait_for(place, work)) == str(straight[0])


def test_a_piece_that_loses_two_processes_fails_and_ctrl_c_ends_none(tmp_path: Path) -> None:
    """A terminal sends Ctrl+C to the whole group; the parent decides what to do with the study."""
    with Processes([""]) as place:
        place.send(work := endless_piece(tmp_path))
        place.workers[0].child.process.send_signal(signal.SIGINT)
        assert not list(place.receive(0.2))
        for _ in range(2):
            (worker,) = place.workers
            worker.child.process.kill()
            worker.child.process.wait()
            outcomes = list(place.receive(10.0))
    ((piece, error),) = outcomes
    assert piece is work and error.code == "worker_killed"


def test_a_piece_that_is_told_to_stop_ends_early(tmp_path: Path) -> None:
    for place in (Processes([""]), ThisProcess()):
        with place:
            place.send(work := endless_piece(tmp_path))
            place.tell(work, STOP)
            assert wait_for(place, work) == [None]
    with ThisProcess(lambda: LEAVE) as place:
        place.send(work)
        assert wait_for(place, work) == [None]


@pytest.mark.parametrize("place", [ThisProcess, lambda: Processes([""])])
def test_a_failed_piece_has_a_message_and_its_place_continues(
    place, tmp_path: Path, straight
) -> None:
    no_classes, good = build(Study, {"base": {"data": "sine"}}), pieces(tmp_path)[0]
    refused = chunk_piece(tmp_path, no_classes, no_classes.base, 0)
    faulty = chunk_piece(tmp_path, make_study("networks"), make_study("networks").base, 99)
    with place() as opened:
        (refusal,), (fault,), outcomes = collect(opened, [refused, faulty, good])
    assert isinstance(refusal, LabError) and refusal.code not in ("", "internal_error")
    assert fault.code == "internal_error" and "IndexError" in str(fault)
    assert str(outcomes) == str(straight[0])


def test_closing_a_place_ends_its_pieces_and_keeps_their_processes(tmp_path: Path) -> None:
    with Processes([""]) as place:
        place.send(endless_piece(tmp_path))
        child = place.workers[0].child
    assert child.is_alive and POOL.idle() > 0
    pool = ProcessPool()
    pool.give_back(child)
    pool.close()
    assert not child.is_alive


class FakeChild:
    """A process that records its requests, and is gone once `is_alive` is False."""

    def __init__(self) -> None:
        self.requests: list[dict] = []
        self.is_alive = True

    def send(self, line: str) -> None:
        self.requests.append(from_json_text(line))

    def receive(self) -> None:
        if not self.is_alive:
            raise EOFError

    def close(self) -> None:
        self.is_alive = False


class FakeMember:
    """An idle worker. `ended` is set when it is closed."""

    def __init__(self, is_alive: bool = True) -> None:
        self.is_alive, self.ended = is_alive, threading.Event()

    def close(self) -> None:
        self.ended.set()


def test_idle_workers_are_kept_by_kind_and_end_when_nobody_uses_them() -> None:
    pool: IdlePool[FakeMember] = IdlePool(idle_seconds=600.0)
    first, second, gpu, dead = FakeMember(), FakeMember(), FakeMember(), FakeMember(is_alive=False)
    for kind, member in (("cpu", first), ("cpu", second), ("gpu", gpu), ("cpu", dead)):
        pool.keep(kind, member)
    assert pool.count("cpu") == 2 and pool.count("gpu") == 1
    # What cannot be used makes room: it may hold the core that a new worker needs.
    assert pool.take("cpu") is second and gpu.ended.is_set() and dead.ended.is_set()
    assert pool.take("cpu") is first and pool.take("cpu") is None
    assert not first.ended.is_set() and not second.ended.is_set()
    pool.keep("cpu", first)
    pool.close()
    assert first.ended.is_set() and pool.count("cpu") == 0
    pool.idle_seconds = 0.0
    pool.keep("cpu", second)
    assert second.ended.wait(60.0)


class FakePool(ProcessPool):
    """Leases processes that compute nothing."""

    def lease(self) -> FakeChild:
        return FakeChild()


def test_a_study_is_spread_over_all_gpus(tmp_path: Path) -> None:
    gpus = ("cuda:0", "cuda:1", "cuda:2")
    assert spread_over(2, "auto", "cuda:0", gpus) == gpus
    assert spread_over(5, "cuda", "cuda:0", gpus) == (*gpus, "cuda:0", "cuda:1")
    assert spread_over(2, "cuda:1", "cuda:1", gpus) == spread_over(2, "cpu", "cpu", gpus)
    with Processes(gpus, FakePool()) as place:
        for piece in pieces(tmp_path)[:3]:
            place.send(piece)
        lost = place.workers[1]
        lost.child.is_alive = False
        assert not list(place.receive())
        assert lost not in place.workers
        requests = [request for worker in place.workers for request in worker.child.requests]
        for worker in place.workers:
            worker.child.is_alive = False
    assert [request["device"] for request in requests] == ["cuda:0", "cuda:2", "cuda:1"]
    assert [request["payload"]["chunk"] for request in requests] == [0, 2, 1]


def test_auto_means_the_assigned_device() -> None:
    try:
        for assigned, auto, any_gpu in (("cuda:1", "cuda:1", "cuda:1"), ("cpu", "cpu", None)):
            assign(assigned)
            assert resolve("auto") == auto and resolve("cpu") == "cpu"
            assert any_gpu is None or resolve("cuda") == any_gpu
    finally:
        assign("")
    assert resolve("cpu") == "cpu"


def wait_for(place: Place, work: Piece) -> list[Outcome]:
    """Return all outcomes of one piece that was sent."""
    outcomes: list[Outcome] = []
    while not is_over(outcomes):
        outcomes += [outcome for piece, outcome in place.receive(1.0) if piece is work]
    return outcomes


class _Echo(Worker):
    """Answers a piece with its own payload, immediately."""

    def __init__(self) -> None:
        self.answers: list[dict] = []

    def close(self) -> None:
        pass

    def _send(self, request: dict) -> None:
        if "payload" in request:
            self.answers += [{"message": request["payload"]}, {"message": None}]

    def _receive(self) -> Iterator[dict]:
        while self.answers:
            yield self.answers.pop(0)


class _Echoes(Team):
    capacity = 1

    def _new_worker(self) -> Worker:
        return _Echo()

    def _wait(self, seconds: float) -> None:
        pass


def test_a_piece_that_is_sent_while_outcomes_are_received_gets_its_own(tmp_path: Path) -> None:
    first, second = (Piece("chunk", tmp_path, {"number": number}) for number in (1, 2))
    found = []
    with _Echoes() as place:
        place.send(first)
        for piece, outcome in place.receive():
            found.append((piece, outcome))
            if piece is first and outcome is None:
                place.send(second)
    assert found == [(first, {"number": 1}), (first, None), (second, {"number": 2}), (second, None)]


class _Done(BaseException):
    """Ends a server that would wait for the next piece."""


def test_a_trial_is_computed_on_the_device_of_its_lane(tmp_path: Path, monkeypatch) -> None:
    """Two fake GPUs: an experiment's auto means the one that the place has assigned."""

    def compute(piece: Piece, poll: object) -> Iterator[dict]:
        yield {"device": resolve("auto"), "number": piece.payload["number"]}

    sent: list[dict] = []

    def send(outcome: dict) -> None:
        sent.append(outcome)
        if len(sent) == 2 * len(gpus):
            raise _Done

    gpus = ("cuda:0", "cuda:1", "cuda:0")
    server = PieceServer(send)
    monkeypatch.setattr(kinds, "compute", compute)
    for number, gpu in enumerate(gpus):
        request = {"kind": kinds.TRIAL, "home": str(tmp_path), "payload": {"number": number}}
        server.receive({"number": number, **request, "device": gpu})
    try:
        with torch_threads(1), pytest.raises(_Done):
            server.run()
    finally:
        assign("")
    messages = [outcome["message"] for outcome in sent if outcome["message"]]
    assert messages == [{"device": gpu, "number": number} for number, gpu in enumerate(gpus)]
