"""Three sources of error on data whose errors are known."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from core.analysis.trained import TrainedRun
from core.analysis.verdict import error_sources
from core.analysis.verdict.error_sources import (
    ErrorSources,
    larger_network,
    name_largest,
    split_error,
)
from core.data.datasets import Blobs, Xor
from core.data.split import Split
from core.experiment import Experiment
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import SGD, AdamW
from tests.core.analysis.conftest import answer, train

BLOBS = Blobs(points=12_000, noise=0.5)
PLAIN = Experiment(
    data=BLOBS, network=(Output(),), epochs=4, batch_size=256,
    split=Split(validation=0.05, test=0.4), optimizer=AdamW(learning_rate=0.02), stopping=(),
    regularizers=(), augmentations=(),
)  # fmt: skip


def bayes_error() -> float:
    """The error of the nearest mean, which is the best model, on two million points."""
    draw = np.random.default_rng(0)
    angles = 2 * np.pi * np.arange(3) / 3
    means = np.stack([np.cos(angles), np.sin(angles)], 1)
    points = means[0] + 0.5 * draw.standard_normal((2_000_000, 2))
    nearest = ((points[:, None] - means) ** 2).sum(2).argmin(1)
    return float((nearest != 0).mean())


def test_a_good_model_has_only_the_error_that_no_model_avoids(tmp_path: Path) -> None:
    error = bayes_error()
    found = answer(ErrorSources(human_error=round(error, 4), restarts=1), train(tmp_path, PLAIN))
    for source in ("optimization", "approximation", "generalization"):
        assert found[source][0] == pytest.approx(0, abs=0.01)
    assert found["rest"][0] == pytest.approx(error, abs=0.01)
    assert found["largest"] in ("none", "undecided")


def test_too_little_training_is_an_error_of_optimization(tmp_path: Path) -> None:
    slow = PLAIN.model_copy(update={"optimizer": SGD(learning_rate=1e-4), "epochs": 1})
    trained = train(tmp_path, slow)
    own = 1 - trained.store.last(trained.run, "reason")["train"]["accuracy"]
    found = answer(ErrorSources(human_error=0.07, restarts=1), trained)
    assert found["optimization"][0] == pytest.approx(own - bayes_error(), abs=0.01)
    assert found["approximation"][0] == pytest.approx(0, abs=0.01)
    assert found["largest"] == "optimization"


def test_a_line_between_classes_that_need_two_is_an_error_of_approximation(tmp_path: Path) -> None:
    split = PLAIN.model_copy(update={"data": Xor(points=4000, noise=0.0)})
    found = answer(ErrorSources(restarts=1), train(tmp_path, split))
    assert found["largest"] == "approximation"
    assert found["rest"][0] < 0.05  # the larger network finds both lines


def test_samples_learned_by_heart_are_an_error_of_generalization() -> None:
    held = np.repeat([0.0, 1.0], [70, 30])
    found = split_error(np.zeros(200), held, np.zeros(200), np.zeros(200))
    assert found["largest"] == "generalization"
    training, held_out = (
        binomtest(k, n).proportion_ci(method="wilson") for k, n in ((0, 200), (30, 100))
    )
    low, high = np.hypot(0.3 - held_out.low, training.high), held_out.high - 0.3  # Newcombe 1998
    assert found["generalization"] == pytest.approx([0.3, 0.3 - low, 0.3 + high])


def test_two_held_out_samples_decide_nothing() -> None:
    own = np.repeat([0.0, 1.0], [1440, 60])
    found = split_error(own, np.zeros(2), np.zeros(1500), np.zeros(1500))
    assert found["generalization"][1] < 0 < found["generalization"][2]
    assert found["largest"] == "undecided"


def test_a_stopped_run_is_not_measured_on_its_test_set(
    digits_run: TrainedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = digits_run.store.last(digits_run.run, "reason")
    measured: list[str] = []
    monkeypatch.setattr(
        error_sources, "_errors_of", lambda _, name: measured.append(name) or np.zeros(9)
    )
    for scores in (end["test"], None):
        monkeypatch.setattr(digits_run.store, "last", lambda *_, s=scores: end | {"test": s})
        answering = ErrorSources().answer(digits_run)
        next(answering), next(answering)
    assert measured == ["train", "test", "train", "validation"]


def test_parts_and_rest_add_up() -> None:
    draw = np.random.default_rng(0)
    own, same, larger = ((draw.random(500) < p).astype(float) for p in (0.3, 0.2, 0.1))
    held = (draw.random(300) < 0.4).astype(float)
    for human in (0.0, 0.15, 0.25):
        found = split_error(own, held, same, larger, human)
        total = sum(found[name][0] for name in ("optimization", "approximation", "generalization"))
        assert total + found["rest"][0] == pytest.approx(held.mean())
        assert found["rest"][0] == pytest.approx(
            max(larger.mean(), min(human, same.mean())), abs=1e-9
        )
        for value, low, high in (found[name] for name in found if isinstance(found[name], list)):
            assert low <= value <= high


@pytest.mark.parametrize(
    ("parts", "largest"),
    [
        (([0.1, 0.08, 0.12], [0.02, 0.0, 0.04], [0.0, -0.02, 0.02]), "optimization"),
        (([0.1, 0.02, 0.18], [0.05, 0.0, 0.1], [0.0, -0.02, 0.02]), "undecided"),
        (([0.002, 0.0, 0.005], [0.0, 0.0, 0.0], [0.001, -0.004, 0.006]), "none"),
        (([0.002, 0.0, 0.05], [0.0, 0.0, 0.0], [0.001, -0.004, 0.006]), "undecided"),
    ],
)
def test_a_source_is_named_only_where_its_interval_is_clear(parts: tuple, largest: str) -> None:
    names = ("optimization", "approximation", "generalization")
    assert name_largest(dict(zip(names, parts, strict=True))) == largest


def test_a_larger_network_has_twice_the_width_or_a_hidden_layer() -> None:
    assert [layer.kind for layer in larger_network(PLAIN).network] == ["linear", "relu", "output"]
    wide = PLAIN.model_copy(update={"network": (Linear(units=5), ReLU(), Output())})
    assert larger_network(wide).network[0].units == 10
