"""Short tasks in the background: they answer plain data, one after another, and stop when task."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.access import ownership
from core.access.ownership import LAB
from core.advice.range_test import NEIGHBOURS, RangePoint, suggest
from core.analysis.inside.curvature import sharpness
from core.base.encoding import encode
from core.data.datasets import Digits, Spreadsheets
from core.data.load import load
from core.experiment import Experiment
from core.jobs import measure, tasks
from core.jobs.tasks import Tasks, TaskState
from core.network.layers import Flatten, Output
from core.runs import checkpoint
from core.runs.store import Store
from core.training.loop import train

SOFTMAX = Experiment(data=Digits(), network=(Flatten(), Output()), epochs=3)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Tasks]:
    work = Tasks(tmp_path, in_process=False)
    yield work
    work.close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A kind of task that gives one answer and waits for this event before its next; `begun` says
    that it was given, `order` has the names of all that were begun.
    """
    go = threading.Event()
    go.begun, go.order = threading.Event(), []

    def hold(experiment: Experiment, data: object):
        go.order.append(experiment.name)
        yield 0.5, {"half": True}
        go.begun.set()
        assert go.wait(30)
        yield 1.0, {"whole": True}

    monkeypatch.setitem(measure.KINDS, "held", hold)
    return go


def test_a_range_test_returns_its_points_and_a_suggestion(work: Tasks) -> None:
    task = work.wait(work.begin("rate", encode(SOFTMAX), by=LAB))
    assert (task["state"], task["share"], task["problem"]) == (TaskState.DONE, 1.0, "")
    found = json.loads(json.dumps(task["found"]))
    assert found["reach"] == NEIGHBOURS and len(found["points"]) > 50
    expected = suggest([RangePoint(*point) for point in found["points"]])
    assert found["suggested"]["rate"] == expected.rate and found["text"] == expected.text


def test_trial_steps_estimate_the_seconds_of_a_run(work: Tasks) -> None:
    found = work.wait(work.begin("trial", encode(SOFTMAX), by=LAB))["found"]
    assert found["steps"] == 10 and 0 < found["step_seconds"] < found["run_seconds"]


def test_tasks_run_one_at_a_time_and_report_their_position(work: Tasks, held) -> None:
    first, second = (work.begin("held", encode(SOFTMAX), by=LAB) for _ in range(2))
    assert work.look(second)["before"] == 1 and work.look(second)["state"] == TaskState.WAITING
    held.set()
    assert [work.wait(id)["state"] for id in (first, second)] == [TaskState.DONE] * 2
    assert work.look(second)["before"] == 0


def test_a_stopped_task_keeps_its_results_and_the_next_starts(work: Tasks, held) -> None:
    first, second = (work.begin("held", encode(SOFTMAX), by=LAB) for _ in range(2))
    assert held.begun.wait(30)
    work.stop(first)
    work.stop(second)
    held.set()
    assert [work.wait(id)["state"] for id in (first, second)] == [TaskState.STOPPED] * 2
    third = work.begin("held", encode(SOFTMAX), by=LAB)
    assert work.wait(third)["found"] == {"whole": True}
    assert work.look(second)["found"] == {}


@pytest.mark.parametrize(
    ("experiment", "code"),
    [
        (SOFTMAX.model_copy(update={"network": (Output(),)}), "needs_flat_input"),
        (SOFTMAX.model_copy(update={"data": Spreadsheets(digest="0" * 64)}), "dataset_missing"),
    ],
)
def test_an_impossible_task_fails_with_one_message(
    work: Tasks, experiment: Experiment, code: str
) -> None:
    task = work.wait(work.begin("rate", encode(experiment), by=LAB))
    assert (task["state"], task["code"], task["found"]) == (TaskState.FAILED, code, {})
    assert task["problem"].endswith(".") and "\n" not in task["problem"]


def test_an_internal_error_is_reported_without_a_traceback(work: Tasks, monkeypatch) -> None:
    def broken(experiment: Experiment, data: object):
        raise KeyError("x")
        yield

    monkeypatch.setitem(measure.KINDS, "broken", broken)
    task = work.wait(work.begin("broken", encode(SOFTMAX), by=LAB))
    assert task["problem"] == (
        "Internal error (KeyError). Your runs are safe; the details are in the server log."
    )


def test_old_tasks_are_removed_and_unknown_ones_are_none(work: Tasks, monkeypatch, held) -> None:
    held.set()
    monkeypatch.setattr(tasks, "MAX_STORED", 2)
    ids = []
    for _ in range(4):
        ids.append(work.begin("held", encode(SOFTMAX), by=LAB))
        work.wait(ids[-1])
    assert [work.look(id) is not None for id in ids] == [False, False, True, True]
    assert work.look("nothing") is None
    work.stop("nothing")


def test_a_lab_has_one_queue_of_tasks(tmp_path: Path) -> None:
    first = tasks.current(tmp_path)
    assert tasks.current(tmp_path) is first
    first.close()  # a server that ends; the next one in this process begins anew
    assert tasks.current(tmp_path) is not first
    assert tasks.current(tmp_path / "other") is not tasks.current(tmp_path)


def test_the_sharpness_of_a_run_is_measured_at_its_best_weights(
    work: Tasks, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    run = store.create(encode(SOFTMAX))
    task = work.wait(work.begin("sharpness", encode(SOFTMAX), run, by=LAB))
    assert (task["state"], task["code"]) == (TaskState.FAILED, "no_weights")
    training = train(SOFTMAX, load(SOFTMAX.data, tmp_path))
    assert list(training)
    checkpoint.save(store, run, training.state())
    found = work.wait(work.begin("sharpness", encode(SOFTMAX), run, by=LAB))["found"]
    kept = checkpoint.load(store, run)["best"]
    assert list(found.values()) == list(sharpness(SOFTMAX, load(SOFTMAX.data, tmp_path), [kept]))


def test_closing_stops_the_current_task(work: Tasks, held) -> None:
    first, second = (work.begin("held", encode(SOFTMAX), by=LAB) for _ in range(2))
    assert held.begun.wait(30)
    threading.Timer(0.01, held.set).start()
    work.close(30)
    assert not work._thread.is_alive()
    assert [work.look(id)["state"] for id in (first, second)] == [TaskState.STOPPED] * 2


def named(name: str) -> str:
    return encode(SOFTMAX.model_copy(update={"name": name}))


ANN, BEN = ownership.digest("ann"), ownership.digest("ben")


def test_a_repeated_task_replaces_the_first(work: Tasks, held) -> None:
    first = work.begin("held", named("first"), by=LAB)
    assert held.begun.wait(30)
    second = work.begin("held", named("second"), instead=first, by=LAB)
    third = work.begin("held", named("third"), instead=second, by=LAB)
    held.set()
    assert work.wait(third)["state"] == TaskState.DONE
    assert [work.look(id)["state"] for id in (first, second)] == [TaskState.STOPPED] * 2
    assert held.order == ["first", "third"]


def test_people_take_turns_and_tasks_of_the_app_come_last(
    work: Tasks, held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PROBES", {"probe"})
    monkeypatch.setitem(measure.KINDS, "probe", measure.KINDS["held"])
    first = work.begin("held", named("first"), by=ANN)
    assert held.begun.wait(30)
    given = [("probe", "probe", ANN), ("held", "ann 1", ANN), ("held", "ann 2", ANN)]
    given += [("held", "ben", BEN)]
    ids = [work.begin(kind, named(name), by=by) for kind, name, by in given]
    assert [work.look(id)["before"] for id in [first, *ids]] == [0, 4, 2, 3, 1]
    held.set()
    for id in ids:
        work.wait(id)
    assert held.order == ["first", "ben", "ann 1", "ann 2", "probe"]


def test_a_task_that_no_page_asks_about_is_stopped(tmp_path: Path, held) -> None:
    now = [0.0]
    work = Tasks(tmp_path, in_process=False, clock=lambda: now[0])
    left, waited, seen = (
        work.begin("held", named(name), by=LAB) for name in ("left", "waited", "seen")
    )
    assert held.begun.wait(30)
    now[0] = tasks.UNWATCHED
    work.look(seen)
    now[0] += 1
    held.set()
    assert work.wait(seen)["state"] == TaskState.DONE
    for id in (left, waited):
        assert (work.look(id)["state"], work.look(id)["code"]) == (TaskState.STOPPED, "not_watched")
    assert held.order == ["left", "seen"]
    work.close()
