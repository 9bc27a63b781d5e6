"""Small tables with gaps and texts, and what their inspection finds."""

from dataclasses import replace

import numpy as np

from core.data.inspection.inspect import inspect
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

DRAW = np.random.default_rng(0)
ROWS = 60


def table(name="t.csv", header=None, **columns):
    """A table with number columns (arrays of floats) and text columns (lists of str)."""
    words = {i: np.array(c, object) for i, c in enumerate(columns.values()) if isinstance(c, list)}
    indices = tuple(i for i in range(len(columns)) if i not in words)
    numbers = [c for c in columns.values() if not isinstance(c, list)]
    length = len(next(iter(columns.values())))
    values = np.stack(numbers, axis=1) if numbers else np.empty((length, 0), np.uint8)
    titles = tuple(columns) if header is None else header
    return Table(name, values, titles or None, indices, range(2, length + 2), words)


def gapped(draw=DRAW, rows=ROWS):
    """Whole numbers of which a fifth is missing, so that there is a most frequent one."""
    return np.where(draw.random(rows) < 0.2, np.nan, draw.integers(0, 9, rows)).astype(float)


def label(rows=ROWS):
    return np.arange(rows, dtype=float) % 2


def read(data, like=None, **columns):
    return inspect(data, reading=Reading(columns=columns), like=like)


def inputs(seen, *names):
    """Inputs without gaps, filled with values of all rows."""
    samples = seen.samples.filled(np.arange(seen.rows))
    return samples.inputs[:, [samples.columns.index(name) for name in names]]


def with_test(seen, other):
    """The inspection of a test table, whose gaps are filled with values of the training table."""
    samples = replace(
        seen.samples, test_inputs=other.samples.inputs, test_targets=other.samples.targets
    ).filled(np.arange(seen.rows))
    return replace(other, samples=replace(samples, inputs=samples.test_inputs))
