"""Training and test samples: findings from comparing the two."""

from dataclasses import replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import counted, few
from core.data.inspection import doctor, duplicates
from core.data.inspection.image_statistics import sample_rows
from core.data.inspection.inspect import Inspection

NOTED = {  # findings on a test file that are shown at every level
    *("rows_left_out", "duplicates_removed", "missing_filled", "not_numbers", "unseen_values"),
    *("joined", "stray_values", "stray_rows"),
}
COMPARED = {"duplicates", "leak"}  # warnings about training and test set together
OFFERED = {"stray_values", "stray_rows"}  # findings whose action suits both files


def compare(train: Inspection, test: Inspection, name: str) -> list[Finding]:
    """Compare size, shared rows, classes and brightness; `name` is the test file's."""
    images = len(train.shape) == 3
    noun = "image" if images else "row"
    text = (
        f"{counted(test.rows, f'test {noun}')} provided separately. No training data is held out "
        "for testing."
    )
    findings = [Finding("test_rows", "ok", text, {"rows": test.rows})]
    first, second = (part.samples.inputs.reshape(part.rows, -1) for part in (train, test))
    targets = (train.samples.targets, test.samples.targets)
    findings += doctor.check_shared(first, second, targets, noun)
    absent = np.setdiff1d(np.arange(len(train.classes)), test.samples.targets)
    if len(absent):
        missing = [train.classes[i] for i in absent]
        text = (
            f"The test set has no {noun}s of class {few(missing)}, so the test score does not "
            "cover this part of the data."
        )
        findings.append(Finding("test_classes", "info", text, {"missing": missing}))
    if images and (brightness := _brightness(first, second, name)):
        findings.append(brightness)
    return findings


def reading_notes(test: Inspection, name: str) -> list[Finding]:
    """Return what reading the test file has changed or found, with its name.

    Other findings on it repeat those on the training file, or compare the two.
    """
    return [
        replace(
            finding,
            text=finding.text if name in finding.text else f"{name}: {finding.text}",
            action=finding.action if finding.code in OFFERED else None,
            rows=(),
        )
        for finding in test.findings
        if finding.code in NOTED or (finding.level == "warn" and finding.code not in COMPARED)
    ]


def remove_shared(train: Inspection, test: Inspection) -> tuple[Inspection, list[Finding]]:
    """Remove the test samples that are also training samples. Raises BadData if none is left."""
    first, second = (part.samples.inputs.reshape(part.rows, -1) for part in (train, test))
    shared = duplicates.across(first, second).repeat
    if not len(shared):
        return test, []
    keep = np.setdiff1d(np.arange(test.rows), shared)
    if not len(keep):
        raise BadData(
            f"{test.samples.name} contains only samples that are also in the training file, so "
            "nothing is left to test on. Provide other test samples, or keep repeated rows.",
            ({"duplicates": "keep"},),
            code="no_test_rows",
        )
    samples = replace(
        test.samples,
        inputs=test.samples.inputs[keep],
        targets=test.samples.targets[keep],
        row_numbers=np.array(test.samples.numbers_of(keep)),
    )
    text = (
        f"{counted(len(shared), 'test sample')} that are also in the training set were removed; "
        f"{whole(len(keep))} are left."
    )
    removed = Finding("shared_removed", "ok", text, {"removed": len(shared), "rows": len(keep)})
    return replace(test, rows=len(keep), samples=samples), [removed]


def _brightness(train: np.ndarray, test: np.ndarray, name: str) -> Finding | None:
    """Return a finding if test images are far brighter or darker than the training images."""
    first, second = (np.asarray(sample_rows(part), np.float64) for part in (train, test))
    means, std = [float(first.mean()), float(second.mean())], float(first.std())
    if abs(means[1] - means[0]) <= max(std, 1.0):
        return None
    text = (
        f"{name} differs in brightness: its mean pixel value is {means[1]:.3g}, that of the "
        f"training images {means[0]:.3g}. Check that both files use the same scale."
    )
    return Finding("test_range", "warn", text, {"train": means[0], "test": means[1]})
