"""Findings about networks: each rule reports what it should, also inside blocks, and its action
resolves it.
"""

import pytest

from core.advice.network_checks import RULES
from core.advice.suggestions import apply_action
from core.base.finding import Finding
from core.experiment import Experiment
from core.network.initializers import He, Initializer, Ones, Xavier, Zeros
from core.network.layers import (
    BatchNorm,
    Branches,
    Flatten,
    Layer,
    Linear,
    Output,
    ReLU,
    Residual,
    Sigmoid,
    StepFunction,
    Tanh,
)
from core.network.presets import DeepMLP, Perceptron

SHAPE = (1, 8, 8)


def net(*layers: Layer) -> tuple[Layer, ...]:
    return (Flatten(), Linear(units=20), *layers, Output())


def inside(*layers: Layer) -> tuple[Layer, ...]:
    return net(Branches(branches=((Residual(layers=(Linear(units=20), *layers)),), ())))


def check(experiment: Experiment, samples: int = 0) -> dict[str, Finding]:
    """Return all findings by their code."""
    findings = [finding for rule in RULES for finding in rule(experiment, samples, 0)]
    assert len({finding.code for finding in findings}) == len(findings)
    return {finding.code: finding for finding in findings}


DEEP = DeepMLP(activation="sigmoid", shortcuts=True).layers(SHAPE)
RECTIFIED = DeepMLP(activation="relu", shortcuts=True).layers(SHAPE)
NORMALIZED = net(BatchNorm(), ReLU())


@pytest.mark.parametrize(
    ("changes", "samples", "code", "evidence", "action"),
    [
        (
            {"initializer": Zeros()},
            0,
            "symmetric_weights",
            {"initializer": "zeros"},
            {"initializer": "he"},
        ),
        (
            {"initializer": Ones()},
            0,
            "symmetric_weights",
            {"initializer": "ones"},
            {"initializer": "he"},
        ),
        (
            {"network": Perceptron().layers(SHAPE)},
            0,
            "gradient_blocked",
            {"kinds": ["step"]},
            {"network": Perceptron().layers(SHAPE)[:-1]},
        ),
        (
            {"network": net(StepFunction())},
            0,
            "gradient_blocked",
            {"kinds": ["step"]},
            {"network": net(Sigmoid())},
        ),
        (
            {"network": inside(StepFunction(), StepFunction())},
            0,
            "gradient_blocked",
            {"kinds": ["step", "step"]},
            {"network": inside(Sigmoid(), Sigmoid())},
        ),
        (
            {"network": (*net(StepFunction()), StepFunction())},
            0,
            "gradient_blocked",
            {"kinds": ["step", "step"]},
            {"network": net(Sigmoid())},
        ),
        (
            {"network": (*net(ReLU()), Tanh())},
            0,
            "activation_after_output",
            {"kind": "tanh"},
            {"network": net(ReLU())},
        ),
        (
            {"network": NORMALIZED, "batch_size": 1},
            0,
            "batch_statistics_of_one",
            {"batch_size": 1, "samples": 0},
            {"batch_size": 32},
        ),
        (
            {"network": NORMALIZED, "batch_size": 1},
            100,
            "batch_statistics_of_one",
            {"batch_size": 1, "samples": 100},
            {"batch_size": 2},
        ),
        (
            {"network": NORMALIZED, "batch_size": 32},
            65,
            "batch_statistics_of_one",
            {"batch_size": 32, "samples": 65},
            {"batch_size": 33},
        ),
        (
            {"network": inside(BatchNorm()), "batch_size": 2},
            3,
            "batch_statistics_of_one",
            {"batch_size": 2, "samples": 3},
            {"batch_size": 3},
        ),
        (
            {"network": inside(ReLU()), "initializer": Xavier()},
            0,
            "initializer_for_other_activation",
            {"initializer": "xavier", "activation": "relu"},
            {"initializer": "he"},
        ),
        (
            {"network": inside(Tanh()), "initializer": He()},
            0,
            "initializer_for_other_activation",
            {"initializer": "he", "activation": "tanh"},
            {"initializer": "xavier"},
        ),
        (
            {"network": DEEP},
            0,
            "slopes_too_small",
            {"activations": 9, "fraction": 0.25**9},
            {"network": RECTIFIED, "initializer": "he"},
        ),
    ],
)
def test_a_questionable_network_has_one_finding_and_its_action_resolves_it(
    changes: dict, samples: int, code: str, evidence: dict, action: dict | None
) -> None:
    experiment = Experiment(**changes)
    finding = check(experiment, samples)[code]
    assert finding.evidence == evidence and finding.level in ("warn", "info")
    assert bool(finding.action) == bool(action)
    if action:
        changed = apply_action(experiment, finding.action)
        wanted = {name: Initializer.pick(value) if name == "initializer" else value
                  for name, value in action.items()}  # fmt: skip
        assert changed == experiment.model_copy(update=wanted)
        assert code not in check(changed, samples)


@pytest.mark.parametrize(
    ("layers", "size", "samples"), [(NORMALIZED, 32, 64), (net(ReLU()), 1, 65), (DEEP[:4], 1, 65)]
)
def test_a_sound_network_has_no_findings(layers: tuple, size: int, samples: int) -> None:
    suited = Xavier() if Sigmoid() in layers else He()
    assert not check(Experiment(network=layers, batch_size=size, initializer=suited), samples)


def test_a_network_without_layers_has_no_findings() -> None:
    assert not check(Experiment(network=()))
