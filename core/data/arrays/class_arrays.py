"""Class arrays: one array of samples per class, as train0 … train9, test0 … in mnist_all.mat."""

import re
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from core.base.finding import Finding
from core.base.text import few
from core.data.arrays.contents import ORDER, Part
from core.data.arrays.roles import part_of
from core.data.arrays.tables import to_table

_CLASS = re.compile(r"[\W_]*(?:class|digit|label|category|)[\W_]*(\d+)[\W_]*")


def read_class_arrays(
    arrays: Mapping[str, np.ndarray], name: str
) -> tuple[dict[str, Part], Finding] | None:
    """Return inputs and labels of each part, and the finding on them; None for other arrays.

    Every array must be one of samples, of the same size, and its name a part, a class, or both:
    train0, test_1, class3. Each part needs at least two classes.
    """
    classes: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
    for key, array in arrays.items():
        part, rest = part_of(key)
        match = _CLASS.fullmatch(rest)
        is_named = match and (part or not rest.isdecimal())
        if not is_named or array.ndim < 2 or array.dtype.kind not in "buif":
            return None
        classes[part][int(match[1])] = array
    axis = _sample_axis(list(arrays.values()))
    if axis is None or any(len(members) < 2 for members in classes.values()):
        return None
    parts, counts = {}, {}
    for part in sorted(classes, key=ORDER.index):
        members = [(label, np.moveaxis(a, axis, 0)) for label, a in sorted(classes[part].items())]
        inputs = np.concatenate([samples for _, samples in members])
        labels = np.repeat([label for label, _ in members], [len(s) for _, s in members])
        shown = f"{name} ({part})" if part else name
        parts[part] = (to_table(inputs, shown, len(inputs)), to_table(labels, shown))
        counts[part or "all"] = {str(label): len(samples) for label, samples in members}
    text = (
        f"Each array of {name} has the samples of one class, which is the number in its name: "
        f"{few(sorted(arrays))}."
    )
    return parts, Finding("class_arrays", "info", text, {"samples": counts})


def _sample_axis(arrays: list[np.ndarray]) -> int | None:
    """Return 0, or the last axis if only this one differs; None if the samples differ in size."""
    if len({array.shape[1:] for array in arrays}) == 1:
        return 0
    return -1 if len({array.shape[:-1] for array in arrays}) == 1 else None
