"""Saliency against captum, over networks of every kind."""

import pytest
import torch
from torch import nn

from core.analysis.inside.attribution import (
    LARGEST_GAP,
    Integrated,
    Score,
    grad_cam,
    input_gradient,
    integrated_gradients,
)
from core.network.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, Swish, Tanh
from core.network.build import build, check, walk_facts
from core.network.initializers import He
from core.network.layers import (
    BatchNorm,
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    LayerNorm,
    Linear,
    MaxPool,
    Output,
    Residual,
)

CLASSES = 4
GREY, COLOUR, TABLE = (1, 12, 12), (3, 12, 12), (7,)
CONV = Conv2d(maps=4, kernel=3, padding=1)
NETWORKS = {
    "dense": (GREY, (Flatten(), Linear(units=16), ReLU(), Linear(units=8), Tanh(), Output())),
    "lenet": (GREY, (CONV, Sigmoid(), MaxPool(), CONV, ReLU(), Flatten(), Dropout(), Output())),
    "colour": (COLOUR, (CONV, GELU(), MaxPool(), CONV, Swish(), GlobalPool(), Output())),
    "batch norm": (COLOUR, (CONV, BatchNorm(), ReLU(), Flatten(), Linear(units=6), Output())),
    "residual": (
        GREY,
        (CONV, Residual(layers=(CONV, BatchNorm(), ReLU())), ELU(), GlobalPool(), Output()),
    ),
    "branches": (GREY, (Branches(branches=((CONV,), (CONV, LeakyReLU()))), Flatten(), Output())),
    "table": (TABLE, (Linear(units=16), LayerNorm(), Swish(), Output())),
}
EVERY = pytest.mark.parametrize("name", NETWORKS)


def network(name: str) -> tuple[nn.Sequential, torch.Tensor, list[str]]:
    """A random network in evaluation mode, an input, and the paths of its maps."""
    torch.set_num_threads(1)  # more of them would only wait for each other
    shape, layers = NETWORKS[name]
    generator = torch.Generator().manual_seed(1)
    model = build(layers, shape, CLASSES, initializer=He(), generator=generator, dropout=generator)
    model(torch.randn(32, *shape, generator=generator))  # for the running statistics
    facts = walk_facts(check(layers, shape, CLASSES))
    maps = [fact.path for fact in facts if fact.has_weights and len(fact.output) == 3]
    return model.eval(), torch.randn(1, *shape, generator=generator), maps


def integrated(score: Score, x: torch.Tensor, baseline: torch.Tensor) -> Integrated:
    """The result of the whole integration."""
    integrating = integrated_gradients(score, x, baseline)
    while True:
        try:
            assert 0 <= next(integrating) < 1
        except StopIteration as end:
            return end.value


@EVERY
def test_gradient_and_integrated_gradients_equal_captum(name: str) -> None:
    from captum.attr import IntegratedGradients, Saliency

    model, x, _ = network(name)
    baseline = torch.full_like(x, -0.5)
    for target in (0, CLASSES - 1):

        def score(inputs: torch.Tensor, target: int = target) -> torch.Tensor:
            return model(inputs)[:, target]

        expected = Saliency(model).attribute(x.clone().requires_grad_(), target=target, abs=False)[
            0
        ]
        torch.testing.assert_close(input_gradient(score, x), expected, atol=1e-5, rtol=1e-5)
        found = integrated(score, x, baseline)
        expected = IntegratedGradients(model).attribute(
            x, baseline, target=target, n_steps=found.steps, method="gausslegendre"
        )[0]
        torch.testing.assert_close(found.attributions, expected.float(), atol=1e-5, rtol=1e-5)
        assert found.gap <= LARGEST_GAP
        with torch.no_grad():
            difference = (score(x) - score(baseline)).item()
        assert found.difference == pytest.approx(difference, abs=1e-6)
        assert abs(found.total - difference) <= LARGEST_GAP * abs(difference)


@EVERY
def test_grad_cam_equals_captum_in_every_layer_with_maps(name: str) -> None:
    from captum.attr import LayerGradCam

    model, x, paths = network(name)
    found = grad_cam(model, lambda inputs: model(inputs)[:, 1], x, paths) if paths else {}
    assert list(found) == paths and bool(paths) == any(
        isinstance(layer, Layer) and layer.kind in ("conv2d", "residual", "branches")
        for layer in NETWORKS[name][1]
    )
    for path, cam in found.items():
        explained = LayerGradCam(model, model.get_submodule(path))
        expected = explained.attribute(x, target=1, relu_attributions=True)[0, 0]
        torch.testing.assert_close(cam, expected, atol=1e-5, rtol=1e-5)


def test_a_score_without_a_difference_has_a_gap_of_its_error() -> None:
    x = torch.ones(1, 3)
    found = integrated(lambda inputs: 0 * inputs.sum(1), x, torch.zeros(1, 3))
    assert (found.difference, found.total, found.gap) == (0, 0, 0)
