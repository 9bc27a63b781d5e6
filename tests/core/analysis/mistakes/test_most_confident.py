"""Mistakes with their nearest training samples and influential columns, and residuals."""

import io

import numpy as np
import pandas as pd
import pytest
import torch

from core.analysis.catalogue import Analysis, Confusion, Mistakes, Residuals
from core.analysis.inside.familiarity import Familiarity
from core.analysis.mistakes.influence import column_influences, training_mean
from core.analysis.mistakes.most_confident import describe_columns, most_influential
from core.analysis.mistakes.neighbours import affordable, nearest_training_samples
from core.analysis.mistakes.residuals import value_scores
from core.analysis.results import ask
from core.analysis.trained import TrainedRun, finish
from core.base.errors import BadInput
from core.export.evaluation import class_scores_csv, mistakes_csv, residuals_csv
from core.runs.history import History
from core.runs.measured import measure_parts

RUNS = ["digits_run", "spirals_run", "sine_run"]
KINDS = ["calibration", "confusion", "mistakes", "residuals", "thresholds"]


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize(
    "kind", ["calibration", "confusion", "mistakes", "residuals", "thresholds"]
)
def test_each_analysis_answers_or_names_what_suits_the_run(name: str, kind: str, request) -> None:
    trained: TrainedRun = request.getfixturevalue(name)
    analysis = Analysis.members[kind]()
    if reason := analysis.unsuitable(trained.data.facts):
        with pytest.raises(BadInput) as refused:
            ask(trained, analysis)
        assert refused.value.code == "analysis_unsuitable" and str(refused.value) == reason
        return
    for part in ("train", "validation", "test"):
        result = ask(trained, Analysis.members[kind](part=part))
        assert result["samples"] == len(trained.part(part))
        assert all(analysis.lines(result)[:1])


@pytest.mark.parametrize("part", ["train", "test"])
def test_mistakes_are_sorted_by_their_probability(digits_run: TrainedRun, part: str) -> None:
    found, outputs = ask(digits_run, Mistakes(part=part)), digits_run.outputs(part)
    wrong = np.flatnonzero(outputs.predicted != outputs.targets)
    count = found["wrong"]
    assert count == len(wrong) > 0
    rows = digits_run.dataset_rows(part)
    assert sorted(found["rows"][:count]) == sorted(rows[wrong])
    probability = found["probability"][:count]
    assert probability == sorted(probability, reverse=True)
    assert np.array_equal(digits_run.data.targets[found["rows"]], found["true"])
    assert found["predicted"][count:] == found["true"][count:]
    assert set(found["true"][count:]) == set(range(10))


@pytest.mark.parametrize("part", ["train", "test"])
def test_neighbours_are_those_of_scikit_learn(digits_run: TrainedRun, part: str) -> None:
    from sklearn.neighbors import NearestNeighbors

    training, queries = digits_run.outputs("train").hidden, digits_run.outputs(part).hidden[:40]
    own = np.arange(40) if part == "train" else None
    rows, distances = finish(nearest_training_samples(digits_run, queries, own))
    reference = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(training.astype(np.float64))
    expected, indices = reference.kneighbors(queries.astype(np.float64))
    first = 1 if part == "train" else 0  # a training sample is nearest to itself
    np.testing.assert_allclose(distances, expected[:, first : first + 3], rtol=1e-6)
    assert np.array_equal(rows, indices[:, first : first + 3])
    ask(digits_run, Familiarity())  # keeps the representation of the training samples
    again = finish(nearest_training_samples(digits_run, queries, own))
    assert np.array_equal(again[0], rows) and np.array_equal(again[1], distances)


def test_a_search_takes_seconds_for_any_width() -> None:
    assert affordable(60_000, 128) == 1000
    assert 60 <= affordable(60_000, 9216) < 1000
    assert affordable(10**7, 10**4) == 60


def test_influences_are_slopes_times_distances_from_the_mean(spirals_run: TrainedRun) -> None:
    rows, step = np.arange(20), 1e-6
    pairs = np.tile([1, 0], (20, 1))
    found = column_influences(spirals_run, "test", rows, pairs)
    x, _ = spirals_run.part("test").batch(torch.from_numpy(rows))
    model = spirals_run.model.double()
    try:
        for column in range(2):
            shift = step * torch.eye(2, dtype=torch.float64)[column]
            up, down = (model(x.double() + sign * shift).detach() for sign in (1, -1))
            slope = ((up - down) @ torch.tensor([-1.0, 1.0], dtype=torch.float64)) / (2 * step)
            distance = (x - training_mean(spirals_run))[:, column]
            assert found[:, column] == pytest.approx((slope * distance).numpy(), rel=1e-2, abs=1e-3)
    finally:
        spirals_run.model.float()


def test_the_worst_columns_of_a_mistake_are_listed(spirals_run: TrainedRun) -> None:
    found = ask(spirals_run, Mistakes())
    (first, *_), row = found["columns"][0], found["rows"][0]
    column, value, influence = first
    assert value == pytest.approx(spirals_run.data.inputs[row, column], rel=1e-5)
    assert abs(influence) == max(abs(a) for *_, a in found["columns"][0])


@pytest.mark.parametrize("value", [80331, 20095, -7, 390_448_000, 1037.25, 0.125])
def test_influential_columns_have_the_value_of_the_file(value: float) -> None:
    columns = most_influential(np.ones((1, 1)), np.array([[value]], np.float32))
    assert columns[0][0][1] == value
    text = describe_columns({"columns": columns, "column_names": ["zip"]}, 0)
    assert text.replace("−", "-").startswith(f"zip = {value} (")


def test_residuals_are_scored_as_the_run_was(sine_run: TrainedRun) -> None:
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    found, outputs = ask(sine_run, Residuals()), sine_run.outputs("test")
    scores = found["scores"]
    ended = sine_run.store.last(sine_run.run, "reason")
    assert scores["R²"][0] == pytest.approx(ended["test"]["r2"], abs=1e-5)
    pair = (outputs.targets, outputs.predicted)
    assert scores["RMSE"][0] == pytest.approx(root_mean_squared_error(*pair))
    assert scores["MAE"][0] == pytest.approx(mean_absolute_error(*pair))
    errors = np.abs(np.subtract(found["true"], found["predicted"]))
    assert np.array_equal(errors, -np.sort(-errors))
    history = History()
    history.add(sine_run.store.read(sine_run.run)[0])
    assert scores["RMSE"] == pytest.approx(measure_parts(history)["test"].interval, rel=1e-4)
    assert errors[0] == pytest.approx(np.abs(outputs.targets - outputs.predicted).max())


def test_intervals_of_values_are_those_of_many_samples() -> None:
    random = np.random.default_rng(0)
    targets = random.normal(size=2000)
    predicted = targets + random.normal(size=2000)
    scores = value_scores(targets, predicted, 2.0)
    value, low, high = scores["MAE"]
    half = 1.96 * np.abs(targets - predicted).std() / 2000**0.5
    assert (value - low, high - value) == pytest.approx((half, half), rel=0.15)
    squares = np.square(targets - predicted)
    ends = [np.sqrt(squares.mean() + sign * 1.96 * squares.std() / 2000**0.5) for sign in (-1, 1)]
    assert scores["RMSE"][1:] == pytest.approx(ends, rel=0.01)
    assert scores["R²"] == pytest.approx(
        [1 - rmse**2 / 4 for rmse in np.take(scores["RMSE"], [0, 2, 1])]
    )
    assert value_scores(targets, predicted, 2.0) == scores


@pytest.mark.parametrize("error", [0.0, 0.5])
def test_one_sample_and_equal_errors_have_intervals_without_width(error: float) -> None:
    for count in (1, 5):
        scores = value_scores(np.arange(count) * 1.0, np.arange(count) + error)
        assert scores["MAE"] == [error] * 3 and scores["RMSE"][0] == error


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def test_downloads_hold_all_values_and_no_formulas(spirals_run, sine_run) -> None:
    mistakes, confusion = ask(spirals_run, Mistakes()), ask(spirals_run, Confusion())
    frame = read(mistakes_csv(mistakes))
    assert len(frame) == mistakes["wrong"]
    assert frame["row"].tolist() == [row + 1 for row in mistakes["rows"][: mistakes["wrong"]]]
    frame = read(class_scores_csv(confusion))
    assert frame["recall_low"][0] == confusion["classes"][0]["recall"][1]
    assert frame["f1"].tolist()[2:] == [a["f1"] for a in confusion["averages"].values()]
    residuals = ask(sine_run, Residuals())
    assert read(residuals_csv(residuals))["true"].tolist() == pytest.approx(
        residuals["true"], rel=1e-6
    )
    formulas = {"names": ["=1+1", "@b"]}
    for text in (mistakes_csv(mistakes | formulas), class_scores_csv(confusion | formulas)):
        assert not read(text).map(lambda cell: str(cell).startswith(("=", "@"))).any(axis=None)
