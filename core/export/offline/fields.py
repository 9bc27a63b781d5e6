"""The fields of the form of the offline page: one for each column of the table, with what it
becomes among the inputs of the network.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.data.inspection.encoding import ColumnEncoding

Field = dict[str, Any]  # plain JSON data


def make_fields(
    encodings: Sequence[ColumnEncoding], columns: Sequence[str], inputs: np.ndarray
) -> list[Field]:
    """Return the fields in the order of the columns; `inputs` (n, F) are training rows.

    `at` is the first input of a field, numbers come before texts and indicators last, as in
    `core.data.inspection.encoding.apply_encodings`.
    """
    encodings = encodings or [
        ColumnEncoding(name, 0, i) for i, name in enumerate(columns or [""] * inputs.shape[1])
    ]
    numbers = [encoding for encoding in encodings if encoding.kind == "number"]
    texts = [encoding for encoding in encodings if encoding.kind != "number"]
    fields, at = {}, 0
    for encoding in (*numbers, *texts):
        width = len(encoding.names)
        fields[encoding] = _field(encoding, at, inputs[:, at : at + width])
        at += width
    for encoding in encodings:
        if encoding.indicator:
            fields[encoding]["indicator"] = at
            at += 1
    return [fields[encoding] for encoding in sorted(encodings, key=lambda e: e.index)]


def _field(encoding: ColumnEncoding, at: int, values: np.ndarray) -> Field:
    field = {
        "name": encoding.name,
        "title": encoding.title,
        "occurrence": encoding.occurrence,
        "index": encoding.index,
        "kind": encoding.kind,
        "at": at,
        "isFilled": encoding.strategy is not None,
        "fill": encoding.fill,
    }
    if encoding.kind == "number":
        low, high = float(values.min()), float(values.max())
        return field | {"low": low, "high": high, "usual": float(np.median(values))}
    if encoding.kind == "ordinal":
        usual = int(np.bincount(values[:, 0].clip(0).astype(np.int64)).argmax())
    else:
        usual = int(values.sum(0).argmax())
    return field | {"categories": list(encoding.categories), "usual": usual}
