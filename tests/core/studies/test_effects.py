"""Effects of a study that is computed, stopped and resumed: pairs by their seed, each base trained
once.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel

from core.base.control import GO, STOP
from core.base.encoding import build, change
from core.base.errors import BadExperiment
from core.base.events import error
from core.experiment import Experiment
from core.studies.changes import SetTo, With, Without
from core.studies.draft_studies import compare_changes
from core.studies.duration import first_executors
from core.studies.effects import effects_of
from core.studies.folder import Studies
from core.studies.records import Record, from_line, to_line
from core.studies.study import Study
from core.studies.sweeps import create, execute
from tests.core.studies.test_run_executor import DRAFT, alone

CHANGES = [
    Without(without="weight_decay"),
    With(family="layer", choice="batch_norm"),
    SetTo(path="optimizer.learning_rate", value=0.1),
]


def records_of(home: Path, study_id: str) -> list[Record]:
    events, _ = Studies(home).events(study_id)
    return [event for event in events if isinstance(event, Record)]


@pytest.fixture(scope="module")
def computed(tmp_path_factory) -> tuple[Path, Study, list[Record]]:
    """A comparison that was stopped after 5 of 12 trainings and resumed."""
    home = tmp_path_factory.mktemp("home")
    study = compare_changes(DRAFT, CHANGES, repeats=3)
    study_id, seen = create(home, study), []
    stop_at_5 = lambda sweep: STOP if len(seen) >= 5 else GO  # noqa: E731
    watch = lambda event: seen.append(event) if isinstance(event, Record) else None  # noqa: E731
    assert execute(home, study_id, stop_at_5, watch, processes=1).reason == "stopped"
    assert execute(home, study_id, processes=1).reason == "done"
    return home, study, records_of(home, study_id)


def test_every_pair_equals_two_single_runs(computed) -> None:
    _, study, records = computed
    assert len(records) == 12 == study.size  # each base is trained once for all changes
    found = {effect.name: effect for effect in effects_of(study, records, regression=False)}
    assert set(found) == {one.title for one in CHANGES}
    one, seeds = CHANGES[1], [dict.fromkeys(DRAFT.seeds.model_dump(), k) for k in range(3)]
    base = [error(alone(change(DRAFT, "seeds", own)).validation) for own in seeds]
    changed = [error(alone(change(one.apply(DRAFT), "seeds", own)).validation) for own in seeds]
    effect = found[one.title]
    assert effect.differences == pytest.approx(tuple(np.subtract(changed, base)), abs=1e-12)
    interval = ttest_rel(changed, base).confidence_interval(0.95)
    assert effect.interval[1:] == pytest.approx([interval.low, interval.high])
    assert effect.base_error == pytest.approx(np.mean(base))
    assert all(record.point.seconds[0] > 0 for record in records) and effect.cost > 0


def test_only_seeds_with_both_members_are_pairs(computed) -> None:
    _, study, records = computed
    left = [r for r in records if r.coordinates != {"changes": "Unchanged", "seed": 1}]
    assert len(left) == 11
    for whole, partial in zip(
        sorted(effects_of(study, records, regression=False), key=lambda e: e.name),
        sorted(effects_of(study, left, regression=False), key=lambda e: e.name),
        strict=True,
    ):
        assert partial.differences == (whole.differences[0], whole.differences[2])


def test_the_records_of_a_comparison_survive_their_line(computed) -> None:
    _, _, records = computed
    for record in records:
        read = from_line(to_line(record))
        assert read == record and read.point.seconds == record.point.seconds


def test_a_set_without_samples_is_found_before_training(tmp_path) -> None:
    no_test = change(DRAFT, "split", {"validation": 0.2, "test": 0.0})
    study = compare_changes(no_test, CHANGES[:1], measured_on="test")
    with pytest.raises(BadExperiment) as refused:
        next(first_executors(tmp_path, study))
    assert refused.value.code == "nothing_held_out"


def test_of_values_the_effect_is_on_r2(tmp_path) -> None:
    layers = [{"kind": "linear", "units": 4}, {"kind": "tanh"}, {"kind": "output"}]
    base = build(
        Experiment,
        {"data": "sine", "network": layers, "loss": "mse", "epochs": 2, "device": "cpu"},
    )
    study = compare_changes(base, [SetTo(path="epochs", value=4)], repeats=2)
    study_id = create(tmp_path, study)
    assert execute(tmp_path, study_id, processes=1).reason == "done"
    (effect,) = effects_of(study, records_of(tmp_path, study_id), regression=True)
    assert effect.values("error")[0] == pytest.approx(-np.mean(effect.differences))
