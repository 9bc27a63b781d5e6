"""File split: the training, validation and test sets that the rows of a file are assigned to."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip
from core.data.inspection.parts_column import TEST, TRAIN, VALIDATION
from core.data.samples import Samples


def split_samples(samples: Samples, parts: np.ndarray) -> Samples:
    """Move the samples of the test part into the test set, and mark those of the validation part.

    `parts` (N,) are TRAIN, VALIDATION or TEST. Raises BadData without training samples.
    """
    if not (parts == TRAIN).any():
        raise BadData(
            f"{clip(samples.name)} assigns no row to the training set. Leave the column with the "
            "split out to split the rows at random.",
            code="no_training_rows",
        )
    is_test = parts == TEST
    validation = np.flatnonzero(parts[~is_test] == VALIDATION)
    changes = {"validation": validation if len(validation) else None}
    if is_test.any():
        changes |= {
            "inputs": samples.inputs[~is_test],
            "targets": samples.targets[~is_test],
            "test_inputs": samples.inputs[is_test],
            "test_targets": samples.targets[is_test],
        }
        if samples.keys is not None:
            changes["keys"] = samples.keys.take(~is_test)
        if samples.row_numbers is not None:
            changes["row_numbers"] = samples.row_numbers[~is_test]
            changes["test_row_numbers"] = samples.row_numbers[is_test]
    return replace(samples, **changes)


def renumber_rows(findings: Sequence[Finding], parts: np.ndarray) -> tuple[Finding, ...]:
    """Return the findings with their rows as indices into the samples that are not for testing."""
    index = np.cumsum(parts != TEST) - 1
    return tuple(
        replace(finding, rows=tuple(int(index[r]) for r in finding.rows if parts[r] != TEST))
        for finding in findings
    )
