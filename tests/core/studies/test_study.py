"""Study: one value in JSON and links, and a pure `propose`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.encoding import build, decode, encode, from_link, to_link
from core.base.errors import BadExperiment
from core.experiment import Experiment
from core.studies.axes import FieldAxis, SamplesAxis, WidthAxis
from core.studies.draft_studies import learning_curve, multi_start
from core.studies.method import Method, Trained
from core.studies.study import Study, StudyTrial, load, propose, shipped

TWO = Study(
    axes=(
        WidthAxis(values=(4, 8, 16)),
        FieldAxis(path="optimizer.learning_rate", values=(0.1, 0.01)),
    ),
    method=Trained(),
    repeats=2,
)


def proposals(study: Study) -> list[Experiment]:
    history: list[StudyTrial] = []
    while experiment := propose(study, history):
        history.append(StudyTrial(experiment))
    return [trial.experiment for trial in history]


@pytest.mark.parametrize("name", shipped())
def test_every_built_in_study_survives_json_and_links(name: str) -> None:
    study = shipped()[name]
    assert decode(Study, encode(study)) == study
    assert from_link(Study, to_link(study)) == study
    assert load(name) == study
    assert study.name and study.about


def test_every_method_has_a_built_in_study() -> None:
    assert {study.method.kind for study in shipped().values()} == set(Method.members)


def test_the_grid_has_every_combination_once_with_further_seeds_last() -> None:
    result = proposals(TWO)
    assert len(result) == TWO.size == 12
    places = [TWO.coordinates(experiment) for experiment in result]
    assert len({str(place) for place in places}) == 12
    assert [place["seed"] for place in places] == [0] * 6 + [1] * 6
    assert [place["width"] for place in places[:6]] == [4, 4, 8, 8, 16, 16]
    assert [place["optimizer.learning_rate"] for place in places[:2]] == [0.1, 0.01]


@given(st.sets(st.integers(0, 11)), st.randoms())
def test_propose_is_pure_and_ignores_the_order_of_the_history(done: set[int], order) -> None:
    grid = proposals(TWO)
    history = [StudyTrial(grid[k], value=k / 12) for k in done]
    first = propose(TWO, history)
    order.shuffle(history)
    kept = list(history)
    assert propose(TWO, history) == first
    assert history == kept
    left = [k for k in range(12) if k not in done]
    assert first == (grid[left[0]] if left else None)


def test_a_method_that_computes_all_seeds_together_needs_one_experiment() -> None:
    assert [study.size for study in (Study(), Study(repeats=9))] == [1, 1]
    assert proposals(Study(repeats=9)) == [Experiment()]


def test_learning_curve_and_repeated_seeds_of_a_draft() -> None:
    draft = Experiment(name="mine", epochs=3)
    curve, starts = learning_curve(draft), multi_start(draft, 4)
    shares = [experiment.split.fraction for experiment in proposals(curve)]
    assert shares[:8] == sorted(set(shares)) and shares[7] == 1.0
    assert curve.over == "samples" and isinstance(curve.axes[0], SamplesAxis)
    assert [starts.coordinates(experiment)["seed"] for experiment in proposals(starts)] == [
        0,
        1,
        2,
        3,
    ]
    assert all(experiment.name == "mine" for experiment in proposals(starts))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"axes": [{"kind": "width", "values": [1]}] * 2}, "duplicate_axis"),
        ({"repeats": 0}, "greater_than_equal"),
        ({"method": "guess"}, "unknown_kind"),
        ({"strategy": "luck"}, "unknown_kind"),
        (
            {"method": "trained", "repeats": 100,
             "axes": [{"kind": "width", "values": list(range(1, 100))}]},
            "too_many_experiments",
        ),
    ],
)  # fmt: skip
def test_an_invalid_study_is_refused_with_its_code(data: dict, code: str) -> None:
    with pytest.raises(BadExperiment) as error:
        build(Study, data)
    assert error.value.code == code and str(error.value).endswith(".")


def test_an_unknown_study_is_refused_and_the_known_ones_are_named(tmp_path) -> None:
    with pytest.raises(BadExperiment, match="random-features") as error:
        load("nothing")
    assert error.value.code == "unknown_study"
    path = tmp_path / "mine.json"
    path.write_text(encode(TWO))
    assert load(str(path)) == TWO
