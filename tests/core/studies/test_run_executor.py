"""The points of a study equal single runs: repeated seeds, a learning curve, any axis."""

from pathlib import Path
from statistics import fmean, stdev

import pytest

from core.advice.seed_comparison import group_seeds
from core.base.encoding import build, change
from core.base.errors import LabError
from core.base.events import Ended, error
from core.data.load import load
from core.experiment import Experiment
from core.studies.draft_studies import any_setting, learning_curve, multi_start, rebase
from core.studies.duration import first_executors
from core.studies.folder import Studies
from core.studies.records import Record, curve
from core.studies.study import Study
from core.studies.sweeps import create, execute
from core.training.inputs import load_inputs
from core.training.loop import train
from core.weights.facts import ModelFacts
from core.weights.library import WeightsLibrary
from core.weights.saved_model import SavedModel

LAYERS = [{"kind": "flatten"}, {"kind": "linear", "units": 8}, {"kind": "relu"}, {"kind": "output"}]
DRAFT = build(Experiment, {"network": LAYERS, "epochs": 2, "device": "cpu"})


def swept(study: Study, home: Path) -> list:
    study_id = create(home, study)
    assert execute(home, study_id, processes=1).reason == "done"
    events, _ = Studies(home).events(study_id)
    return curve([event for event in events if isinstance(event, Record)])


def alone(experiment: Experiment) -> Ended:
    return list(train(experiment, load(experiment.data, Path())))[-1]


def test_repeated_seeds_equal_single_runs_with_those_seeds(tmp_path: Path) -> None:
    (point,) = swept(multi_start(DRAFT, 3), tmp_path)
    seeds = [dict.fromkeys(DRAFT.seeds.model_dump(), k) for k in range(3)]
    ends = [alone(change(DRAFT, "seeds", own)) for own in seeds]
    assert point.test_loss == tuple(end.test["loss"] for end in ends)
    assert point.test_error == tuple(error(end.test) for end in ends)
    assert len(set(point.test_loss)) == 3
    (group,) = group_seeds([point], "test_loss")
    losses = [end.test["loss"] for end in ends]
    assert (group.mean, group.std) == pytest.approx((fmean(losses), stdev(losses)))


def test_a_learning_curve_equals_single_runs_on_fractions_of_the_data(tmp_path: Path) -> None:
    study = learning_curve(DRAFT, repeats=1)
    study = change(study, "axes.0.values", [0.1, 1.0])
    points = swept(study, tmp_path)
    for point, share in zip(points, (0.1, 1.0), strict=True):
        end = alone(change(DRAFT, "split.fraction", share))
        assert point.test_loss == (end.test["loss"],)
        assert point.train_loss == (end.train["loss"],)
    assert [point.samples for point in points] == [126, 1257]


def test_any_field_can_be_an_axis_with_its_value_as_control(tmp_path: Path) -> None:
    axes = [{"kind": "field", "path": "optimizer.learning_rate", "values": [0.01, 0.1]}]
    study = build(Study, {"base": DRAFT, "axes": axes, "method": "trained", "repeats": 2})
    points = swept(study, tmp_path)
    assert [point.control for point in points] == [0.01, 0.1]
    assert [len(point.test_loss) for point in points] == [2, 2]
    assert points[0].test_loss != points[1].test_loss
    end = alone(change(DRAFT, "optimizer.learning_rate", 0.01))
    assert points[0].validation_loss[0] == end.validation["loss"]
    assert points[0].validation_error[0] == error(end.validation)


def test_a_study_of_fine_tuning_equals_single_runs_and_a_misfit_is_found_before(
    tmp_path: Path,
) -> None:
    source = train(DRAFT, load(DRAFT.data, Path()))
    list(source)
    digest = WeightsLibrary(tmp_path).add(SavedModel(source.setup.weights(), ModelFacts()))
    tuned = change(DRAFT, "start", {"kind": "weights", "digest": digest})
    axes = [{"kind": "field", "path": "start.depth_factor", "values": [0.1, 1.0]}]
    study = build(Study, {"base": tuned, "axes": axes, "method": "trained", "repeats": 1})
    for point, factor in zip(swept(study, tmp_path), (0.1, 1.0), strict=True):
        e = change(tuned, "start.depth_factor", factor)
        end = list(train(e, load_inputs(e, tmp_path)))[-1]
        assert point.test_loss == (end.test["loss"],)
    wider = change(study, "base.network.1.units", 9)
    for wrong, home in ((wider, tmp_path), (study, tmp_path / "empty")):
        with pytest.raises(LabError) as refused:
            list(first_executors(home, wrong))
        assert refused.value.code in ("start_weights_misfit", "start_weights_missing")


def test_a_study_follows_its_draft_unless_only_the_varied_setting_changed() -> None:
    study = any_setting(DRAFT)
    longer, faster = change(DRAFT, "epochs", 9), change(DRAFT, "optimizer.learning_rate", 0.5)
    assert rebase(study, longer).base == longer and rebase(study, longer).axes == study.axes
    assert rebase(study, faster) == study == rebase(study, change(DRAFT, "name", "another"))
    assert rebase(study, change(DRAFT, "optimizer", {"kind": "lbfgs"})).base.optimizer is not None
