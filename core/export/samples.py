"""A checked dataset as one `.npz` file for NumPy, without pickles."""

import io

import numpy as np

from core.data.samples import Samples


def archive(data: Samples) -> bytes:
    """Return inputs, targets, classes, columns, and the test samples and the indices of the
    validation samples if there are any. Missing values are NaN: a training fills them. A corrected
    dataset also has its original targets and the indices of the samples that are left out.
    """
    arrays = {
        "inputs": data.inputs,
        "targets": data.targets,
        "classes": np.array(data.classes, np.str_),
        "columns": np.array(data.columns, np.str_),
    }
    if data.has_test:
        arrays |= {"test_inputs": data.test_inputs, "test_targets": data.test_targets}
    if data.validation is not None:
        arrays["validation"] = data.validation
    if data.corrections:
        arrays["original_targets"] = data.corrections.original
        arrays["dropped"] = data.corrections.dropped
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()
