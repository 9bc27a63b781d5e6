"""Trackers: what TensorBoard's and MLflow's own readers find equals the events of the run."""

import math
import os
from dataclasses import replace
from itertools import pairwise
from unittest import TestCase

import pytest

from core.base.control import GO, LEAVE
from core.base.encoding import encode
from core.base.errors import BadInput
from core.base.events import Ended, Epoch, Probe, Started, Step, from_json
from core.base.settings import settings
from core.data.ready.curves import Sine
from core.data.ready.points import Moons
from core.experiment import Experiment
from core.network.presets import SoftmaxRegression
from core.optim.clipping import ClipNorm
from core.optim.penalties import WeightDecay
from core.runs.history import History
from core.runs.store import Store
from core.runs.tracking import live
from core.runs.tracking.live import TRACKERS
from core.runs.tracking.mlflow import ENVIRONMENT, RUN, MLflowTracker
from core.runs.tracking.scalars import LOSSES, Scalar, ScalarReader, events_of, hyperparameters
from core.studies import trainer
from tests.conftest import ended, script

TINY = Experiment(name="A/b", network=SoftmaxRegression().layers((1, 8, 8)), epochs=2)
Points = dict[str, list[tuple[int, float]]]  # (step, value) by name


@pytest.fixture(autouse=True)
def file_store(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def read_tensorboard(folder) -> Points:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (path,) = folder.iterdir()
    reader = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
    return {
        name: [(scalar.step, scalar.value) for scalar in reader.Scalars(name)]
        for name in reader.Tags()["scalars"]
    }


def read_mlflow(folder) -> Points:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=folder.as_uri())
    (run,) = client.search_runs([client.search_experiments()[0].experiment_id])
    return {
        name: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, name)]
        for name in run.data.metrics
    }


READ = {"tensorboard": read_tensorboard, "mlflow": read_mlflow}
assert READ.keys() == TRACKERS.keys()


def expected(events) -> Points:
    """What should be there, from the events themselves."""
    points: Points = {}

    def put(name, step, value):
        points.setdefault(name, []).append((step, value))

    for event in events:
        if isinstance(event, Step):
            for k, loss in enumerate(event.losses, event.step - len(event.losses) + 1):
                put("loss/step", k, loss)
            put("learning_rate", event.step, event.learning_rate)
        if isinstance(event, Epoch):
            for part, scores in (("train", event.train), ("validation", event.validation)):
                for name, value in scores.items():
                    put(f"{name}/{part}", event.step, value)
                if "accuracy" in scores:
                    put(f"error/{part}", event.step, 1 - scores["accuracy"])
        if isinstance(event, Probe):
            for layer in event.gradient:
                put(f"gradient_norm/{layer}", event.step, event.gradient[layer])
                put(f"weight_norm/{layer}", event.step, event.weight[layer])
                put(f"update_ratio/{layer}", event.step, event.update[layer])
        if isinstance(event, Ended):
            for part in ("train", "validation", "test"):
                scores = getattr(event, part)
                for name, value in scores.items():
                    put(f"final/{part}_{name}", event.step, value)
                if "accuracy" in scores:
                    put(f"final/{part}_error", event.step, 1 - scores["accuracy"])
    return points


def check(found: Points, events) -> None:
    wanted = expected(events)
    assert found.keys() == wanted.keys()
    for name, points in wanted.items():
        assert [step for step, _ in found[name]] == [step for step, _ in points], name
        values = [value for _, value in found[name]]
        assert values == pytest.approx([value for _, value in points], rel=1e-6, nan_ok=True), name


def parameters(kind: str, folder) -> dict[str, object]:
    if kind == "mlflow":
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=folder.as_uri())
        (run,) = client.search_runs([client.search_experiments()[0].experiment_id])
        return run.data.params
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    (path,) = folder.iterdir()
    plugin = EventAccumulator(str(path)).Reload().summary_metadata["_hparams_/session_start_info"]
    found = HParamsPluginData.FromString(plugin.plugin_data.content).session_start_info.hparams
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in found.items()}


# --- whole runs, read back


@pytest.mark.parametrize("kind", TRACKERS)
def test_a_made_up_run_is_read_back_with_its_numbers_and_settings(kind, tmp_path):
    odd = replace(script()[1], losses=(math.nan, *script()[1].losses[1:]))
    events = [script()[0], odd, *script()[2:], ended()]
    TRACKERS[kind](tmp_path, "20260101-120000-abcdef", TINY).add_all(events)
    check(READ[kind](tmp_path), events)
    found = parameters(kind, tmp_path)
    assert found.keys() == hyperparameters(TINY).keys()
    assert float(found["optimizer.learning_rate"]) == TINY.optimizer.learning_rate


@pytest.mark.parametrize("kind", TRACKERS)
def test_a_training_is_followed_across_a_resume(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_TRACKING", f"{kind}:{tmp_path / 'tracked'}")
    store = Store(tmp_path)
    run = store.create(encode(TINY))
    left = trainer.execute(store, run, poll_control=lambda t: LEAVE if t.step >= 9 else GO)
    assert left is None
    assert trainer.execute(store, run).reason == "epochs"
    history = History.of(store.read(run)[0])
    assert history.before > 0  # it was resumed
    check(READ[kind](tmp_path / "tracked"), events_of(history))


@pytest.mark.parametrize("data", [Moons(), Sine()])
def test_events_of_a_history_are_those_of_a_run_that_was_never_interrupted(data, tmp_path):
    store = Store(tmp_path)
    facts = data.facts(store.home)
    network = SoftmaxRegression().layers(facts.shape)
    fit = {} if facts.classes else {"loss": {"kind": "mse"}}
    experiment = Experiment.model_validate({"data": data, "network": network, "epochs": 2, **fit})
    run = store.create(encode(experiment))
    trainer.execute(store, run)
    lines = store.read(run)[0]
    counted = (Started, Step, Epoch, Probe, Ended)
    events = [event for event in map(from_json, lines) if isinstance(event, counted)]
    assert {*map(repr, events_of(History.of(lines)))} == {*map(repr, events)}


# --- what is recorded


def test_a_resume_discards_the_events_after_its_step():
    events = script()
    again = replace(events[0], step=95)
    lines = [*events[:14], again]
    history = History()
    for event in lines:
        history._fold(event)
    steps = [event for event in events_of(history) if isinstance(event, Step)]
    assert sum(len(step.losses) for step in steps) == min(95, history.step) == history.step
    assert all(event.step <= 95 for event in events_of(history))


def test_of_very_many_steps_evenly_spaced_losses_are_recorded():
    scalars = ScalarReader().read(Step(1000, tuple(map(float, range(1, 1001))), 0.1, 1.0, 9.0))
    losses = [s for s in scalars if s.name == "loss/step"]
    assert len(losses) == LOSSES and losses[-1].step == 1000
    assert {b.step - a.step for a, b in pairwise(losses)} == {20}
    assert all(s.value == s.step for s in losses)


def test_times_continue_at_a_resume():
    reader = ScalarReader()
    start = replace(script()[0], time=1000.0)
    reader.read(start)
    assert reader.read(Step(1, (1.0,), 0.1, 4.0, 9.0))[0].time == 1004.0
    reader.read(replace(start, step=1, time=2000.0))
    assert reader.read(Step(2, (1.0,), 0.1, 5.0, 9.0))[0] == Scalar("loss/step", 1.0, 2, 2000.0)
    assert reader.read(Step(3, (1.0,), 0.1, 7.0, 9.0))[0].time == 2002.0


def test_every_setting_is_a_hyperparameter_under_its_path():
    experiment = TINY.model_copy(
        update={"regularizers": (WeightDecay(), ClipNorm()), "name": "x" * 80}
    )
    found = hyperparameters(experiment)
    assert found["regularizers"] == "weight_decay, clip_norm"
    assert found["regularizers.clip_norm.limit"] == ClipNorm().limit
    assert found["data"] == "digits" and found["seeds.order"] == experiment.seeds.order
    assert all(isinstance(value, (str, int, float)) for value in found.values())


# --- faults


def test_a_tracker_that_fails_costs_the_run_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_TRACKING", f"mlflow:{tmp_path / 'tracked'}")
    calls = []

    def fail(self, scalars):
        calls.append(scalars)
        raise OSError("disk full")

    monkeypatch.setattr(MLflowTracker, "write", fail)
    store = Store(tmp_path)
    run = store.create(encode(TINY))
    with TestCase().assertLogs("descent_lab") as log:
        assert trainer.execute(store, run).reason == "epochs"
    assert len(calls) == 1 and "disk full" in str(log.output)


def test_a_missing_package_is_named_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_TRACKING", f"tensorboard:{tmp_path / 'tracked'}")
    monkeypatch.setattr(live.TRACKERS["tensorboard"], "package", "no_such_package")
    store = Store(tmp_path)
    run = store.create(encode(TINY))
    end = trainer.execute(store, run)
    assert (end.reason, end.code, end.step) == ("failed", "tracker_not_installed", 0)


def test_every_tracker_can_be_set_and_no_other(monkeypatch):
    for kind in TRACKERS:
        monkeypatch.setenv("LAB_TRACKING", f"{kind}:C:/logs")
        assert settings().tracking == f"{kind}:C:/logs"
    monkeypatch.setenv("LAB_TRACKING", "wandb:logs")
    with pytest.raises(BadInput):
        settings()


def test_a_run_is_found_in_mlflow_by_its_id(tmp_path):
    from mlflow import MlflowClient

    for run in ("20260101-120000-abcdef", "20260101-120000-abcdee"):
        MLflowTracker(tmp_path, run, TINY).add_all([*script(), ended("diverged")])
    client = MlflowClient(tracking_uri=tmp_path.as_uri())
    found = client.search_runs([client.search_experiments()[0].experiment_id])
    assert {run.data.tags[RUN][-6:] for run in found} == {"abcdef", "abcdee"}
    assert {run.info.status for run in found} == {"FAILED"}
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
