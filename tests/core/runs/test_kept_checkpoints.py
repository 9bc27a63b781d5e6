"""Kept checkpoints: within their budget, evenly spaced, equal to the training at their epochs."""

import errno
import random
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from core.base.encoding import decode, encode
from core.base.events import Epoch, to_json
from core.experiment import Experiment, shipped
from core.runs import checkpoint, kept_checkpoints
from core.runs.kept_checkpoints import MB, keep, kept, load_nearest, nearest
from core.runs.store import CHECKPOINT, Store
from core.studies import trainer
from core.training import clock
from core.training.inputs import load_inputs
from core.training.loop import train

EPOCHS = 8


def history(epochs: int, best: int = 0) -> list[Epoch]:
    """Epochs of ten steps; the validation loss of one is the lowest."""
    losses = [{"loss": float(number != best), "accuracy": 0.5} for number in range(1, epochs + 1)]
    return [
        Epoch(number, 10 * number, losses[0], loss, number == best)
        for number, loss in enumerate(losses, 1)
    ]


@pytest.fixture
def small(tmp_path: Path) -> tuple[Store, str]:
    """A run without a training."""
    store = Store(tmp_path)
    return store, store.create("{}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Store, str]:
    """A run that saved a checkpoint after every reading, as a slow one would."""
    store = Store(tmp_path_factory.mktemp("kept"))
    short = shipped()["spirals"].model_copy(update={"epochs": EPOCHS, "device": "cpu"})
    run = store.create(encode(short))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "SAVE_EVERY", (0.0, 0.0))
        trainer.execute(store, run)
    return store, run


def test_the_budget_is_kept_under_a_run_of_500_epochs(small, monkeypatch) -> None:
    """At 20 checkpoints of 500: the newest and the best one stay, and no gap is much larger than
    the others.
    """
    store, run = small
    monkeypatch.setenv("LAB_CHECKPOINTS", "0.2")
    every = history(500, best=123)
    path = store.path(run, CHECKPOINT)
    for number in range(1, 501):
        path.unlink(missing_ok=True)
        path.write_bytes(b"x" * 10_000)
        keep(store, run, every[:number])
        found = kept(store, run)
        assert sum(each.bytes for each in found) <= kept_checkpoints.budget() == 200_000
        assert found[-1].epoch == number and (number < 123 or 123 in {e.epoch for e in found})
    epochs = [0, *(each.epoch for each in found)]
    gaps = [after - before for before, after in pairwise(epochs)]
    assert len(found) == 20 and max(gaps) <= 2 * 500 / 20
    assert [each.step for each in found] == [10 * each.epoch for each in found]
    assert nearest(store, run, 400) == max(each for each in found if each.epoch <= 400)
    assert nearest(store, run, found[0].epoch - 1) is None


def test_what_must_stay_goes_last(small, monkeypatch) -> None:
    store, run = small
    for megabytes, expected in ((0.03, [2, 3, 6]), (0.02, [2, 6]), (0.01, [2]), (0.009, [])):
        monkeypatch.setenv("LAB_CHECKPOINTS", str(megabytes))
        for number in range(1, 7):
            store.save(run, lambda file: file.write(b"x" * 10_000))
            keep(store, run, history(number, best=3), always={2})
        assert [each.epoch for each in kept(store, run)] == expected


def test_without_a_budget_or_room_on_the_disk_none_is_kept(small, monkeypatch) -> None:
    store, run = small
    store.save(run, lambda file: file.write(b"x"))
    monkeypatch.setenv("LAB_CHECKPOINTS", "0")
    assert keep(store, run, history(1)) is None
    assert not store.path(run, kept_checkpoints.FOLDER).exists()
    monkeypatch.delenv("LAB_CHECKPOINTS")
    monkeypatch.setattr(kept_checkpoints, "free_disk", lambda home: 999 * MB)
    assert keep(store, run, history(1)) is None and kept(store, run) == []


def test_a_file_system_without_hard_links_gets_copies(small, monkeypatch) -> None:
    store, run = small
    store.save(run, lambda file: file.write(b"content"))

    def refuse(path: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert keep(store, run, history(1)).path.read_bytes() == b"content"
    store.path(run, CHECKPOINT).unlink()  # nothing to copy: the training goes on
    assert keep(store, run, history(2)) is None


def test_every_kept_state_is_that_of_the_training_at_this_epoch(trained) -> None:
    store, run = trained
    experiment = decode(Experiment, store.experiment(run))
    training = train(experiment, load_inputs(experiment, store.home))
    expected = {}
    for event in training:
        if isinstance(event, Epoch):
            expected[event.epoch] = training.state()
    assert [each.epoch for each in kept(store, run)] == list(range(1, EPOCHS + 1))
    for epoch, wanted in expected.items():
        state = load_nearest(store, run, epoch)
        assert state["step"] == wanted["step"] and len(state["history"]) == epoch
        for name in ("model", "optimizer", "generators"):
            assert_equal(state[name], wanted[name])


def assert_equal(state: object, wanted: object) -> None:
    if isinstance(wanted, torch.Tensor):
        assert torch.equal(state, wanted)
    elif isinstance(wanted, dict):
        assert state.keys() == wanted.keys()
        for name, value in wanted.items():
            assert_equal(state[name], value)
    else:
        assert repr(state) == repr(wanted)


def test_damaged_files_are_skipped(trained, tmp_path: Path) -> None:
    """The next one before is read; for the last epoch, the checkpoint of the run itself."""
    store, run = trained
    path = {each.epoch: each.path for each in kept(store, run)}
    whole = {epoch: path[epoch].read_bytes() for epoch in (4, 5, EPOCHS)}
    try:
        for epoch in whole:
            path[epoch].unlink()  # the last one is a second name of the run's checkpoint
            path[epoch].write_bytes(whole[epoch][:-700])
        assert len(load_nearest(store, run, 5)["history"]) == 3
        assert len(load_nearest(store, run, EPOCHS + 9)["history"]) == EPOCHS
    finally:
        for epoch, content in whole.items():
            path[epoch].write_bytes(content)
    assert load_nearest(store, run, 0) is None


def test_a_run_that_goes_back_forgets_what_came_after(trained) -> None:
    store, _ = trained
    run = store.create(encode(shipped()["spirals"].model_copy(update={"epochs": 2})))
    folder = store.path(run, kept_checkpoints.FOLDER)
    folder.mkdir()
    for name in ("1-1.pt", "7-999999.pt", "no.txt"):
        (folder / name).write_bytes(b"")
    kept_checkpoints.forget_after(store, run, 1)
    assert [each.epoch for each in kept(store, run)] == [1]


def test_kept_checkpoints_give_way_where_the_disk_is_full(trained, monkeypatch) -> None:
    """The first save fails for lack of space; the training goes on and ends well."""
    store, old = trained
    run = store.create(store.experiment(old))
    folder, save, failures = store.path(run, kept_checkpoints.FOLDER), checkpoint.save, []
    folder.mkdir()
    (folder / "0-0.pt").write_bytes(b"")

    def save_on_a_full_disk(*what) -> None:
        if kept(store, run):
            failures.append(1)
            raise OSError(errno.ENOSPC, "No space left on device")
        save(*what)

    monkeypatch.setattr(checkpoint, "save", save_on_a_full_disk)
    assert trainer.execute(store, run).reason == "epochs"
    assert failures and [each.epoch for each in kept(store, run)] == [EPOCHS]


def test_checkpoints_prefer_the_ends_of_epochs() -> None:
    """Epochs of any length: all together at the pace, and those of long epochs at each end."""

    class Watch:
        seconds = 0.0

    for length in (0.25, 1.5, 2.5, 9.0):
        watch = Watch()
        pace, saved, ends = clock.CheckpointPace(watch), [], []
        for step in range(1, 400):
            watch.seconds = step * 0.25
            ended = watch.seconds % length == 0
            if pace.start_if_due(epoch_ended=ended):
                saved.append(watch.seconds)
                ends += [watch.seconds] * ended
        assert len(saved) <= watch.seconds / clock.SAVE_EVERY[0] + 1
        assert len(ends) >= int(watch.seconds / max(length, clock.SAVE_EVERY[0] + length)) - 1
        assert length > 2.0 or ends == saved


def test_checkpoints_keep_to_their_fraction_of_the_time_however_long_they_take() -> None:
    """A busy disk makes one take ten times as long as another; the first has no estimate."""

    class Watch:
        seconds = 0.0

    for length in (0.25, 1.5, 7.0, 40.0, 1000.0):
        watch, draw, spent = Watch(), random.Random(0), []
        pace = clock.CheckpointPace(watch)
        for step in range(1, 4000):
            watch.seconds = step * 0.25
            if pace.start_if_due(epoch_ended=watch.seconds % length == 0):
                spent.append(draw.uniform(0.02, 0.2))
                pace.add(spent[-1])
        assert len(spent) >= 50
        assert sum(spent) <= clock.SAVE_SHARE * watch.seconds + max(spent)


def test_to_json_of_an_epoch_is_what_a_state_holds() -> None:
    """`is_epoch_end` reads the lines of a state's history."""
    lines = [to_json(epoch) for epoch in history(2)]
    assert kept_checkpoints.is_epoch_end({"history": lines, "step": 20})
    assert not kept_checkpoints.is_epoch_end({"history": lines, "step": 21})
    assert not kept_checkpoints.is_epoch_end({"history": [], "step": 0})
