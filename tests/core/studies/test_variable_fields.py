"""Every setting that the page offers makes a study, and written values are parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.experiment import Experiment, shipped
from core.network.presets import MLP, ResNet18
from core.studies.study import Study
from core.studies.variable_fields import axes_of, fitting, format_values, parse_values

EXPERIMENTS = {
    "default": Experiment(),
    "residual": Experiment(network=ResNet18(width=4).layers((3, 32, 32))),
    "flat": Experiment(network=MLP().layers((1, 8, 8))),
    **dict(list(shipped().items())[::4]),
}


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_each_offered_setting_makes_a_valid_study(experiment):
    offered = axes_of(experiment)
    names = [axis.name for axis in offered.values()]
    assert len(set(names)) == len(names)
    assert {"samples", "epochs", "batch_size", "optimizer.learning_rate"} <= set(names)
    for axis in (fitting(experiment, one) for one in offered.values()):
        study = build(
            Study,
            {
                "base": experiment.model_dump(mode="json"),
                "axes": [
                    axis.model_dump(mode="json")
                    | {"values": parse_values(format_values(axis.values))}
                ],
                "method": "trained",
                "repeats": 1,
            },
        )
        assert study.size == len(axis.values) >= 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.1  0.01 1e-3", [0.1, 0.01, 1e-3]),
        ("0,1 0,5", [0.1, 0.5]),
        ("1, 2; 4", [1, 2, 4]),
        ("1e-4 to 0.1 in 4", [1e-4, 1e-3, 1e-2, 0.1]),
        ("1 to 1000 in 4", [1, 10, 100, 1000]),
        ("0 to 0.4", [0.0, 0.1, 0.2, 0.3, 0.4]),
        ("adam sgd", ["adam", "sgd"]),
        ("false true", [False, True]),
        ("", []),
    ],
)
def test_written_values_are_parsed(text, values):
    assert parse_values(text) == (pytest.approx(values) if "to" in text else values)


@given(st.lists(st.integers(0, 9999) | st.booleans() | st.sampled_from([0.5, 1e-3, 0.025])))
def test_formatted_values_are_parsed_back(values):
    assert parse_values(format_values(tuple(values))) == values


def test_an_invalid_range_is_refused_with_its_code():
    with pytest.raises(BadExperiment, match="5 to 1 in 3") as error:
        parse_values("5 to 1 in 3")
    assert error.value.code == "range_ends"
