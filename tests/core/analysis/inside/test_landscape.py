"""The loss landscape of networks whose loss is known, and directions against NumPy."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.analysis.inside.landscape import LossLine, LossPlane, LossProfile, weights_at
from core.analysis.inside.weight_path import retrain
from core.analysis.inside.weight_space import filter_normalized, flat, principal_plane, shaped
from core.analysis.trained import TrainedRun
from core.base.encoding import encode
from core.base.errors import BadInput
from core.data.datasets import Digits, Polynomial
from core.experiment import Experiment
from core.losses import MSE
from core.network.layers import BatchNorm, Conv2d, Flatten, Output, ReLU
from core.optim.optimizers import SGD
from tests.core.analysis.conftest import answer, train

SMALL = Experiment(
    data=Digits(), network=(Conv2d(maps=4), BatchNorm(), ReLU(), Flatten(), Output()),
    epochs=3, batch_size=128, stopping=(), regularizers=(), augmentations=(),
)  # fmt: skip
LINEAR = Experiment(
    data=Polynomial(), network=(Output(),), loss=MSE(), optimizer=SGD(learning_rate=0.05),
    epochs=4, stopping=(), regularizers=(), augmentations=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """Linear regression: its loss is a quadratic function of weight and bias."""
    return train(tmp_path_factory.mktemp("linear"), LINEAR)


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """Three epochs of a network with a convolution and batch normalization."""
    return train(tmp_path_factory.mktemp("small"), SMALL)


def quadratic(trained: TrainedRun, weight: float, bias: float) -> float:
    """The mean squared error of a line on the training set, by NumPy."""
    x, y = (
        t.numpy().astype(np.float64)
        for t in trained.setup.train.batch(torch.arange(len(trained.setup.train)))
    )
    return float(np.mean((weight * x[:, 0] + bias - y) ** 2))


def line_of(state: dict) -> tuple[float, float]:
    weight, bias = state.values()
    return weight.item(), bias.item()


def test_the_loss_of_linear_regression_along_a_line_is_a_parabola(linear: TrainedRun) -> None:
    found = answer(LossLine(points=11), linear)
    (w0, b0), (w1, b1) = (line_of(weights_at(linear, end)) for end in ("initial", "best"))
    for alpha, loss, error in zip(
        found["alphas"], found["loss"]["train"], found["error"]["train"], strict=True
    ):
        expected = quadratic(linear, w0 + alpha * (w1 - w0), b0 + alpha * (b1 - b0))
        assert loss == pytest.approx(expected, rel=1e-5)
        assert error == pytest.approx(expected, rel=1e-5)  # 1 − R² of standardized targets
    assert found["alphas"][0] == -0.25
    assert found["alphas"][-1] == 1.25
    assert found["samples"]["train"] == len(linear.setup.train)


def test_the_plane_of_the_path_has_the_loss_of_its_points(linear: TrainedRun) -> None:
    found = answer(LossPlane(directions="path"), linear)
    assert found["is_exact"]
    assert found["epochs"] == [0, 1, 2, 3, 4]
    assert sum(found["explained"]) == pytest.approx(1)  # two weights are a plane
    path = train_path(linear)
    center = path[-1].double()
    plane, places, _ = principal_plane(path, path[-1])
    np.testing.assert_allclose(found["path"], places, atol=1e-6)
    for row in (0, 10, 20):
        for column in (0, 13):
            point = center + plane.T @ torch.tensor(
                [found["x"][column], found["y"][row]], dtype=torch.float64
            )
            assert found["loss"][row][column] == pytest.approx(
                quadratic(linear, *point.tolist()), rel=1e-4
            )


def train_path(trained: TrainedRun) -> list[torch.Tensor]:
    repeating = retrain(trained)
    while True:
        try:
            next(repeating)
        except StopIteration as end:
            return end.value.points


def test_a_run_stopped_within_an_epoch_is_repeated_to_that_step(tmp_path: Path) -> None:
    from core.base.control import GO, STOP
    from core.jobs.kinds import KINDS, RUN
    from core.runs.store import Store

    store = Store(tmp_path)
    run = store.create(encode(SMALL))

    def stop_at_step_14(training) -> str:
        training.single_steps = True
        return STOP if training.step == 14 else GO

    KINDS[RUN].execute(tmp_path, run, stop_at_step_14)
    trained = TrainedRun(store, run)
    points = train_path(trained)
    assert trained.state["step"] == 14
    assert torch.equal(points[-1], flat(named(trained.state["model"], trained)))


def named(state: dict, trained: TrainedRun) -> dict[str, torch.Tensor]:
    return {name: state[name] for name, _ in trained.model.named_parameters()}


def test_a_random_direction_is_as_long_as_each_filter(convolutional: TrainedRun) -> None:
    weights = {name: p.detach() for name, p in convolutional.model.named_parameters()}
    direction = filter_normalized(weights, 3)
    for name, weight in weights.items():
        if weight.ndim < 2:
            assert not direction[name].any()
            continue
        for own, random in zip(weight.numpy(), direction[name].numpy(), strict=True):
            assert np.linalg.norm(random) == pytest.approx(np.linalg.norm(own), rel=1e-5)
    other = filter_normalized(weights, 4)
    assert not torch.equal(other["output.weight"], direction["output.weight"])


def test_the_principal_plane_agrees_with_a_singular_value_decomposition() -> None:
    draw = np.random.default_rng(0)
    points = draw.normal(size=(7, 40)) * np.linspace(3, 0.1, 40)
    center = points[-1]
    directions, places, explained = principal_plane(
        [torch.tensor(point) for point in points], torch.tensor(center)
    )
    left, values, right = np.linalg.svd(points - center, full_matrices=False)
    np.testing.assert_allclose(explained, (values**2 / (values**2).sum())[:2], rtol=1e-9)
    for axis in (0, 1):
        sign = np.sign(directions[axis].numpy() @ right[axis])
        np.testing.assert_allclose(directions[axis], sign * right[axis], atol=1e-9)
        np.testing.assert_allclose(places[:, axis], sign * left[:, axis] * values[axis], atol=1e-9)


def test_a_path_of_one_point_has_no_extent() -> None:
    directions, places, explained = principal_plane([torch.ones(5)], torch.ones(5))
    assert not places.any()
    assert not explained.any()
    assert directions.shape == (2, 5)


def test_weights_and_vectors_are_the_same() -> None:
    weights = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor([7.0])}
    back = shaped(flat(weights), weights)
    assert all(torch.equal(back[name], weights[name]) for name in weights)


def test_the_middle_of_plane_and_profile_is_the_loss_of_the_run(convolutional: TrainedRun) -> None:
    middle = 10
    plane, profile = (answer(asked, convolutional) for asked in (LossPlane(), LossProfile()))
    assert plane["samples"]["train"] == 1000
    assert len(LossProfile().lines(profile)) == 21
    assert len(LossPlane().lines(plane)) == 2
    assert {losses[middle] for losses in profile["loss"]} == {plane["loss"][middle][middle]}
    assert min(min(row) for row in plane["loss"]) < min(plane["loss"][0])


def test_a_line_needs_two_runs_of_one_network(
    convolutional: TrainedRun, linear: TrainedRun, digits_run: TrainedRun
) -> None:
    store = convolutional.store
    other = train(
        store.home,
        SMALL.model_copy(update={"seeds": SMALL.seeds.model_copy(update={"initialization": 5})}),
    )
    found = answer(LossLine(start="best", other=other.run, points=11), convolutional)
    assert set(found["loss"]) == {"train", "validation"}
    small = train(
        store.home,
        SMALL.model_copy(update={"network": SMALL.network[:1] + SMALL.network[3:], "epochs": 1}),
    )
    with pytest.raises(BadInput) as refused:
        answer(LossLine(start="best", other=small.run), convolutional)
    assert refused.value.code == "networks_differ"
