"""Calibration: whether the probability of the predicted class is how often it is right."""

from typing import ClassVar, Literal

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.mistakes.suits import needs_classes
from core.analysis.trained import TrainedRun
from core.base.numbers import percent, short
from core.base.rates import rate
from core.base.text import aligned, counted
from core.data.dataset import Facts

BINS = 15  # as Guo et al.
DRAWS, WORK = (10, 200), 2_000_000  # repetitions of a simulation, and all its samples together
TEMPERATURES = (1e-3, 1e3)  # range in which the temperature is searched
OBSTACLES = {  # why there is none
    "no_validation": "the run has no validation set to fit it on",
    "all_right": "every validation sample is predicted correctly, so no finite temperature is best",
    "no_better_than_equal": "on the validation set, equal probabilities for all classes would be "
    "better than those of the network at any temperature",
}


class Calibration(Analysis):
    """Confidence against accuracy: in each bin of samples, the mean probability of the predicted
    class and the fraction that is right. The expected calibration error is the mean distance of
    the two over all samples, Σ_b n_b/N · |accuracy_b − confidence_b| (Naeini et al. 2015), over
    bins of equal width or of equal numbers of samples.

    With few samples per bin, the error of a perfectly calibrated network is not 0 either. Its mean
    is estimated by drawing whether each sample is right with the probability that the network
    states (Bröcker & Smith 2007).

    The temperature T that would calibrate the network divides its logits; it minimizes the negative
    log-likelihood of the validation set (Guo et al. 2017) and changes no prediction.
    """

    kind: Literal["calibration"] = "calibration"
    label: ClassVar[str] = "Calibration"
    technique: ClassVar[str] = "V6"
    formula: ClassVar[str] = (
        r"\mathrm{ECE} = \sum_b \frac{n_b}{N}\,|\mathrm{acc}_b - \mathrm{conf}_b|"
    )
    source: ClassVar[str] = "Naeini et al. 2015; Guo et al. 2017; Bröcker & Smith 2007"
    version: ClassVar[int] = 2
    is_quick: ClassVar[bool] = True
    place: ClassVar[int] = 3
    part: Literal["train", "validation", "test"] = "test"

    def unsuitable(self, facts: Facts) -> str:
        return needs_classes(facts)

    def answer(self, trained: TrainedRun) -> Answering:
        temperature, obstacle = None, "no_validation"
        if len(trained.setup.validation):
            fitted = yield from predicting(trained, "validation", end=0.5)
            temperature = fit_temperature(fitted.scores, fitted.targets)
            is_right = bool((fitted.predicted == fitted.targets).all())
            obstacle = "" if temperature else "all_right" if is_right else "no_better_than_equal"
        outputs = yield from predicting(trained, self.part, start=0.5)
        before = calibration(outputs.scores, outputs.targets)
        after = None
        if temperature:
            after = calibration(outputs.scores / temperature, outputs.targets)
        return {
            "part": self.part,
            "samples": len(outputs.targets),
            "temperature": temperature,
            "obstacle": obstacle,
            "before": before,
            "after": after,
        }

    def lines(self, result: Result) -> list[str]:
        before, after = result["before"], result["after"]
        states = {"": before} | ({"With the temperature": after} if after else {})
        rows = [("", "NLL", "ECE, equal width", "ECE, equal mass", "Both by chance")]
        for name, found in states.items():
            errors = (percent(found[bins]["error"]) for bins in ("width", "mass"))
            chance = " and ".join(percent(found[bins]["expected"]) for bins in ("width", "mass"))
            rows.append((name or "As trained", short(found["nll"], 3), *errors, chance))
        return [describe(result), *aligned(rows)]


def describe(result: Result) -> str:
    """Return what the calibration means, in one or two sentences."""
    found = result["before"]
    confidence, accuracy = found["confidence"], found["accuracy"][0]
    _, low, high = found["accuracy"]
    what = (
        f"Mean confidence {percent(confidence)}, accuracy {percent(accuracy)} on "
        f"{counted(result['samples'], 'sample')}: "
    )
    if low <= confidence <= high:
        what += "on average, the probabilities match how often they are right."
    elif confidence > accuracy:
        what += "the network is overconfident."
    else:
        what += "the network is underconfident."
    if result["temperature"]:
        return (
            f"{what} Temperature fitted on the validation set: {short(result['temperature'], 3)}."
        )
    return f"{what} There is no temperature: {OBSTACLES[result['obstacle']]}."


def calibration(scores: np.ndarray, targets: np.ndarray) -> Result:
    """Return the negative log-likelihood, mean confidence, accuracy, and the bins of both kinds
    with their calibration errors, from logits (N, C) and classes (N,).
    """
    logits = scores.astype(np.float64)
    log_probabilities = logits - logsumexp(logits, axis=1, keepdims=True)
    confidence = np.exp(log_probabilities.max(1))
    right = logits.argmax(1) == targets
    order = np.argsort(confidence, kind="stable")
    width = np.minimum((confidence * BINS).astype(int), BINS - 1)
    mass = np.empty(len(order), int)
    mass[order] = np.arange(len(order)) * BINS // len(order)
    return {
        "nll": float(-log_probabilities[np.arange(len(targets)), targets].mean()),
        "confidence": float(confidence.mean()),
        "accuracy": rate(int(right.sum()), len(right)),
        "width": _binned(width, confidence, right),
        "mass": _binned(mass, confidence, right),
    }


def _binned(bins: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> Result:
    """Return the bins that have samples, and the expected calibration error over them."""
    rows, error = [], 0.0
    for bin in np.unique(bins):
        inside = bins == bin
        count, mean = int(inside.sum()), float(confidence[inside].mean())
        accuracy = rate(int(right[inside].sum()), count)
        error += count / len(bins) * abs(accuracy[0] - mean)
        rows.append({"count": count, "confidence": mean, "accuracy": accuracy})
    return {"bins": rows, "error": error, "expected": _expected_error(bins, confidence)}


def _expected_error(bins: np.ndarray, confidence: np.ndarray) -> float:
    """Return the mean error of a network that is right as often as its confidences (N,) say."""
    draws, count = np.random.default_rng(0), len(bins)
    gaps = []
    for _ in range(int(np.clip(WORK // count, *DRAWS))):
        right = draws.random(count) < confidence
        gaps.append(np.abs(np.bincount(bins, weights=right - confidence)).sum() / count)
    return float(np.mean(gaps))


def fit_temperature(scores: np.ndarray, targets: np.ndarray) -> float | None:
    """Return the temperature that minimizes the negative log-likelihood of logits (N, C) and
    classes (N,). The negative log-likelihood is convex in 1/T, so that there is one minimum.

    None where it is at T → 0, because all samples are right, or at T → ∞, because the logits are
    no better than equal ones.
    """
    logits = scores.astype(np.float64)
    own = logits[np.arange(len(targets)), targets]
    if (logits.argmax(1) == targets).all() or own.mean() <= logits.mean():
        return None

    def negative_log_likelihood(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        return float((logsumexp(inverse * logits, axis=1) - inverse * own).mean())

    bounds = tuple(np.log(TEMPERATURES))
    found = minimize_scalar(
        negative_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-6}
    )
    is_inside = bounds[0] + 0.01 < found.x < bounds[1] - 0.01  # not so for logits of a diverged run
    return float(np.exp(found.x)) if is_inside else None
