"""Differences to a baseline are those of the shown scores, and only on the same samples."""

import json
from dataclasses import replace

import pytest

from core.base.encoding import encode
from core.base.events import Epoch
from core.data.ready.points import Blobs
from core.experiment import Experiment
from core.runs.baseline import difference, is_comparable
from core.runs.store import Store
from core.runs.summary import summarize
from tests.conftest import ended, script, write

PLAIN = Experiment(name="Plain")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def summary(store, experiment=PLAIN, scores=None, text=None):
    run = store.create(text or encode(experiment))
    epochs = [Epoch(1, 20, scores, scores, True)] if scores else []
    write(store, run, [script()[0], *epochs, ended()])
    return summarize(store, run)


def test_the_difference_is_that_of_the_shown_score(store):
    base = summary(store, scores={"loss": 1.0, "accuracy": 0.9})
    better = summary(store, scores={"loss": 0.5, "accuracy": 0.95})
    assert difference(better, base, "error") == pytest.approx(-0.05)
    assert difference(better, base, "accuracy") == pytest.approx(0.05)
    assert difference(base, base, "error") == 0


@pytest.mark.parametrize("form", ["error", "accuracy"])
def test_values_are_compared_by_r2_in_either_form(store, form):
    base, better = (summary(store, scores={"loss": 1.0, "r2": r2}) for r2 in (0.5, 0.8))
    assert difference(better, base, form) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "changes",
    [{"data": Blobs()}, {"split": {"seed": 5}}, {"label_noise": {"share": 0.1}}],
    ids=lambda changes: next(iter(changes)),
)
def test_scores_on_other_samples_are_not_compared(store, changes):
    scores = {"loss": 1.0, "accuracy": 0.9}
    base, other = summary(store, scores=scores), summary(store, Experiment(**changes), scores)
    assert not is_comparable(other, base)
    assert difference(other, base, "error") is None


def test_other_settings_and_missing_fields_of_earlier_versions_keep_runs_comparable(store):
    scores = {"loss": 1.0, "accuracy": 0.9}
    base = summary(store, scores=scores)
    data = json.loads(encode(Experiment(epochs=3)))
    del data["label_noise"], data["split"]
    assert is_comparable(summary(store, scores=scores, text=json.dumps(data)), base)


def test_scores_of_another_kind_or_none_are_not_compared(store):
    base = summary(store, scores={"loss": 1.0, "accuracy": 0.9})
    values = summary(store, scores={"loss": 1.0, "r2": 0.9})
    unmeasured = summary(store)
    assert not is_comparable(values, base) and is_comparable(unmeasured, base)
    assert difference(unmeasured, base, "error") is None
    lost = replace(base, validation={"loss": float("nan"), "accuracy": float("nan")})
    assert difference(lost, base, "error") is None
