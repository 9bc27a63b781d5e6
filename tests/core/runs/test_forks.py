"""Forks in the folders of runs: the state they begin with, their log, their lineage, what they may
change, and what is left when their parent is gone.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.base import device as machine
from core.base.control import GO, LEAVE
from core.base.encoding import encode
from core.base.events import Ended, Saved, Started, Step, from_json
from core.optim.schedules import Constant
from core.optim.stopping import Patience
from core.runs import checkpoint, forks, lineage, trash
from core.runs.history import History
from core.runs.replay import state_at
from core.runs.state import stored_state
from core.runs.store import CHECKPOINT, PREVIOUS, Store
from core.runs.summary import summarize
from core.studies.trainer import execute
from tests.core.runs.forked_runs import experiment, trained

pytestmark = pytest.mark.usefixtures("quick_processes")


def history(store: Store, run: str) -> History:
    return History.of(store.read(run)[0])


def events(store: Store, run: str) -> list:
    return [from_json(line) for line in store.read(run)[0]]


def forget_checkpoints(store: Store, run: str) -> None:
    for name in (CHECKPOINT, PREVIOUS):
        store.path(run, name).unlink(missing_ok=True)


def assert_equal_ends(store: Store, one: str, other: str) -> None:
    """Losses, epochs and weights are equal."""
    first, second = history(store, one), history(store, other)
    assert list(first.losses) == list(second.losses)
    assert first.epochs == second.epochs
    states = [checkpoint.load(store, run) for run in (one, other)]
    for name, tensor in states[0]["model"].items():
        assert torch.equal(tensor, states[1]["model"][name]), name


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """A parent whose checkpoint is that of its end."""
    store = Store(tmp_path_factory.mktemp("family"))
    return store, trained(store, experiment(name="Parent", epochs=4))


@pytest.mark.parametrize("epoch", [0, 2])
def test_an_unchanged_fork_recomputes_its_state_and_equals_its_parent(
    family: tuple[Store, str], epoch: int
) -> None:
    store, run = family
    fork = trained(store, forks.fork_of(store, run, epoch))
    assert_equal_ends(store, run, fork)
    log = events(store, fork)
    first = next(i for i, e in enumerate(log) if isinstance(e, Started) and e.step == 3 * epoch)
    assert not any(isinstance(event, (Ended, Saved)) for event in log[:first])
    assert lineage.parent(store, fork) == run
    assert lineage.difference(store, fork) == [] and lineage.describe_difference(store, fork) == ""
    assert summarize(store, fork).parent == run


def test_a_state_is_recomputed_with_the_threads_of_the_run(
    family: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, run = family
    monkeypatch.setattr(machine, "threads", lambda operations: 7)
    recorded = next(event for event in events(store, run) if isinstance(event, Started)).threads
    before = torch.get_num_threads()
    try:
        assert state_at(store, run, 1)["threads"] == recorded != 7
    finally:
        torch.set_num_threads(before)


def test_a_fork_differs_from_its_parent_in_what_it_changes(family: tuple[Store, str]) -> None:
    store, run = family
    changes = {"optimizer.learning_rate": 0.2, "batch_size": 9, "epochs": 5}
    fork = trained(store, forks.fork_of(store, run, 2, changes))
    ours, theirs = history(store, fork), history(store, run)
    assert list(ours.losses)[:6] == list(theirs.losses)[:6] and ours.epochs[:2] == theirs.epochs[:2]
    assert [epoch.step for epoch in ours.epochs] == [3, 6, 8, 10, 12]
    rows = dict(lineage.difference(store, fork))
    assert rows["Epochs"] == ("4", "5") and rows["Batch size"] == ("6", "9") and len(rows) == 3
    columns = ours.columns()
    assert columns["step.epoch"] == [1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2, 2.5, 3, 3.5, 4, 4.5, 5]
    assert ours.facts()["epochs"] == 5


def test_a_family_is_found_and_survives_its_parent(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = trained(store, experiment(name="Parent"))
    child = trained(store, forks.fork_of(store, run, 2, {"optimizer.learning_rate": 0.1}))
    grandchild = trained(store, forks.extend(store, child, 2))
    # The epochs before the fork belong to the parent.
    assert forks.fork_of(store, child, 1).fork.run == run
    assert lineage.children(store, run) == [child]
    assert lineage.family(store, grandchild) == [run, child, grandchild]
    steps = [(each.run, each.step) for each in lineage.segments(store, grandchild)]
    assert steps == [(run, 0), (child, 6), (grandchild, 9)]
    before = lineage.difference(store, child)
    trash.delete(store, run)
    trash.delete(store, child)
    assert lineage.parent(store, grandchild) is None
    assert lineage.difference(store.trash, child) == before
    # Its whole course can be computed again without them.
    forget_checkpoints(store, grandchild)
    state = state_at(store, grandchild, 4)
    assert state["step"] == 12 and len(state["history"]) == 4
    again = trained(store, forks.fork_of(store, grandchild, 4))
    assert_equal_ends(store, again, again)
    assert list(history(store, again).losses) == list(history(store, grandchild).losses)


def test_a_fork_before_the_fork_of_its_parent_needs_no_grandparent(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = trained(store, experiment())
    child = trained(store, forks.fork_of(store, run, 2, {"optimizer": "sgd"}))
    trash.delete(store, run)
    forget_checkpoints(store, child)
    for epoch, same in ((1, history(store.trash, run)), (2, history(store, child))):
        fork = trained(store, forks.fork_of(store, child, epoch))
        assert list(history(store, fork).losses) == list(same.losses)


def test_a_fork_of_a_deleted_run_begins_from_the_trash_and_fails_without_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = trained(store, experiment())
    draft = forks.fork_of(store, run, 2)
    trash.delete(store, run)
    fork = trained(store, draft)
    assert history(store, fork).step == 9
    nowhere = draft.model_copy(
        update={"fork": draft.fork.model_copy(update={"run": "20260101-000000-abcd"})}
    )
    lost = store.create(encode(nowhere))
    ended = execute(store, lost)
    assert (ended.reason, ended.code) == ("failed", "fork_parent_missing")


@pytest.mark.parametrize("stopped_at", [0, 4, 7])
def test_a_fork_that_is_left_goes_on_as_if_it_had_not_been(
    family: tuple[Store, str], stopped_at: int
) -> None:
    """While its first state is recomputed (0, 4), and after that."""
    store, run = family
    draft = forks.fork_of(store, run, 2, {"optimizer.learning_rate": 0.2})
    straight = trained(store, draft)
    fork = store.create(encode(draft))

    def leave(training: object) -> str:
        training.single_steps = True
        return LEAVE if training.step >= stopped_at else GO

    assert execute(store, fork, poll_control=leave) is None
    assert (checkpoint.load(store, fork) is None) is (stopped_at < 6)
    assert execute(store, fork).reason == "epochs"
    assert_equal_ends(store, straight, fork)


def test_extending_continues_restarts_or_holds_the_schedule(family: tuple[Store, str]) -> None:
    store, run = family
    rate = [event for event in events(store, run) if isinstance(event, Step)][-1].learning_rate
    longer = forks.extend(store, run, 6)
    assert (longer.epochs, longer.fork.epoch, longer.fork.schedule_from) == (10, 4, 0)
    assert forks.extend(store, run, 6, schedule="restarted").fork.schedule_from == 4
    held = forks.extend(store, run, 6, schedule="held")
    assert held.schedule == Constant() and held.optimizer.learning_rate == rate
    fork = trained(store, held.model_copy(update={"epochs": 5}))
    rates = [event.learning_rate for event in events(store, fork) if isinstance(event, Step)]
    assert rates[-1] == rate and history(store, fork).step == 15


def test_an_early_stopped_run_can_be_extended(tmp_path: Path) -> None:
    store = Store(tmp_path)
    rule = Patience(patience=1, improvement=10.0)
    run = trained(store, experiment(stopping=(rule,), epochs=9))
    assert history(store, run).ended.reason == "patience"
    fork = trained(store, forks.extend(store, run, 5))
    assert len(history(store, fork).epochs) == 4
    seen = History([rule])
    seen.add(store.read(fork)[0])
    (mark,) = (mark for mark in seen.marks if mark.rule == rule)
    assert mark.epoch == 4 and seen.fired(mark)  # not where it ended the parent
    unchanged = trained(store, forks.fork_of(store, fork, 3))
    assert_equal_ends(store, fork, unchanged)


KILLED = """
import os, signal, sys
from core.base import device
from core.base.control import GO
from core.studies.trainer import execute
from core.runs import forks
from core.runs.store import Store
from core.advice.fork_notes import notes
from core.advice.plan import plan
from core.base.encoding import change, encode
import torch

torch.set_num_threads(1)
store, parent, spare = Store(sys.argv[1]), sys.argv[2], sys.argv[3]
execute(store, spare)  # imports and first calls, once for all


def killed_at(run, at):
    def poll(training):
        training.single_steps = True
        if training.step >= at:
            os.kill(os.getpid(), signal.SIGKILL)
        return GO
    child = os.fork()
    if not child:
        execute(store, run, poll_control=poll)
        os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


killed_at(parent, 10)
fork = store.create(encode(forks.fork_of(store, parent, 2, {"optimizer.learning_rate": 0.1})))
killed_at(fork, 4)  # while the state of its parent is recomputed
killed_at(fork, 8)
print(fork)
"""


def test_a_fork_of_a_killed_run_survives_being_killed_itself(tmp_path: Path) -> None:
    store = Store(tmp_path)
    e = experiment(epochs=4)
    parent, spare = store.create(encode(e)), store.create(encode(e))
    command = [sys.executable, "-c", KILLED, str(tmp_path), parent, spare]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    fork = done.stdout.strip()
    assert stored_state(store, parent) == stored_state(store, fork) == "interrupted"
    trash.delete(store, parent)  # the fork has begun, and needs it no more
    assert execute(store, fork).reason == "epochs"
    straight = trained(store, forks.fork_of(store, spare, 2, {"optimizer.learning_rate": 0.1}))
    assert_equal_ends(store, straight, fork)
