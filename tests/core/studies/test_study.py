"""Study: one value in JSON and links, and a pure `propose`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.encoding import build, decode, encode, from_link, to_link
from core.base.errors import BadExperiment
from core.experiment import Experiment
from core.studies.axes import Path, TrainingSamples, Width
from core.studies.draft_studies import learning_curve, multi_start
from core.studies.method import Method, Trained
from core.studies.study import Study, Tried, load, propose, shipped

TWO = Study(
    axes=(Width(values=(4, 8, 16)), Path(path="optimizer.learning_rate", values=(0.1, 0.01))),
    method=Trained(),
    repeats=2,
)


def proposals(study: Study) -> list[Experiment]:
    history: list[Tried] = []
    while experiment := propose(study, history):
        history.append(Tried(experiment))
    return [one.experiment for one in history]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_study_goes_through_json_and_links(name: str) -> None:
    study = shipped()[name]
    assert decode(Study, encode(study)) == study
    assert from_link(Study, to_link(study)) == study
    assert load(name) == study
    assert study.name and study.about


def test_every_method_has_a_shipped_study() -> None:
    assert {study.method.kind for study in shipped().values()} == set(Method.members)


def test_the_grid_is_every_combination_once_the_next_seeds_last() -> None:
    found = proposals(TWO)
    assert len(found) == TWO.size == 12
    places = [TWO.at(experiment) for experiment in found]
    assert len({str(place) for place in places}) == 12
    assert [place["seed"] for place in places] == [0] * 6 + [1] * 6
    assert [place["width"] for place in places[:6]] == [4, 4, 8, 8, 16, 16]
    assert [place["optimizer.learning_rate"] for place in places[:2]] == [0.1, 0.01]


@given(st.sets(st.integers(0, 11)), st.randoms())
def test_propose_is_pure_and_blind_to_the_order_of_history(done: set[int], order) -> None:
    grid = proposals(TWO)
    history = [Tried(grid[k], value=k / 12) for k in done]
    first = propose(TWO, history)
    order.shuffle(history)
    kept = list(history)
    assert propose(TWO, history) == first
    assert history == kept
    left = [k for k in range(12) if k not in done]
    assert first == (grid[left[0]] if left else None)


def test_a_study_whose_seeds_are_computed_together_is_one_experiment() -> None:
    assert [study.size for study in (Study(), Study(repeats=9))] == [1, 1]
    assert proposals(Study(repeats=9)) == [Experiment()]


def test_a_learning_curve_and_many_starts_of_a_draft() -> None:
    draft = Experiment(name="mine", epochs=3)
    curve, starts = learning_curve(draft), multi_start(draft, 4)
    shares = [experiment.split.fraction for experiment in proposals(curve)]
    assert shares[:8] == sorted(set(shares)) and shares[7] == 1.0
    assert curve.over == "samples" and isinstance(curve.axes[0], TrainingSamples)
    assert [starts.at(experiment)["seed"] for experiment in proposals(starts)] == [0, 1, 2, 3]
    assert all(experiment.name == "mine" for experiment in proposals(starts))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"axes": [{"kind": "width", "values": [1]}] * 2}, "width twice"),
        ({"repeats": 0}, "at least 1"),
        ({"method": "guess"}, "choose one of"),
        ({"strategy": "luck"}, "choose one of"),
        (
            {"method": "trained", "repeats": 100,
             "axes": [{"kind": "width", "values": list(range(1, 100))}]},
            "at most 5",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(data: dict, says: str) -> None:
    with pytest.raises(BadExperiment) as error:
        build(Study, data)
    assert says in str(error.value) and str(error.value).endswith(".")


def test_what_is_no_study_names_both_ways(tmp_path) -> None:
    with pytest.raises(BadExperiment, match=r"random-features.*or a JSON file"):
        load("nothing")
    path = tmp_path / "mine.json"
    path.write_text(encode(TWO))
    assert load(str(path)) == TWO
