"""Multi-label: several columns of 0 and 1 at the end of a table are questioned."""

import numpy as np
import pytest

from core.data.inspection.inspect import Inspection, inspect_files
from core.data.reading import Reading

DRAW = np.random.Generator(np.random.PCG64(8))
BITS = (DRAW.random((60, 3)) < 0.5).astype(int)
SIZES = np.round(DRAW.normal(5, 1, 60), 2)


def read(names: str, *, files: bool = False, sizes: bool = True, **choices) -> Inspection:
    rows = []
    for i, bits in enumerate(BITS):
        cells = [f"img_{i}.jpg"] * files + [str(SIZES[i])] * sizes + [str(b) for b in bits]
        rows.append(",".join(cells))
    header = ",".join(["file"] * files + ["size"] * sizes + [names])
    text = "\n".join([header, *rows]).encode()
    return inspect_files(text, names=("t.csv", ""), reading=Reading().with_changes(choices))


def found(inspection: Inspection):
    return next((f for f in inspection.findings if f.code == "multi_label"), None)


@pytest.mark.parametrize(
    ("names", "files", "level"),
    [
        ("news,sport,art", False, "info"),
        ("tag_a,tag_b,tag_c", False, "warn"),
        ("a,b,c", True, "warn"),
    ],
)
def test_several_labels_are_questioned_and_the_others_can_be_left_out(names, files, level):
    finding = found(read(names, files=files))
    assert finding.level == level
    changed = read(names, files=files, **finding.action.changes)
    assert found(changed) is None and changed.samples.columns == ("size",)
    np.testing.assert_array_equal(changed.samples.targets, BITS[:, 2])


def test_without_other_inputs_there_is_no_way_out():
    assert found(read("a,b,c", files=True, sizes=False)).action is None


def test_a_chosen_or_titled_label_is_not_questioned():
    assert found(read("fever,cough,label")) is None
    assert found(read("fever,cough,flu", label_column="flu")) is None
