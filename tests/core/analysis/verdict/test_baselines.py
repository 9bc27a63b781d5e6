"""Baselines, each against scikit-learn on the same rows, and on data where little is possible."""

import re
from dataclasses import replace
from math import ceil
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from core.analysis.trained import TrainedRun
from core.analysis.verdict import baselines, linear_models, simple_models
from core.analysis.verdict.baseline_task import BaselineRows, BaselineTask
from core.analysis.verdict.baselines import Baselines, best_baseline, make_task, measured_of
from core.analysis.verdict.linear_models import fit_ridge
from core.analysis.verdict.simple_models import MODELS, SimpleModel, effort_of, suited_models
from core.data.datasets import Sine
from core.descent.features import directions
from core.experiment import Experiment
from core.losses import MSE
from core.network.layers import Linear, Output, ReLU
from tests.core.analysis.conftest import train

FIT = {model.kind: model.fit for model in MODELS}


def finish(work):
    """Run a generator to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def task(digits_run: TrainedRun) -> BaselineTask:
    return make_task(digits_run)[0]


@pytest.fixture(scope="module")
def values_run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """A small network after two epochs on the sine curve."""
    e = Experiment(
        data=Sine(), network=(Linear(units=4), ReLU(), Output()), loss=MSE(), epochs=2, device="cpu"
    )
    return train(tmp_path_factory.mktemp("sine"), e)


def arrays(rows: BaselineRows) -> tuple[np.ndarray, np.ndarray]:
    return rows.inputs.double().numpy(), rows.targets.numpy()


def test_the_rows_are_those_of_the_run_and_the_training_rows_are_scaled(
    digits_run: TrainedRun, task: BaselineTask
) -> None:
    for part, rows in {"train": task.train, **task.scored}.items():
        own = getattr(digits_run.setup, part).targets
        assert torch.equal(rows.targets.sort()[0], own.sort()[0])
    assert abs(task.train.inputs.mean()) < 1e-4 and abs(task.train.inputs.std() - 1) < 1e-3
    assert task.choose is task.scored["validation"]


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")  # pixels that are always 0
@pytest.mark.parametrize("kind", ["constant", "class_means"])
def test_models_without_settings_answer_as_scikit_learn(task: BaselineTask, kind: str) -> None:
    from sklearn.dummy import DummyClassifier
    from sklearn.neighbors import NearestCentroid

    reference = {"constant": DummyClassifier(), "class_means": NearestCentroid()}[kind]
    fitted, reference = finish(FIT[kind](task)), reference.fit(*arrays(task.train))
    for part, answer in fitted.predictions.items():
        expected = reference.predict(arrays(task.scored[part])[0])
        assert np.array_equal(answer.numpy(), expected)


def test_the_neighbours_are_those_of_scikit_learn_with_the_best_k(task: BaselineTask) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    fitted, (x, y) = finish(FIT["neighbours"](task)), arrays(task.train)
    scores = {
        k: KNeighborsClassifier(k, algorithm="brute").fit(x, y).score(*arrays(task.choose))
        for k in simple_models.NEIGHBOURS
    }
    k = int(fitted.detail.removeprefix("k = "))
    assert scores[k] == max(scores.values())
    expected = KNeighborsClassifier(k, algorithm="brute").fit(x, y)
    for part, answer in fitted.predictions.items():
        assert np.array_equal(answer.numpy(), expected.predict(arrays(task.scored[part])[0]))


def test_logistic_regression_has_the_minimum_of_scikit_learn(task: BaselineTask) -> None:
    from sklearn.linear_model import LogisticRegression

    small = replace(task, train=task.train.first(300))
    fitted, (x, y) = finish(FIT["logistic"](small)), arrays(small.train)
    penalty = float(fitted.detail.removeprefix("λ = "))
    reference = LogisticRegression(C=1 / (len(y) * penalty), tol=1e-8, max_iter=2000).fit(x, y)
    for part, answer in fitted.predictions.items():
        expected = reference.predict(arrays(task.scored[part])[0])
        assert (answer.numpy() == expected).mean() > 0.995


def test_ridge_and_neighbours_of_values_are_those_of_scikit_learn(values_run: TrainedRun) -> None:
    from sklearn.linear_model import Ridge
    from sklearn.neighbors import KNeighborsRegressor

    task, _ = make_task(values_run)
    (x, y), (held, _) = arrays(task.train), arrays(task.scored["test"])
    ridge = finish(FIT["ridge"](task))
    reference = Ridge(alpha=float(ridge.detail.removeprefix("λ = ")) * len(y)).fit(x, y)
    np.testing.assert_allclose(ridge.predictions["test"], reference.predict(held), atol=1e-5)
    near = finish(FIT["neighbours"](task))
    k = int(near.detail.removeprefix("k = "))
    expected = KNeighborsRegressor(k).fit(x, y).predict(held)
    np.testing.assert_allclose(near.predictions["test"], expected, atol=1e-5)


def test_random_features_learn_what_no_linear_model_can(values_run: TrainedRun) -> None:
    task, _ = make_task(values_run)
    errors = {
        kind: (finish(FIT[kind](task)).predictions["test"] - task.scored["test"].targets)
        .square()
        .mean()
        for kind in ("ridge", "random_features")
    }
    assert errors["random_features"] < 0.1 * errors["ridge"]


def test_random_features_are_the_ridge_regression_of_scikit_learn(values_run: TrainedRun) -> None:
    from sklearn.linear_model import Ridge

    task, _ = make_task(values_run)
    found = finish(FIT["random_features"](task))
    count, ridge = re.fullmatch(r"(\d+) features, λ = (.+)", found.detail).groups()
    columns = directions(task.train.inputs.shape[1] + 1, int(count), 0).double().numpy()

    def features(rows: BaselineRows) -> np.ndarray:
        x = rows.inputs.double().numpy()
        return np.maximum(np.c_[x, np.ones(len(x))] @ columns, 0)

    y, held = task.train.targets.double().numpy(), task.scored["test"]
    reference = Ridge(alpha=float(ridge) * len(y), solver="svd").fit(features(task.train), y)
    np.testing.assert_allclose(
        found.predictions["test"], reference.predict(features(held)), atol=2e-3
    )


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("shape", [(90, 40), (40, 90)])
def test_ridge_in_small_pieces_is_that_of_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], classes: int
) -> None:
    """With more rows than columns, with fewer, and from many pieces, between which Stop is
    answered.
    """
    from sklearn.linear_model import Ridge

    monkeypatch.setattr(linear_models, "BLOCK", 16)
    monkeypatch.setattr(linear_models, "PIECE", 20 * 40**2)
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(*shape, generator=draw)
    x[:, 1] = x[:, 0] + 1e-4 * x[:, 2]  # nearly the same column
    y = x[:, :3].argmax(1) if classes else x[:, 3] + torch.rand(len(x), generator=draw)
    rows, held = BaselineRows(x, y), BaselineRows(x[:30].roll(1, 0), y[:30])
    work = fit_ridge(BaselineTask(rows, held, {"test": held}, classes))
    pieces = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            fitted = end.value
            break
        pieces += 1
    of_gram, of_one = ceil(max(shape) / 20), ceil(40 / 16) + 1
    assert pieces == of_gram + len(linear_models.RIDGES) * of_one
    targets = np.eye(classes)[y] if classes else y.double().numpy()
    alpha = float(fitted.detail.removeprefix("λ = ")) * len(y)
    model = Ridge(alpha=alpha, solver="svd").fit(x.double().numpy(), targets)
    expected = model.predict(held.inputs.double().numpy())
    if classes:
        assert np.array_equal(fitted.predictions["test"].numpy(), expected.argmax(1))
    else:
        np.testing.assert_allclose(fitted.predictions["test"], expected, atol=1e-4)


def test_boosting_is_that_of_scikit_learn_with_the_best_number_of_trees(
    values_run: TrainedRun,
) -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    task, _ = make_task(values_run)
    found = finish(FIT["boosting"](task))
    trees = int(found.detail.removesuffix(" iterations"))
    (x, y), (held, _) = ((r.inputs.numpy(), r.targets.numpy()) for r in
                         (task.train, task.scored["test"]))  # fmt: skip
    reference = HistGradientBoostingRegressor(max_iter=trees, early_stopping=False, random_state=0)
    expected = reference.fit(x, y).predict(held)
    np.testing.assert_allclose(found.predictions["test"], expected, atol=1e-9)


def test_stop_is_answered_while_a_piece_of_work_takes_long(monkeypatch, digits_run) -> None:
    begun, released, finished = Event(), Event(), Event()

    def fit(task: BaselineTask):
        begun.set()
        released.wait(60)
        finished.set()
        yield

    endless = SimpleModel("endless", "Endless", "an endless model", fit, "")
    monkeypatch.setattr(baselines, "suited_models", lambda **kind: (endless,))
    answer = Baselines().answer(digits_run)
    while not begun.is_set():
        next(answer)
    assert next(answer) and next(answer)  # it goes on to look at Stop
    answer.close()
    assert not finished.is_set()
    released.set()


def test_the_result_has_the_scores_and_names_the_best_on_the_part_of_the_result(
    digits_run: TrainedRun,
) -> None:
    result = finish(Baselines().answer(digits_run))
    kinds = [model["kind"] for model in result["models"]]
    assert kinds == [m.kind for m in suited_models(classes=10, table=False)]
    for part in ("validation", "test"):
        best = best_baseline(result, part)
        errors = {
            model["name"]: measured_of(result, model, part).error for model in result["models"]
        }
        assert errors[best.name] == min(errors.values())
        assert best.measured.samples == result["sizes"][part]
        kind = next(model["kind"] for model in result["models"] if model["name"] == best.name)
        assert best.effort == effort_of(kind)
    fitted = {"logistic", "boosting"}  # by gradients
    assert {model.kind for model in MODELS if not model.effort} == fitted
    assert len(Baselines().lines(result)) == 1 + len(kinds)


def test_boosting_is_left_out_where_scikit_learn_is_missing(monkeypatch) -> None:
    with_it = {model.kind for model in suited_models(classes=2, table=True)}
    monkeypatch.setattr(simple_models, "has_boosting", lambda: False)
    without = {model.kind for model in suited_models(classes=2, table=True)}
    assert with_it - without == {"boosting"}


@pytest.mark.parametrize("classes", [2, 0, 5])
@pytest.mark.parametrize("count", [1, 2, 30])
def test_few_rows_and_absent_classes_are_no_obstacle(count: int, classes: int) -> None:
    draw = torch.Generator().manual_seed(0)

    def rows(n: int) -> BaselineRows:
        targets = torch.zeros(n, dtype=torch.int64) if classes else torch.rand(n, generator=draw)
        return BaselineRows(torch.randn(n, 3, generator=draw), targets)

    task = BaselineTask(rows(count), rows(2), {"test": rows(1)}, classes)
    for model in suited_models(classes=classes, table=True):
        assert len(finish(model.fit(task)).predictions["test"]) == 1, model.kind


def test_a_large_part_is_represented_by_random_rows_of_all_of_it(
    digits_run: TrainedRun, monkeypatch
) -> None:
    monkeypatch.setattr("core.analysis.verdict.baselines.MEMORY", 64 * 100)
    task, sizes = make_task(digits_run)
    assert len(task.train) == 100 and sizes["train"] == len(digits_run.setup.train)
    result = finish(Baselines().answer(digits_run))
    assert {m["parts"]["test"]["samples"] for m in result["models"]} == {100}
    assert all(m["rows"] <= 100 for m in result["models"])


def test_a_run_without_held_out_rows_is_scored_on_its_training_rows(tmp_path: Path) -> None:
    e = Experiment(
        data=Sine(), network=(Output(),), loss=MSE(), epochs=1, device="cpu",
        split={"validation": 0, "test": 0},
    )  # fmt: skip
    result = finish(Baselines().answer(train(tmp_path, e)))
    assert best_baseline(result, "train") and best_baseline(result, "test") is None
