"""Axes: what each changes and reads back, and how it refuses invalid values."""

import pytest

from core.base.encoding import build, change
from core.base.errors import BadExperiment
from core.experiment import Experiment, shipped
from core.network.build import check
from core.network.layers import Linear, Output, ReLU, Residual
from core.network.presets import MLP, DeepMLP, ResNet18, Small
from core.studies.axes import Axis, DepthAxis, FieldAxis, Repeats, SamplesAxis, WidthAxis
from core.studies.layer_axes import ActivationAxis, DropoutAxis, LayerNormalizationAxis
from core.studies.study import Study
from core.studies.values import expand_range

AXES = {
    "field": FieldAxis(path="optimizer.learning_rate", values=(0.1, 0.01)),
    "width": WidthAxis(values=(4, 32)),
    "depth": DepthAxis(values=(1, 3)),
    "samples": SamplesAxis(values=(0.25, 1.0)),
    "activation": ActivationAxis(values=("gelu", "tanh")),
    "layer_normalization": LayerNormalizationAxis(values=("batch_norm", "none")),
    "dropout": DropoutAxis(values=(0.0, 0.3)),
}


def test_every_axis_kind_is_covered() -> None:
    assert {*AXES, "changes"} == set(Axis.members)  # that one is in test_changes.py


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
def test_an_axis_reads_back_the_value_it_sets(axis: Axis) -> None:
    base = change(Experiment(), "network", [x.model_dump() for x in MLP().layers((1, 8, 8))])
    for value in axis.values:
        changed = axis.apply(base, value)
        assert axis.read(changed) == value
        back = axis.apply(changed, axis.read(base))
        assert back == base


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        (Small().layers((1, 8, 8)), (1, 8, 8)),
        (ResNet18(width=64).layers((3, 32, 32)), (3, 32, 32)),
        (DeepMLP(depth=4, width=64, shortcuts=True).layers((1, 8, 8)), (1, 8, 8)),
    ],
)
@pytest.mark.parametrize("width", [1, 8, 100])
def test_a_scaled_network_is_valid(layers, shape, width) -> None:
    base = Experiment(network=layers)
    wide = WidthAxis(values=(width,)).apply(base, width)
    check(wide.network, shape, 10)
    assert len(wide.network) == len(layers)


def test_a_scaled_resnet_equals_the_preset_of_that_width() -> None:
    base = Experiment(network=ResNet18(width=64).layers((3, 32, 32)))
    narrow = WidthAxis(values=(8,)).apply(base, 8)
    assert narrow.network == ResNet18(width=8).layers((3, 32, 32))


def test_depth_repeats_or_removes_the_last_hidden_layer() -> None:
    base = Experiment(network=(*MLP().layers((1, 8, 8))[:1], Linear(units=9), ReLU(), Output()))
    deep = DepthAxis(values=(3,)).apply(base, 3)
    assert [layer.kind for layer in deep.network] == (
        ["flatten"] + ["linear", "relu"] * 3 + ["output"]
    )
    check(deep.network, (1, 8, 8), 10)


@pytest.mark.parametrize("name", ["lenet", "digits", "cifar-net"])
def test_a_convolutional_network_can_be_trained_at_every_depth(name: str) -> None:
    base = shipped()[name]
    shape = (3, 32, 32) if name == "cifar-net" else (1, 28, 28)
    for depth in range(1, DepthAxis(values=(1,)).read(base) + 2):
        network = DepthAxis(values=(depth,)).apply(base, depth).network
        check(network, shape, 10)
        assert (
            DepthAxis(values=(depth,)).read(base.model_copy(update={"network": network})) == depth
        )


def test_nested_layers_are_scaled_too() -> None:
    inner = Residual(layers=(Linear(units=20), ReLU()))
    base = Experiment(network=(*MLP().layers((1, 8, 8))[:1], Linear(units=20), inner, Output()))
    wide = WidthAxis(values=(40,)).apply(base, 40)
    assert wide.network[1].units == wide.network[2].layers[0].units == 40


def test_repeats_have_different_seeds_and_the_same_data() -> None:
    base = Experiment()
    other = Repeats().apply(base, 2)
    assert other.split == base.split and other.label_noise == base.label_noise
    before, after = base.seeds.model_dump(), other.seeds.model_dump()
    assert all(after[name] == before[name] + 2 for name in before)


def test_ranges_are_expanded_to_their_values() -> None:
    assert expand_range({"low": 1, "high": 64, "count": 4, "log": True, "whole": True}) == [
        1,
        4,
        16,
        64,
    ]
    assert expand_range({"low": 0.0, "high": 1.0, "count": 3}) == [0.0, 0.5, 1.0]
    assert expand_range((1, 2)) == (1, 2)
    axis = WidthAxis.model_validate({"values": {"low": 2, "high": 8, "count": 3, "log": True}})
    assert axis.values == (2, 4, 8)


INVALID = [
    ({"kind": "width", "values": []}, "no_values", "axes.0.values"),
    ({"kind": "width", "values": [0]}, "greater_than_equal", "axes.0.values.0"),
    ({"kind": "width", "values": {"low": 5, "high": 1, "count": 3}}, "range_ends", "axes.0"),
    ({"kind": "width", "values": {"low": 1, "high": 5}}, "range_count", "axes.0"),
    (
        {"kind": "width", "values": {"low": 1, "high": 5, "count": 3, "step": 2}},
        "unknown_range_field",
        "'step'",
    ),
    (
        {"kind": "samples", "values": {"low": 0, "high": 1, "count": 3, "log": True}},
        "log_range_start",
        "axes.0",
    ),
    ({"kind": "samples", "values": [2.0]}, "less_than_equal", "axes.0.values.0"),
    ({"kind": "field", "path": "nothing", "values": [1]}, "axis_value", "'nothing'"),
    ({"kind": "field", "path": "epochs", "values": [3, 0]}, "axis_value", "epochs at 0"),
    ({"kind": "field", "path": "epochs", "values": ["many"]}, "axis_value", "epochs at many"),
    ({"kind": "sideways", "values": [1]}, "unknown_kind", "'sideways'"),
]


@pytest.mark.parametrize(("axis", "code", "where"), INVALID)
def test_an_invalid_axis_is_refused_with_its_code_and_place(
    axis: dict, code: str, where: str
) -> None:
    with pytest.raises(BadExperiment) as error:
        build(Study, {"axes": [axis]})
    text = str(error.value)
    assert error.value.code == code
    assert where in text and text.endswith(".") and "\n" not in text


def test_a_network_without_hidden_layers_has_no_width() -> None:
    network = [{"kind": "flatten"}, {"kind": "output"}]
    with pytest.raises(BadExperiment) as error:
        build(Study, {"base": {"network": network}, "axes": [{"kind": "width", "values": [3]}]})
    assert error.value.code == "no_hidden_layer"
