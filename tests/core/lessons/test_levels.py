"""The settings that First steps hides."""

from core.base.encoding import build
from core.experiment import Experiment, shipped
from core.lessons.levels import hidden_settings


def test_what_first_steps_shows_is_not_among_the_hidden_settings():
    shown = {
        "optimizer": {"kind": "sgd", "learning_rate": 0.2},
        "schedule": {"kind": "step"}, "loss": {"kind": "hinge"}, "epochs": 3, "batch_size": 8,
    }  # fmt: skip
    assert hidden_settings(build(Experiment, shown)) == []


def test_every_other_setting_of_the_training_is_named_with_its_value():
    hidden = {
        "optimizer": {"kind": "adam", "beta1": 0.5}, "schedule": {"kind": "cosine", "warmup": 2},
        "loss": {"kind": "cross_entropy", "smoothing": 0.1}, "sampling": {"kind": "bootstrap"},
        "regularizers": [{"kind": "l2"}], "stopping": [{"kind": "patience"}],
        "seeds": {"order": 7}, "device": "cpu", "precision": "bfloat16", "accumulation": 2,
    }  # fmt: skip
    named = hidden_settings(build(Experiment, hidden))
    assert len(named) == len(hidden) and any("0.5" in each for each in named)


def test_the_hidden_settings_of_every_included_experiment_can_be_named():
    assert all(isinstance(hidden_settings(e), list) for e in shipped().values())
