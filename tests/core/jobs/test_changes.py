"""Settings that a person changes while a run is trained: in force from the next step, written to
its log, and replayed by everything that trains the run again.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.access.ownership import LAB
from core.base.encoding import encode
from core.base.errors import BadExperiment, BadInput, NotFound
from core.base.events import Changed, Started, Step, from_json, to_json
from core.data.load import load
from core.data.ready.points import Spirals
from core.experiment import Experiment
from core.export import exports
from core.export.code_formats import ScriptFormat
from core.jobs.runner import Runner
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import SGD
from core.optim.schedules import Constant
from core.runs import checkpoint, lineage
from core.runs.history import History
from core.runs.kept_checkpoints import kept
from core.runs.store import CHECKPOINT, PREVIOUS, Store
from core.runs.summary import summarize
from core.studies.trainer import execute
from core.training.course import replay
from tests.conftest import losses, wait_until

pytestmark = pytest.mark.usefixtures("quick_processes")
ENDLESS = Experiment(
    data=Spirals(points=20),
    network=(Linear(units=4), ReLU(), Output()),
    optimizer=SGD(learning_rate=0.1),
    schedule=Constant(),
    epochs=100_000,
    batch_size=6,
    device="cpu",
)


def events(store: Store, run: str) -> list:
    return [from_json(line) for line in store.read(run)[0]]


def taken(runner: Runner, run: str) -> int:
    return len(losses(runner.store, run))


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(Store(tmp_path))
    yield runner
    runner.close()


@pytest.mark.parametrize("in_process", [False, True], ids=["thread", "process"])
def test_a_paused_run_goes_on_with_the_changed_settings(tmp_path: Path, in_process: bool) -> None:
    runner = Runner(Store(tmp_path), in_process=in_process)
    store, run = runner.store, runner.submit(encode(ENDLESS), by=LAB)
    runner.pause(run, by=LAB)
    runner.step(run, by=LAB)
    wait_until(lambda: taken(runner, run) >= 1)
    runner.change(run, {"optimizer.learning_rate": 0.02}, by=LAB)
    wait_until(lambda: lineage.changes(store, run))
    at = lineage.changes(store, run)[0].step
    assert lineage.changes(store, run) == (Changed(at, {"optimizer.learning_rate": 0.02}),)
    runner.step(run, by=LAB)
    wait_until(lambda: taken(runner, run) == at + 1)  # a change takes no step
    # Nothing but the epochs differs: the same batches, from here on to an end.
    end = len(History.of(store.read(run)[0]).epochs) + 2
    runner.change(run, {"epochs": end, "regularizers": [{"kind": "l2"}]}, by=LAB)
    runner.proceed(run, by=LAB)
    wait_until(lambda: runner.status(run) == "done")
    runner.close()
    log = events(store, run)
    rates = {event.step: event.learning_rate for event in log if isinstance(event, Step)}
    assert {rate for step, rate in rates.items() if step > at} == {0.02}
    assert {rate for step, rate in rates.items() if step <= at} <= {0.1}
    first = next(i for i, event in enumerate(log) if isinstance(event, Changed))
    assert isinstance(log[first + 1], Started) and log[first + 1].step == at
    now = lineage.effective_experiment(store, run)
    assert (now.optimizer.learning_rate, now.epochs) == (0.02, end)
    assert lineage.own_experiment(store, run) == ENDLESS
    steps = [each.step for each in lineage.segments(store, run)]
    assert steps == [0, at, at + 1]
    # The log is enough to train it again, bit for bit.
    course = replay(lineage.segments(store, run), load(ENDLESS.data, store.home), until=3 * end)
    again = [loss for event in course if isinstance(event, Step) for loss in event.losses]
    assert again == losses(store, run) and len(again) == 3 * end
    saved = checkpoint.load(store, run)["model"]
    for name, tensor in course.training.state()["model"].items():
        assert torch.equal(tensor, saved[name]), name
    history = History.of(store.read(run)[0])
    assert [change.step for change in history.changes] == [at, at + 1]
    assert summarize(store, run).rate == 0.02
    first, second = lineage.described_changes(store, run)
    assert summarize(store, run).changes == (first, second)
    assert f"0.1 → 0.02 at step {at}" in first and f"→ {end} " in second
    assert exports.problem(store, run, ScriptFormat()) is None
    # Without its checkpoints it is trained from the start, with both changes at their steps.
    twin = store.create(store.experiment(run))
    for event in log:
        if isinstance(event, Changed):
            store.append(twin, to_json(event))
    assert execute(store, twin).reason == "epochs"
    assert losses(store, twin) == again


def test_what_cannot_change_now_is_refused_and_leaves_the_run_alone(runner: Runner) -> None:
    run = runner.submit(encode(ENDLESS), by=LAB)
    waiting = runner.submit(encode(ENDLESS), by=LAB)
    runner.pause(run, by=LAB)
    runner.step(run, by=LAB)
    wait_until(lambda: taken(runner, run) >= 1)
    for changes, kind, code in (
        ({"batch_size": 8}, BadInput, "change_of_batch_size"),
        ({"augmentations": ["jitter"]}, BadExperiment, "unknown_kind"),
        ({"network.0.units": 8}, BadInput, "change_of_network"),
        ({"optimizer.learning_rate": -1}, BadExperiment, "greater_than"),
        ({"optimizer.no_such_field": 1}, BadExperiment, "unknown_path"),
        ({"epochs": 0}, BadExperiment, "greater_than_equal"),
    ):
        with pytest.raises(kind) as refused:
            runner.change(run, changes, by=LAB)
        assert refused.value.code == code
    with pytest.raises(BadInput) as refused:
        runner.change(waiting, {"epochs": 3}, by=LAB)
    assert refused.value.code == "change_not_at_work"
    with pytest.raises(NotFound):
        runner.change("20260101-000000-abcdef", {"epochs": 3}, by=LAB)
    assert not lineage.changes(runner.store, run)
    runner.stop(run, by=LAB)
    runner.stop(waiting, by=LAB)


def test_a_run_that_resumes_before_a_change_makes_it_again(runner: Runner) -> None:
    """Its newest checkpoint was damaged, and the one before belongs to an earlier step."""
    store = runner.store
    run = store.create(encode(ENDLESS.model_copy(update={"epochs": 4})))
    changes = {"optimizer.learning_rate": 0.03}
    seen: list[int] = []

    def poll(training: object) -> str:
        training.single_steps = True
        if training.step == 5 and not seen:
            seen.append(5)
            training.requests = [json.dumps(changes)]
        return "leave" if training.step == 8 else "go"

    assert execute(store, run, poll_control=poll) is None
    assert [event.step for event in lineage.changes(store, run)] == [5]
    newest = [store.path(run, name) for name in (CHECKPOINT, PREVIOUS)]
    for path in (*newest, *(each.path for each in kept(store, run))):
        path.unlink(missing_ok=True)
    assert execute(store, run).reason == "epochs"
    course = replay(lineage.segments(store, run), load(ENDLESS.data, store.home), until=12)
    again = [loss for event in course if isinstance(event, Step) for loss in event.losses]
    assert again == losses(store, run)
    assert lineage.effective_experiment(store, run).optimizer.learning_rate == 0.03
