"""Calibration and temperature, against scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax

from core.analysis.mistakes.calibration import (
    OBSTACLES,
    Calibration,
    calibration,
    describe,
    fit_temperature,
)


def draw(classes: int, sharpness: float, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return logits and classes; with sharpness 1 the softmax of the logits is calibrated."""
    random = np.random.default_rng(classes)
    logits = random.normal(size=(count, classes)) * 2
    cumulative = softmax(logits, axis=1).cumsum(1)
    targets = (random.random((count, 1)) > cumulative).sum(1).clip(max=classes - 1)
    return (sharpness * logits).astype(np.float32), targets


@pytest.mark.parametrize("classes", [2, 3, 10, 200])
def test_bins_are_those_of_scikit_learn(classes: int) -> None:
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import log_loss

    logits, targets = draw(classes, 2.0)
    probabilities = softmax(logits.astype(np.float64), axis=1)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == targets
    found = calibration(logits, targets)
    for name, strategy in (("width", "uniform"), ("mass", "quantile")):
        accuracy, mean = calibration_curve(right, confidence, n_bins=15, strategy=strategy)
        bins = found[name]["bins"]
        np.testing.assert_allclose([b["accuracy"][0] for b in bins], accuracy)
        np.testing.assert_allclose([b["confidence"] for b in bins], mean)
        weights = np.array([b["count"] for b in bins]) / len(targets)
        assert found[name]["error"] == pytest.approx((weights * abs(accuracy - mean)).sum())
    assert found["nll"] == pytest.approx(log_loss(targets, probabilities, labels=range(classes)))


def test_the_error_by_chance_is_that_of_calibrated_networks() -> None:
    errors = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        logits = np.stack([random.normal(size=150), np.zeros(150)], 1)
        targets = (random.random(150) > softmax(logits, axis=1)[:, 0]).astype(int)
        found = calibration(logits, targets)["width"]
        errors.append((found["error"], found["expected"]))
    measured, expected = np.mean(errors, 0)
    assert measured == pytest.approx(expected, rel=0.1) and expected > 0.03


@pytest.mark.parametrize(("classes", "sharpness"), [(2, 3.0), (3, 0.3), (10, 1.0), (50, 5.0)])
def test_the_temperature_is_that_of_scikit_learn(classes: int, sharpness: float) -> None:
    from sklearn.calibration import _TemperatureScaling

    logits, targets = draw(classes, sharpness, 2000)
    reference = _TemperatureScaling().fit(logits, targets)
    temperature = fit_temperature(logits, targets)
    assert temperature == pytest.approx(1 / reference.beta_, rel=1e-3)
    before, after = calibration(logits, targets), calibration(logits / temperature, targets)
    assert after["nll"] <= before["nll"] and after["accuracy"] == before["accuracy"]


def test_no_temperature_is_best_where_all_is_right_or_all_is_alike() -> None:
    logits = np.eye(3, dtype=np.float32)
    assert fit_temperature(logits, np.arange(3)) is None
    assert fit_temperature(logits, (np.arange(3) + 1) % 3) is None
    found = {"before": calibration(logits, np.arange(3)), "temperature": None, "samples": 3}
    texts = {describe(found | {"obstacle": obstacle}) for obstacle in OBSTACLES}
    assert len(texts) == 3  # each names its own reason


def test_the_temperature_is_fitted_on_the_validation_set(digits_run) -> None:
    from core.analysis.results import ask

    found = ask(digits_run, Calibration())
    validation, test = digits_run.outputs("validation"), digits_run.outputs("test")
    assert found["temperature"] == fit_temperature(validation.scores, validation.targets)
    after = calibration(test.scores / found["temperature"], test.targets)
    assert found["after"]["nll"] == after["nll"]
