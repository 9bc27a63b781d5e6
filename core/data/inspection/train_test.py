"""Pair: what is found of training and test samples together."""

import numpy as np

from core.base.text import counted, few
from core.data.inspection import doctor
from core.data.inspection.finding import Finding
from core.data.inspection.image_statistics import some
from core.data.inspection.inspect import Inspection


def compare(train: Inspection, test: Inspection, name: str) -> list[Finding]:
    """Size, twins, classes that the test lacks, and another brightness; `name` of the test file."""
    pictures = len(train.shape) == 3
    noun = "picture" if pictures else "row"
    said = f"{counted(test.rows, f'test {noun}')} of their own; nothing is split off for the test."
    found = [Finding("test_rows", "ok", said)]
    first, second = (one.samples.inputs.reshape(one.rows, -1) for one in (train, test))
    targets = (train.samples.targets, test.samples.targets)
    found += doctor.shared(first, second, targets, noun)
    absent = np.setdiff1d(np.arange(len(train.classes)), test.samples.targets)
    if len(absent):
        names = few([train.classes[i] for i in absent])
        said = f"No test {noun} is of class {names}: the test says nothing of it."
        evidence = {"missing": [train.classes[i] for i in absent]}
        found.append(Finding("test_classes", "info", said, evidence=evidence))
    if pictures and (bright := _brightness(first, second, name)):
        found.append(bright)
    return found


def _brightness(train: np.ndarray, test: np.ndarray, name: str) -> Finding | None:
    """Test pictures that are far brighter or darker than any training picture was."""
    first, second = (np.asarray(some(part), np.float64) for part in (train, test))
    means, spread = [float(first.mean()), float(second.mean())], float(first.std())
    if abs(means[1] - means[0]) <= max(spread, 1.0):
        return None
    said = (
        f"{name} is of another brightness: its mean is {means[1]:.3g}, that of the training "
        f"pictures {means[0]:.3g}: check that both are stored alike."
    )
    return Finding("test_range", "warn", said, evidence={"train": means[0], "test": means[1]})
