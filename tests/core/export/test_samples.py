"""The checked set as a file that plain NumPy opens."""

import io

import numpy as np
import pytest

from core.data.ready.builtin import digits
from core.data.samples import Samples
from core.export.samples import archive


@pytest.mark.parametrize("with_test", [False, True])
def test_what_is_saved_is_what_numpy_opens_without_pickle(tmp_path, with_test):
    small = digits(tmp_path)
    test = (small.inputs[:5], small.targets[:5]) if with_test else (None, None)
    data = Samples("d", small.inputs, small.targets, small.classes, *test, columns=("a", "é"))
    opened = np.load(io.BytesIO(archive(data)), allow_pickle=False)
    assert np.array_equal(opened["inputs"], data.inputs) and opened["inputs"].dtype == np.uint8
    assert np.array_equal(opened["targets"], data.targets)
    assert tuple(opened["classes"]) == data.classes and tuple(opened["columns"]) == ("a", "é")
    assert ("test_inputs" in opened) == with_test
