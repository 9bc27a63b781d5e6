"""The network in Keras has the output shapes and the numbers of parameters of PyTorch's."""

from math import prod

import pytest

from core.base.encoding import build
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.keras_code import keras_code
from core.network.build import check
from core.network.layers import Branches, Conv2d, Flatten, Layer, Linear, Output, Residual
from core.network.presets import Preset

FLAT, IMAGES, LARGE = (Facts(s, ("a", "b", "c"), 10) for s in ((6,), (3, 12, 12), (3, 32, 32)))


def networks() -> list[tuple[Facts, tuple[Layer, ...]]]:
    """Every layer, for flat values and for images where it fits, and every preset."""
    found = []
    for member in Layer.members.values():
        layer = member()
        if layer.is_output:
            found.append((FLAT, (layer,)))
            continue
        if layer.misfit((8,)) is None:
            found.append((FLAT, (Linear(units=8), layer, Flatten(), Output())))
        if layer.misfit((8, 10, 10)) is None:
            after = () if len(layer.output((8, 10, 10), 3)) == 1 else (Flatten(),)
            found.append((IMAGES, (Conv2d(maps=8), layer, *after, Output())))
    shrinking = Residual(layers=(Conv2d(maps=5, stride=2, padding=1),))
    joined = Branches(branches=((Conv2d(maps=4, padding=1),), ()))
    found.append((IMAGES, (joined, shrinking, Flatten(), Output())))
    found.append((FLAT, (Residual(layers=(Linear(units=9),)), Output())))
    for member in Preset.members.values():
        found.append((LARGE, member().layers(LARGE.shape)))
    return found


def test_shapes_and_parameters_are_those_of_pytorch(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # read when keras is imported
    keras = pytest.importorskip("keras")
    for facts, network in networks():
        experiment = build(Experiment, {"network": network})
        checked = check(network, facts.shape, facts.outputs)
        names = {"keras": keras}
        source = keras_code(experiment, facts).replace("model.summary()", "")
        exec(source.replace("import keras\n", ""), names)
        model = names["model"]
        assert model.output_shape == (None, facts.outputs), network
        trained = sum(prod(weight.shape) for weight in model.trainable_weights)
        assert trained == sum(fact.parameters for fact in checked), network


def test_what_keras_does_not_have_is_named():
    experiment = build(Experiment, {"network": ("step", "flatten", "output")})
    assert "Keras has no layer like" in keras_code(experiment, FLAT)
