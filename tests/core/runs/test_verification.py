"""Verification: a replay equals the run whatever happened to it, and names the first difference."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from core.analysis.replay_certificate import conclude, stamped
from core.analysis.trained import TrainedRun, finish
from core.base.control import GO, STOP
from core.base.encoding import decode, encode, to_json_text
from core.base.errors import BadInput
from core.base.events import Ended, Epoch, Started, Step, WeightHash, from_json, to_json
from core.base.seal import seal
from core.experiment import Experiment, shipped
from core.losses import MSE
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import SGD
from core.optim.regularizers import EMA, SAM
from core.optim.schedules import Constant
from core.optim.stopping import TimeLimit
from core.runs import lineage, trash
from core.runs.forks import fork_of
from core.runs.store import Store
from core.runs.verification import Verification, verify
from core.studies import trainer
from core.training import clock
from core.training.inputs import load_inputs
from core.training.loop import train
from tests.core.bars import losses

Change = Callable[[object], object]


def run_of(store: Store, experiment: Experiment, **control: object) -> str:
    run = store.create(encode(experiment))
    trainer.execute(store, run, **control)
    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """A small network after 176 steps."""
    store = Store(tmp_path_factory.mktemp("verified"))
    experiment = shipped()["spirals"].model_copy(update={"epochs": 8, "device": "cpu"})
    return TrainedRun(store, run_of(store, experiment))


def replayed(store: Store, run: str, epoch: int = 0) -> Verification:
    shares = [0.0]
    replay = verify(store, run, epoch)
    while True:
        try:
            share, note = next(replay)
        except StopIteration as end:
            return end.value
        assert note and shares[-1] <= share <= 1
        shares.append(share)


def code(found: Verification) -> str:
    return conclude(stamped(found)).code


def edited(trained: TrainedRun, home: Path, change: Change) -> tuple[Store, str]:
    """A copy of the run whose events are changed; those that become None are left out."""
    store, run = Store(home), trained.run
    shutil.copytree(trained.store.path(run), store.root / run)
    events = map(change, map(from_json, trained.store.read(run)[0]))
    lines = [seal(to_json(event)) + "\n" for event in events if event]
    store.path(run, "events.jsonl").write_text("".join(lines))
    return store, run


def with_fields(event: object, **fields: object) -> object:
    return type(event)(**{**event.__dict__, **fields})


@pytest.mark.parametrize("name", ["digits_run", "spirals_run", "sine_run", "table_run"])
def test_a_run_equals_its_replay(name: str, request: pytest.FixtureRequest) -> None:
    trained = request.getfixturevalue(name)
    found = replayed(trained.store, trained.run)
    end = trained.store.last(trained.run)
    assert found.difference is None and code(found) == "replay_identical"
    assert (found.first_step, found.last_step) == (0, end["step"])
    assert (found.losses, found.epochs) == (end["step"], end["epochs"])
    assert found.hashes == -(-end["step"] // 50) and found.run == found.here


def test_a_run_is_verified_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the middle of an epoch, resumed, and ended by a limit on a clock that now is
    slower; with two copies of the weights.
    """
    store = Store(tmp_path)
    changes = {"epochs": 9, "device": "cpu", "regularizers": (SAM(), EMA())}
    experiment = shipped()["spirals"].model_copy(update=changes)

    def poll(training: object) -> str:
        training.single_steps = True
        return STOP if training.step == 73 else GO

    run = run_of(store, experiment, poll_control=poll)
    assert store.last(run)["step"] == 73 == replayed(store, run).last_step
    first = replayed(store, run)
    assert first.difference is None and (first.losses, first.epochs, first.hashes) == (73, 3, 2)
    monkeypatch.setattr(TimeLimit, "in_time", lambda rule, seconds: seconds < 0.01)
    limited = experiment.model_copy(update={"stopping": (TimeLimit(minutes=1),)})
    store.path(run, "experiment.json").write_text(encode(limited))
    store.path(run, "experiment.json.sha256").unlink()
    trainer.execute(store, run)
    assert store.last(run)["reason"] == "time"
    found = replayed(store, run)
    assert found.difference is None and found.losses == store.last(run)["step"]


def test_forks_and_changed_settings_are_verified(tmp_path: Path) -> None:
    """A fork of a fork with other batches, whose rate changed while it was trained: without its
    ancestors, from their start.
    """
    store = Store(tmp_path)
    experiment = shipped()["spirals"].model_copy(update={"epochs": 3, "device": "cpu"})
    parent = run_of(store, experiment)
    child = run_of(store, fork_of(store, parent, 1, {"optimizer": {"kind": "sgd"}}))
    asked = [to_json_text({"optimizer.learning_rate": 0.01})]
    middle = store.last(child)["step"] - 3

    def poll(training: object) -> str:
        training.single_steps = True
        if training.step == middle and asked:
            training.requests.append(asked.pop())
        return GO

    other = run_of(store, fork_of(store, child, 2, {"batch_size": 17, "epochs": 4}))
    changed = run_of(store, fork_of(store, child, 2), poll_control=poll)
    assert not asked and len(lineage.changes(store, changed)) == 1
    trash.delete(store, parent)
    for run in (child, other, changed):
        found = replayed(store, run)
        assert found.difference is None and found.losses == store.last(run)["step"]
        assert found.epochs == store.last(run)["epochs"] and found.hashes


def test_a_diverged_run_equals_its_replay(tmp_path: Path) -> None:
    rate = {"optimizer": SGD(learning_rate=10.0, momentum=0.0), "schedule": Constant()}
    network = {"network": SoftmaxRegression().layers((1, 8, 8)), "loss": MSE(), "device": "cpu"}
    store = Store(tmp_path)
    run = run_of(store, Experiment(**network, **rate))
    end = store.last(run)
    found = replayed(store, run)
    assert end["reason"] == "diverged" and found.difference is None
    assert found.losses == found.last_step == end["step"]


def test_a_changed_loss_is_found_at_its_step(trained: TrainedRun, tmp_path: Path) -> None:
    def change(event: object) -> object:
        if isinstance(event, Step) and event.step - len(event.losses) < 83 <= event.step:
            at = 82 - event.step + len(event.losses)
            altered = [*event.losses]
            altered[at] += 2e-7
            return with_fields(event, losses=tuple(altered))
        return event

    verification = replayed(*edited(trained, tmp_path, change))
    found = verification.difference
    assert (found.what, found.step, found.layers, found.hashed) == ("loss", 83, (), 100)
    assert conclude(stamped(verification)).level == "bad"
    assert found.logged - found.replayed == pytest.approx(2e-7)


def test_a_changed_hash_is_found_with_its_layer(trained: TrainedRun, tmp_path: Path) -> None:
    layer = trained.store.last(trained.run, "layers")["layers"]
    name = list(layer)[1]

    def change(event: object) -> object:
        if isinstance(event, WeightHash) and event.step == 100:
            return with_fields(event, layers=event.layers | {name: "00000000"})
        return event

    store, run = edited(trained, tmp_path, change)
    verification = replayed(store, run)
    found = verification.difference
    assert (found.what, found.step, found.layers, found.hashed) == ("weights", 100, (name,), 100)
    assert conclude(stamped(verification)).level == "bad"  # nothing else differs


def test_a_changed_score_is_found_with_its_epoch(trained: TrainedRun, tmp_path: Path) -> None:
    def change(event: object) -> object:
        if isinstance(event, Epoch) and event.epoch == 2:
            return with_fields(event, validation=event.validation | {"accuracy": 0.123})
        return event

    found = replayed(*edited(trained, tmp_path, change)).difference
    assert (found.what, found.step) == ("scores", 2 * trained.setup.epoch_steps)


def test_a_layer_that_computes_otherwise_is_found(
    trained: TrainedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its 60th step on, the last layer is off by a relative 1e-7: at which step the losses
    differ first, and which layers do at the next hash, is known from a training of its own.
    """
    store, run = trained.store, trained.run
    forward, calls = nn.Linear.forward, []

    def off(layer: nn.Linear, x: object) -> object:
        calls.append(1) if layer.training and layer.out_features == 2 else None
        factor = 1 + 3e-7 if layer.out_features == 2 and len(calls) >= 60 else 1
        return forward(layer, x) * factor

    experiment = decode(Experiment, store.experiment(run))
    events = [from_json(line) for line in store.read(run)[0]]
    monkeypatch.setattr(nn.Linear, "forward", off)
    changed = list(train(experiment, load_inputs(experiment, store.home)))
    pairs = zip(losses(changed), losses(events), strict=True)
    step = next(number for number, (a, b) in enumerate(pairs, 1) if a != b)
    hashed = -(-step // 50) * 50
    theirs, ours = (
        next(e.layers for e in log if isinstance(e, WeightHash) and e.step == hashed)
        for log in (events, changed)
    )
    calls.clear()
    found = replayed(store, run).difference
    assert (found.what, found.step, found.hashed) == ("loss", step, hashed) and step >= 60
    assert found.layers == tuple(name for name in ours if ours[name] != theirs[name]) != ()


def test_runs_of_earlier_versions_have_no_hashes(trained: TrainedRun, tmp_path: Path) -> None:
    store, run = edited(
        trained, tmp_path, lambda event: None if isinstance(event, WeightHash) else event
    )
    found = replayed(store, run)
    assert found.hashes == 0 and code(found) == "replay_identical_losses"


def test_what_differed_when_the_run_was_trained_is_named(
    trained: TrainedRun, tmp_path: Path
) -> None:
    def change(event: object) -> object:
        if isinstance(event, Started):
            versions = event.versions | {"torch": "2.12.0"}
            return with_fields(event, versions=versions, device="cuda:0", threads=2)
        if isinstance(event, WeightHash) and event.step > 150:
            return with_fields(event, layers=dict.fromkeys(event.layers, "00000000"))
        return event

    found = replayed(*edited(trained, tmp_path, change))
    assert (found.run["torch"], found.run["lab"]) == ("2.12.0", found.here["lab"])
    assert (found.run["device"], found.here["device"]) == ("cuda:0", "cpu")
    assert found.run["threads"] == found.here["threads"] == "2"  # the replay has those of the run
    assert conclude(stamped(found)).level == "warn"
    assert len(found.difference.layers) == found.layers


def test_a_replay_begins_at_a_kept_checkpoint(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(clock, "SAVE_EVERY", (0.0, 0.0))
    store = Store(tmp_path)
    experiment = shipped()["spirals"].model_copy(update={"epochs": 6, "device": "cpu"})
    run = run_of(store, experiment)
    steps = store.last(run)["step"] // 6
    found = replayed(store, run, epoch=4)
    assert (found.first_epoch, found.first_step) == (4, 4 * steps) and found.difference is None
    assert (found.losses, found.epochs) == (2 * steps, 2)
    assert replayed(store, run, epoch=99).first_epoch == 5  # the last one has nothing after it


def test_only_a_run_that_has_ended_is_verified(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(encode(Experiment()))
    with pytest.raises(BadInput) as caught:
        finish(verify(store, run))
    assert caught.value.code == "run_not_ended"
    store.append(run, to_json(Ended("failed", "It failed.", 0, 0)))
    with pytest.raises(BadInput) as caught:
        finish(verify(store, run))
    assert caught.value.code == "nothing_to_verify"
