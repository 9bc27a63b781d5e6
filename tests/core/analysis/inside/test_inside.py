"""What is inside a finished run: embedding, filters, feature maps and the most exciting samples,
against scikit-learn and by brute force.
"""

import numpy as np
import pytest
import torch

from core.analysis import results
from core.analysis.catalogue import Embedding, Exciting, FirstLayer, OneSample
from core.analysis.inside.embedding import principal_components
from core.analysis.inside.exciting import TOP, Top
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput
from core.data.ready.curves import Sine
from core.experiment import Experiment, shipped
from core.losses import MSE
from core.network.activations import ReLU
from core.network.layers import (
    Conv2d,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    Output,
)
from tests.core.analysis.conftest import train


def answer(trained: TrainedRun, analysis) -> dict:
    """The result of an analysis, as pages read it."""
    return results.result_of(trained.store, trained.run, analysis)


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """One epoch of a small convolutional network on the digits."""
    network = (Conv2d(maps=5, kernel=3), ReLU(), MaxPool(), Flatten(), Linear(units=12), Output())
    return train(tmp_path_factory.mktemp("maps"), digits(network))


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """One epoch of a small dense network on the digits."""
    network = (Flatten(), Linear(units=60), ReLU(), Output())
    return train(tmp_path_factory.mktemp("dense"), digits(network))


def digits(network: tuple[Layer, ...]) -> Experiment:
    changes = {"network": network, "epochs": 1, "device": "cpu"}
    return shipped()["digits"].model_copy(update=changes)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """One epoch on values to predict from a single column."""
    data = Sine()
    network = (Linear(units=12), ReLU(), Output())
    experiment = Experiment(data=data, network=network, epochs=1, loss=MSE(), device="cpu")
    return train(tmp_path_factory.mktemp("values"), experiment)


@pytest.mark.parametrize("dense", [3, 20, 2048])  # all three ways to compute them
@pytest.mark.parametrize(("rows", "width"), [(60, 5), (9, 30), (2, 4), (40, 2)])
def test_principal_components_are_those_of_scikit_learn(
    rows: int, width: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.decomposition import PCA

    monkeypatch.setattr("core.analysis.inside.embedding.DENSE", dense)
    monkeypatch.setattr("core.analysis.inside.embedding.BLOCK", 16)
    hidden = np.random.default_rng(0).normal(size=(rows, width)) @ np.diag(1 + np.arange(width))
    points, explained = principal_components(hidden.astype(np.float32))
    pca = PCA(2, svd_solver="full").fit(hidden.astype(np.float32).astype(np.float64))
    expected = pca.transform(hidden.astype(np.float32).astype(np.float64))
    signs = np.sign((points * expected).sum(0))
    np.testing.assert_allclose(points, expected * np.where(signs, signs, 1), atol=1e-6)
    np.testing.assert_allclose(explained, pca.explained_variance_ratio_, atol=1e-9)
    assert (points.max(0) >= -points.min(0)).all()


@pytest.mark.parametrize("hidden", [np.ones((1, 3)), np.zeros((5, 3)), np.arange(4.0)[:, None]])
def test_one_sample_constant_units_and_a_single_unit_have_components(hidden: np.ndarray) -> None:
    points, explained = principal_components(hidden)
    assert points.shape == (len(hidden), 2) and not points[:, 1].any()
    assert explained.tolist() == [float(hidden.std() > 0 and len(hidden) > 1), 0]


def test_the_embedding_lists_the_mistakes_most_confident_first(digits_run: TrainedRun) -> None:
    found = answer(digits_run, Embedding(part="validation"))
    outputs = digits_run.outputs("validation")
    assert found["samples"] == len(found["points"]) == len(outputs.targets)
    wrong = np.flatnonzero(outputs.predicted != outputs.targets)
    assert found["wrong"] == len(wrong) > 1 and sorted(found["mistakes"]) == wrong.tolist()
    sure = outputs.probabilities.max(1)[found["mistakes"]]
    assert (np.diff(sure) <= 0).all()
    assert found["true"] == outputs.targets.tolist()


def test_the_largest_outputs_of_batches_are_those_of_all_samples() -> None:
    outputs = torch.tensor(np.random.default_rng(0).normal(size=(70, 3, 4, 5)))
    top = Top()
    for start in range(0, 70, 16):
        top.add(outputs[start : start + 16], start)
    flat = outputs.flatten(2).max(2)
    for channel in range(3):
        order = np.argsort(-flat.values[:, channel].numpy())[:TOP]
        assert top.rows[channel].tolist() == order.tolist()
        assert top.places[channel].tolist() == flat.indices[order, channel].tolist()
    few = Top()
    few.add(outputs[:3].mean((2, 3)), 0)
    assert few.rows.shape == (3, 3) and few.size == ()


def test_the_most_exciting_samples_are_found_in_a_run(convolutional: TrainedRun) -> None:
    found = answer(convolutional, Exciting(part="validation"))
    part, model = convolutional.part("validation"), convolutional.model
    with torch.no_grad():
        x = part.normalized(part.raw(slice(None)))
        largest = model.get_submodule(found["layer"])(x).flatten(2).amax(2).numpy()
    assert found["layer"] == "conv1" and found["size"] == [6, 6]
    for channel, values in enumerate(found["values"]):
        np.testing.assert_allclose(values, np.sort(largest[:, channel])[::-1][:TOP], atol=1e-3)
    assert len(found["rows"]) == 5 and "linear1" in found["layers"]
    with pytest.raises(BadInput) as refused:
        answer(convolutional, Exciting(layer="conv9"))
    assert refused.value.code == "unknown_layer"


def test_filters_of_convolutions_units_and_tables(
    convolutional: TrainedRun, dense: TrainedRun, values: TrainedRun
) -> None:
    assert np.shape(answer(convolutional, FirstLayer())["filters"]) == (5, 1, 3, 3)
    found = answer(dense, FirstLayer())
    weight = next(p for p in dense.model.parameters() if p.ndim == 2).detach().numpy()
    assert found["count"] == len(weight)
    expected = weight[: len(found["filters"])].reshape(-1, 1, 8, 8)
    np.testing.assert_allclose(found["filters"], expected, atol=1e-5)
    assert np.shape(answer(values, FirstLayer())["filters"]) == (12, 1)


def test_one_sample_shows_what_the_network_computes(convolutional: TrainedRun) -> None:
    found = answer(convolutional, OneSample(part="validation", sample=8, target=2))
    outputs = convolutional.outputs("validation")
    assert found["true"] == outputs.targets[7] and found["predicted"] == outputs.predicted[7]
    np.testing.assert_allclose(found["probabilities"], outputs.probabilities[7], atol=1e-3)
    assert found["target"] == 2 and found["gap"] <= 0.01
    raw = convolutional.inputs("validation", np.array([7]))[0]
    np.testing.assert_allclose(found["input"], raw)
    assert np.sum(found["integrated"]) == pytest.approx(found["total"], rel=1e-2)
    layers = {layer["layer"]: layer for layer in found["layers"]}
    assert [np.shape(layer["maps"]) for layer in layers.values()] == [
        (5, 6, 6), (5, 6, 6), (5, 3, 3), (12,), (10,),
    ]  # fmt: skip
    scores = list(layers.values())[-1]["maps"]
    np.testing.assert_allclose(scores, outputs.scores[7], rtol=1e-3, atol=1e-3)
    assert [np.shape(cam["map"]) for cam in found["grad_cam"]] == [(6, 6)]
    assert np.min(found["grad_cam"][0]["map"]) >= 0 and np.min(found["gradient"]) >= 0


def test_one_sample_of_values_and_of_a_network_without_convolution(
    values: TrainedRun, dense: TrainedRun
) -> None:
    found = answer(values, OneSample(part="validation", sample=2))
    outputs = values.outputs("validation")
    assert found["predicted"] == pytest.approx(outputs.predicted[1], rel=1e-5)
    assert found["true"] == pytest.approx(outputs.targets[1], rel=1e-5)
    assert len(found["gradient"]) == len(found["integrated"]) == 1 and not found["grad_cam"]
    assert found["gap"] <= 0.01
    found = answer(dense, OneSample(sample=1))
    assert not found["grad_cam"] and found["target"] == found["predicted"]


@pytest.mark.parametrize(
    ("analysis", "code"),
    [
        (OneSample(sample=10**6), "sample_out_of_range"),
        (OneSample(target=10), "class_out_of_range"),
    ],
)
def test_rows_and_classes_that_do_not_exist_are_refused(
    digits_run: TrainedRun, analysis: OneSample, code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        answer(digits_run, analysis)
    assert refused.value.code == code


def test_weights_that_are_not_finite_are_reported(convolutional: TrainedRun) -> None:
    trained = TrainedRun(convolutional.store, convolutional.run)
    trained.load(
        {name: torch.full_like(v, torch.nan) for name, v in trained.model.state_dict().items()}
    )
    for analysis in (OneSample(), Embedding(), FirstLayer()):
        with pytest.raises(BadInput) as refused:
            for _ in analysis.answer(trained):
                pass
        assert refused.value.code in ("outputs_not_finite", "weights_not_finite")


def test_only_the_newest_samples_are_kept(
    convolutional: TrainedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OneSample, "stored_results", 2)
    asked = [OneSample(sample=number) for number in (1, 2, 3)]
    for analysis in asked:
        answer(convolutional, analysis)
    store, run = convolutional.store, convolutional.run
    kept = [results.stored(store, run, analysis) is not None for analysis in asked]
    assert kept == [False, True, True]
    answer(convolutional, FirstLayer())
    answer(convolutional, OneSample(sample=4))
    assert results.stored(store, run, FirstLayer())


@pytest.mark.parametrize("analysis", [Embedding(), Exciting(), FirstLayer(), OneSample()])
def test_every_result_has_lines_for_a_terminal(
    analysis, digits_run: TrainedRun, values: TrainedRun, convolutional: TrainedRun
) -> None:
    for trained in (digits_run, values, convolutional):
        lines = analysis.lines(answer(trained, analysis))
        assert len(lines) > 1 and all(isinstance(line, str) for line in lines)
