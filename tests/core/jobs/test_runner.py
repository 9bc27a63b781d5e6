"""The queue and its thread: pause, step, stop, resume, close; a failed run says why; nothing waits
on a clock.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load

from core.access.ownership import LAB
from core.base.control import GO, LEAVE, STOP
from core.base.encoding import encode
from core.base.errors import BadData, BadInput, NotFound
from core.base.events import Ended, Epoch, Event, Started, from_json
from core.experiment import Experiment
from core.jobs.batches import submit_batch
from core.jobs.runner import Runner
from core.network.layers import Conv2d, Flatten, Linear, Output
from core.optim.stopping import Patience
from core.runs import checkpoint
from core.runs.state import stored_state
from core.runs.store import CHECKPOINT, Store
from core.runs.summary import summarize
from core.studies import trainer
from core.studies.batch import make_batch
from core.studies.trainer import execute
from core.training.loop import Training
from tests.conftest import losses, wait_until


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(Store(tmp_path))
    yield runner
    runner.close()


def digits(**changes: object) -> str:
    small = {"epochs": 3, "device": "cpu", "network": (Flatten(), Output())}
    return encode(Experiment(**small | changes))


def endless() -> str:
    return digits(epochs=100_000)


def events(store: Store, run: str) -> list[Event]:
    return [from_json(line) for line in store.read(run)[0]]


def test_a_run_is_trained_in_the_background_and_stored_on_disk(runner: Runner) -> None:
    run = runner.submit(digits(epochs=12), by=LAB)
    wait_until(lambda: not runner.live())
    assert runner.status(run) == stored_state(Store(runner.store.home), run) == "done"
    seen = events(runner.store, run)
    assert isinstance(seen[0], Started) and isinstance(seen[-1], Ended)
    assert len(losses(runner.store, run)) == seen[0].steps
    assert seen[-1].test["accuracy"] > 0.8


def test_runs_are_queued_in_order(runner: Runner) -> None:
    first, second, third = (runner.submit(endless(), by=LAB) for _ in range(3))
    wait_until(lambda: runner.status(first) == "running")
    assert runner.live() == [first, second, third]
    assert runner.status(second) == "queued"
    runner.stop(second, by=LAB)
    assert runner.live() == [first, third] and runner.status(second) == "stopped"
    runner.stop(first, by=LAB)
    wait_until(lambda: runner.status(third) == "running")
    assert runner.status(first) == "stopped"


def test_a_paused_run_takes_single_steps_and_continues(runner: Runner) -> None:
    run = runner.submit(endless(), by=LAB)
    wait_until(lambda: len(losses(runner.store, run)) > 0)
    runner.pause(run, by=LAB)
    wait_until(lambda: is_still(runner, run))
    assert runner.status(run) == "paused"
    before = len(losses(runner.store, run))
    for n in (1, 2, 3):
        runner.step(run, by=LAB)
        wait_until(lambda n=n: len(losses(runner.store, run)) == before + n)
    assert is_still(runner, run)
    runner.proceed(run, by=LAB)
    wait_until(lambda: len(losses(runner.store, run)) > before + 100)


def test_a_single_step_at_the_end_of_an_epoch_is_one_step(tmp_path: Path) -> None:
    """Every time that somebody may say a word, exactly one more step was taken."""
    store, halts = Store(tmp_path), []
    run = store.create(digits(epochs=3, batch_size=512))  # three steps an epoch

    def poll_control(training: Training) -> str:
        training.single_steps = True
        halts.append(training.step)
        return GO

    execute(store, run, poll_control=poll_control)
    assert halts == list(range(10))


def is_still(runner: Runner, run: str) -> bool:
    """Whether the training waits at its condition, so that nothing more is written."""
    job = runner._find(run)
    with job.control.changed:
        return bool(job.control.changed._waiters)


def test_stop_and_resume_give_the_losses_of_a_straight_run(runner: Runner) -> None:
    straight = runner.submit(digits(epochs=12), by=LAB)
    wait_until(lambda: runner.status(straight) == "done")
    parted = runner.store.create(digits(epochs=12))
    halts = iter([GO, GO, STOP])
    assert (
        execute(runner.store, parted, poll_control=lambda training: next(halts)).reason == "stopped"
    )
    assert stored_state(runner.store, parted) == "stopped"
    runner.resume(parted, by=LAB)
    wait_until(lambda: runner.status(parted) == "done")
    assert losses(runner.store, parted) == losses(runner.store, straight)
    assert events(runner.store, parted)[-1] == events(runner.store, straight)[-1]


def test_only_an_unfinished_run_can_be_resumed(runner: Runner) -> None:
    run = runner.submit(digits(epochs=1), by=LAB)
    wait_until(lambda: runner.status(run) == "done")
    with pytest.raises(BadInput) as refused:
        runner.resume(run, by=LAB)
    assert refused.value.code == "not_resumable"
    with pytest.raises(NotFound):
        runner.resume("20260101-000000-abcdef", by=LAB)


def test_closing_saves_the_run_and_leaves_it_interrupted(runner: Runner) -> None:
    run, waiting = runner.submit(endless(), by=LAB), runner.submit(endless(), by=LAB)
    wait_until(lambda: len(losses(runner.store, run)) > 0)
    runner.close()
    assert not any(lane.thread.is_alive() for lane in runner._lanes)
    store = Store(runner.store.home)
    assert (stored_state(store, run), stored_state(store, waiting)) == (
        "interrupted",
        "not_started",
    )
    assert checkpoint.load(store, run)["step"] == len(losses(store, run))
    again = Runner(store)
    again.resume(run, by=LAB)
    wait_until(
        lambda: (
            again.status(run) == "running"
            and len(losses(store, run)) > checkpoint.load(store, run)["step"]
        )
    )
    again.close()


def test_close_also_ends_a_paused_run(runner: Runner) -> None:
    run = runner.submit(endless(), by=LAB)
    wait_until(lambda: runner.status(run) == "running")
    runner.pause(run, by=LAB)
    runner.close()
    assert (
        not any(lane.thread.is_alive() for lane in runner._lanes)
        and stored_state(runner.store, run) == "interrupted"
    )
    with pytest.raises(BadInput) as refused:
        runner.submit(digits(), by=LAB)
    assert refused.value.code == "shutting_down"


def test_a_live_run_cannot_be_deleted_but_a_finished_one_can(runner: Runner) -> None:
    run = runner.submit(endless(), by=LAB)
    wait_until(lambda: runner.status(run) == "running")
    with pytest.raises(BadInput) as refused:
        runner.delete(run, by=LAB)
    assert refused.value.code == "run_is_live"
    runner.stop(run, by=LAB)
    wait_until(lambda: not runner.live())
    runner.delete(run, by=LAB)
    assert runner.store.ids() == []


def test_a_network_that_does_not_fit_ends_the_run_as_failed(runner: Runner) -> None:
    run = runner.submit(digits(network=(Linear(),)), by=LAB)
    wait_until(lambda: not runner.live())
    ended = events(runner.store, run)[-1]
    assert (ended.reason, runner.status(run)) == ("failed", "failed")
    assert "Layer 1 (linear1)" in ended.message


def test_a_batch_goes_on_when_one_of_its_runs_fails(runner: Runner) -> None:
    e = Experiment(network=(Conv2d(maps=1), Flatten(), Output()), epochs=1, device="cpu")
    batch = make_batch(e, {"network.0.kernel": [1, 31, 3]})  # the images have 8 × 8 pixels
    runs = submit_batch(runner, batch, by=LAB)
    wait_until(lambda: not runner.live())
    assert [runner.status(run) for run in runs] == ["done", "failed", "done"]
    rows = [summarize(runner.store, run) for run in runs]
    assert {row.batch.id for row in rows} == {runs[0]}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), trainer.MEMORY),
        (torch.OutOfMemoryError("CUDA out of memory"), trainer.GPU_MEMORY),
        (RuntimeError("strange"), "Internal error (RuntimeError)"),
    ],
)
def test_an_error_during_training_ends_the_run_with_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    store = Store(tmp_path)
    run = store.create(digits(epochs=500))

    def fails(*given: object) -> None:
        raise error

    monkeypatch.setattr(checkpoint, "save", fails)
    ended = execute(store, run, poll_control=lambda training: STOP if training.epoch else GO)
    assert ended.reason == "failed" and words in ended.message
    assert events(store, run)[-1] == ended
    monkeypatch.undo()
    assert (
        execute(store, run, poll_control=lambda training: STOP).reason == "stopped"
    )  # the run is no longer held


def test_a_run_held_by_another_process_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(digits())
    with store.own(run), pytest.raises(BadInput) as caught:
        execute(store, run)
    assert caught.value.code == "run_in_progress"


def test_leaving_does_not_write_an_end(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(digits())
    assert execute(store, run, poll_control=lambda training: LEAVE) is None
    assert stored_state(store, run) == "interrupted" and store.path(run, CHECKPOINT).exists()


def test_a_damaged_checkpoint_is_reported_and_not_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(digits(epochs=50))
    execute(store, run, poll_control=lambda training: STOP)
    whole = store.path(run, CHECKPOINT).read_bytes()
    for share in (0, 0.1, 0.5, 0.99):
        store.path(run, CHECKPOINT).write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(BadData) as caught:
            checkpoint.load(store, run)
        assert caught.value.code == "checkpoint_damaged"
    ended = execute(store, run)
    assert ended.reason == "failed" and ended.message == str(caught.value)


def test_weights_open_in_plain_torch_and_belong_to_the_best_epoch(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(
        digits(network=Experiment().network, stopping=(Patience(patience=2),), epochs=30)
    )
    ended = execute(store, run)
    best = checkpoint.load(store, run)["best"]
    saved = checkpoint.saved_model(store, run)
    plain = torch.load(io.BytesIO(saved.pth()), weights_only=True)
    safe = load(saved.safetensors())
    for weights in (plain["state_dict"], safe):
        assert sorted(weights) == sorted(best)
        assert all(torch.equal(weights[name], best[name]) for name in best)
    epochs = [e for e in events(store, run) if isinstance(e, Epoch)]
    lowest = min(epochs, key=lambda e: e.validation["loss"]).epoch
    assert lowest == ended.best_epoch < ended.epochs


def test_missing_weights_are_not_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(NotFound) as caught:
        checkpoint.saved_model(store, store.create(digits()))
    assert caught.value.code == "no_checkpoint" and "yet" in str(caught.value)


def test_the_submitted_experiment_is_the_stored_one(runner: Runner) -> None:
    run = runner.submit(json.dumps({"epochs": 1, "name": "by hand"}), by=LAB)
    assert json.loads(runner.store.experiment(run))["name"] == "by hand"
    with pytest.raises(BadInput, match="epochs"):
        runner.submit('{"epochs": 0}', by=LAB)


def test_a_run_that_leaves_the_queue_while_its_wait_is_computed_does_not_wait(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.submit(endless(), by=LAB)
    waiting = runner.submit(endless(), by=LAB)
    assert len(runner.wait(waiting)[0]) == 1
    monkeypatch.setattr(runner, "_seconds", lambda job: runner.stop(waiting, by=LAB))
    assert runner.wait(waiting) == ([], 0.0)
