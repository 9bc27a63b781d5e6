"""The one value, the shipped ones, and advice: each rule fires where it should and is silent where
it should not.
"""

import re

import numpy as np
import pytest

from core.advice.plan import plan
from core.advice.suggestions import advice, apply_action, follow_up
from core.base.encoding import build, decode, encode
from core.base.errors import BadExperiment
from core.base.finding import Action
from core.data.augmentations import Crop, CutMix, Flip, MixUp, Noise
from core.data.datasets import CIFAR10, MNIST, Digits
from core.experiment import Experiment, load, shipped
from core.losses import CrossEntropy
from core.network.activations import ReLU, Sigmoid, Tanh
from core.network.build import trace
from core.network.convnets import CifarNet
from core.network.initializers import He, PyTorchDefault, Xavier, Zeros
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD, Adam, AdamW
from core.optim.regularizers import L2, WeightDecay
from core.optim.schedules import Constant
from core.optim.stopping import Patience

RELU = (Flatten(), Linear(), ReLU(), Output())
TANH = (Flatten(), Linear(), Tanh(), Output())
DEEP = (Flatten(), *[Linear(units=20), Sigmoid()] * 20, Output())


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_experiment_has_a_description_and_survives_json(name: str) -> None:
    experiment = shipped()[name]
    assert experiment.name and experiment.about.endswith(".")
    assert decode(Experiment, encode(experiment)) == experiment == load(name)


def test_a_number_of_points_in_a_description_is_that_of_the_training_set(tmp_path) -> None:
    counts = {
        name: re.search(r"(\d+) (training )?points", e.about) for name, e in shipped().items()
    }
    counts = {name: match for name, match in counts.items() if match}
    assert counts
    for name, match in counts.items():
        assert match[2] and int(match[1]) == plan(shipped()[name], tmp_path).train, name


@pytest.mark.parametrize(
    ("name", "title", "with_data"),
    [
        ("", "Digits 8×8", "Digits 8×8"),
        ("digits 8×8", "digits 8×8", "digits 8×8"),
        ("Digits", "Digits", "Digits 8×8"),
        ("Digits 8×8, fine-tuned", "Digits 8×8, fine-tuned", "Digits 8×8, fine-tuned"),
        ("Wide", "Wide", "Wide · Digits 8×8"),
    ],
)
def test_a_title_never_repeats_the_dataset(name: str, title: str, with_data: str) -> None:
    experiment = Experiment(name=name, data=Digits())
    assert (experiment.title, experiment.title_with_data) == (title, with_data)


def test_the_default_experiment_is_the_shipped_digits() -> None:
    default = Experiment(name="Digits", about=shipped()["digits"].about)
    assert shipped()["digits"] == default


def test_the_photograph_recipe_has_its_published_values() -> None:
    e = shipped()["cifar-net"]
    facts = trace(e.network, (3, 32, 32), 10)
    assert sum(fact.parameters for fact in facts) == 62_006
    assert (e.data, e.network) == (CIFAR10(), CifarNet().layers((3, 32, 32)))
    assert (e.batch_size, e.optimizer) == (4, SGD(learning_rate=0.001, momentum=0.9))
    assert (e.loss, e.schedule, e.initializer) == (CrossEntropy(), Constant(), PyTorchDefault())
    assert not (e.augmentations or e.regularizers or e.stopping)


def test_the_photograph_recipe_scales_pixels_to_minus_one_and_one() -> None:
    pixels = np.array([0.0, 51.0, 127.5, 255.0])
    multiply, add = shipped()["cifar-net"].normalization.map(None)
    assert np.allclose(pixels * multiply + add, (pixels / 255 - 0.5) / 0.5)
    assert np.allclose(pixels * multiply + add, [-1.0, -0.6, 0.0, 1.0])


def test_an_experiment_is_loaded_from_a_file(tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"epochs": 7}')
    assert load(str(path)) == Experiment(epochs=7)
    for wrong in ("no-such", str(tmp_path), "x\0y"):
        with pytest.raises(BadExperiment, match="digits") as error:
            load(wrong)
        assert error.value.code == "unknown_experiment"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"epochs": 0}, "epochs is 0, but it must be at least 1"),
        ({"batch_size": 10**9}, "batch_size"),
        ({"optimizer": {"kind": "sgd", "learning_rate": 1e9}}, "optimizer.learning_rate"),
        ({"optimizer": {"kind": "sgd", "learning_rate": float("nan")}}, "finite"),
        ({"device": "tpu"}, "device"),
        ({"name": "x" * 61}, "name"),
        ({"regularizers": ["l2", "l2"]}, "regularizers has l2 twice"),
        ({"network": [{"kind": "conv3d"}]}, "network.0: 'conv3d' is not a known layer"),
        ({"network": ["flatten"] * 1001}, "network"),
    ],
)
def test_an_error_names_the_field_that_is_out_of_range(data: dict, words: str) -> None:
    with pytest.raises(BadExperiment, match=words):
        build(Experiment, data)


def test_line_breaks_are_removed_from_a_name() -> None:
    assert Experiment(name="two\nlines\t").name == "two lines"


@pytest.mark.parametrize(
    ("changes", "facts", "code", "evidence"),
    [
        (
            {"optimizer": Adam(learning_rate=0.5)},
            {},
            "learning_rate_high",
            {"learning_rate": 0.5, "recommended": 0.01},
        ),
        (
            {"optimizer": SGD(learning_rate=0.06, momentum=0.9)},
            {},
            "learning_rate_high",
            {"learning_rate": 0.06, "recommended": pytest.approx(0.05)},
        ),
        (
            {"batch_size": 64},
            {"samples": 10},
            "batch_exceeds_training_set",
            {"batch_size": 64, "samples": 10},
        ),
        (
            {},
            {"samples": 100, "parameters": 1000},
            "more_parameters_than_samples",
            {"samples": 100, "parameters": 1000},
        ),
        ({"augmentations": (Crop(), Flip())}, {}, "flip_on_characters", {}),
        ({"augmentations": (Flip(),), "data": MNIST()}, {}, "flip_on_characters", {}),
        (
            {"augmentations": (MixUp(), Noise()), "epochs": 5},
            {},
            "mixing_needs_epochs",
            {"epochs": 5, "paper": 200},
        ),
        (
            {"augmentations": (CutMix(),), "epochs": 29},
            {},
            "mixing_needs_epochs",
            {"epochs": 29, "paper": 300},
        ),
        ({"label_noise": {"share": 0.2}}, {}, "label_noise", {"fraction": 0.2}),
    ],
)
def test_a_questionable_combination_is_reported_and_its_action_resolves_it(
    changes: dict, facts: dict, code: str, evidence: dict
) -> None:
    experiment = Experiment(**changes)
    (finding,) = [f for f in advice(experiment, **facts) if f.code == code]
    assert finding.level in ("warn", "info") and finding.evidence == evidence
    if finding.action:
        mended = apply_action(experiment, finding.action)
        assert finding.action.label
        assert not [f for f in advice(mended, **facts) if f.code == code]


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("Mine", "Use ReLU", "Mine (use ReLU)"),
        ("", "Use ReLU", f"{Experiment().data.summary} (use ReLU)"),
        ("Mine (use ReLU)", "Train for 50 epochs", "Mine (use ReLU) (train for 50 epochs)"),
        (f"Mine ({'a' * 45})", "Train for 50 epochs", "Mine (train for 50 epochs)"),
        ("a" * 50, "Train for 50 epochs", "a" * 50),
    ],
)
def test_the_name_of_a_run_states_the_change_of_a_finding(name, label, expected) -> None:
    followed = follow_up(Experiment(name=name), Action(label, {"epochs": 50}))
    assert (followed.name, followed.epochs) == (expected, 50)
    assert follow_up(Experiment(name=name), Action(label, {})).name == name


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"initializer": Zeros()}, "symmetric_weights"),
        ({"network": DEEP, "initializer": Xavier()}, "slopes_too_small"),
        ({"network": RELU, "initializer": Xavier()}, "initializer_for_other_activation"),
        ({"network": TANH, "initializer": He()}, "initializer_for_other_activation"),
    ],
)
def test_a_questionable_network_is_reported(changes: dict, code: str) -> None:
    experiment = Experiment(**changes)
    (finding,) = [f for f in advice(experiment) if f.code == code]
    if finding.action:
        changed = apply_action(experiment, finding.action)
        assert not [f for f in advice(changed) if f.code == code]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"network": TANH, "initializer": Xavier()},
        {"optimizer": SGD(learning_rate=0.05), "regularizers": (L2(),)},
        {"optimizer": SGD(learning_rate=1.0, momentum=0.0)},
        {"optimizer": AdamW(weight_decay=0.0), "regularizers": (WeightDecay(),)},
        {"stopping": (Patience(),), "schedule": Constant()},
        {"augmentations": (Flip(),), "data": CIFAR10()},
        {"augmentations": (Flip(p=0.0), Crop())},
        {"augmentations": (MixUp(),), "epochs": 30},
    ],
)
def test_a_sound_combination_gives_one_finding_of_level_ok(changes: dict) -> None:
    assert [a.level for a in advice(Experiment(**changes), samples=50_000, parameters=60_000)] == [
        "ok"
    ]
