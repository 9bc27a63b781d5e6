"""One way of counting layers: those with weights, also inside blocks."""

import pytest

from core.advice.network_checks import check_slopes
from core.advice.plan import network_name
from core.experiment import shipped
from core.network.chains import describe_depth
from core.network.layers import BatchNorm, Conv2d, Flatten, Linear, Output, ReLU, Residual
from core.network.presets import DeepMLP


@pytest.mark.parametrize("depth", [2, 7, 30])
def test_the_depth_of_a_preset_is_the_number_that_is_shown(depth):
    assert describe_depth(DeepMLP(depth=depth).layers((1, 8, 8))) == f"{depth} weight layers"


def test_layers_inside_blocks_count_and_those_without_weights_do_not():
    block = Residual(layers=(Conv2d(), BatchNorm(), ReLU(), Conv2d()))
    assert block.outline.startswith("2 weight layers")
    assert describe_depth((Conv2d(), block, Flatten(), Linear(), Output())) == "5 weight layers"


def test_name_line_and_warning_of_the_thirty_sigmoid_layers_agree():
    experiment = shipped()["deep-1-sigmoid"]
    (finding,) = check_slopes(experiment, 1000, 1000)
    assert experiment.name.startswith("30 ")
    for text in (network_name(experiment, None), finding.text):
        assert "30 weight layers" in text
    assert finding.evidence["activations"] == 29
