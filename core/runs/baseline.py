"""Differences to a baseline: the validation score of a run minus that of another one, where both
were measured on the same samples. Knows no page.
"""

from math import isfinite

from core.base.events import error
from core.base.numbers import MISSING, short
from core.runs.score import Form, is_regression
from core.runs.summary import Summary


def is_comparable(row: Summary, baseline: Summary) -> bool:
    """Whether both were validated on the same samples, and by the same kind of score as far as
    they have one.
    """
    kinds = {is_regression(s.validation) for s in (row, baseline) if s.validation}
    return row.samples == baseline.samples and len(kinds) < 2


def difference(row: Summary, baseline: Summary, form: Form) -> float | None:
    """Return the validation score minus that of the baseline: of errors or accuracies as
    fractions, of values of R². None if one is missing or they are not comparable.
    """
    ours, theirs = error(row.validation), error(baseline.validation)
    if ours is None or theirs is None or not is_comparable(row, baseline):
        return None
    if not isfinite(ours - theirs):
        return None
    higher_is_better = is_regression(row.validation) or form == "accuracy"
    return theirs - ours if higher_is_better else ours - theirs


def describe_difference(value: float | None, *, regression: bool = False) -> str:
    """Return a difference with its sign, of fractions in percentage points.

    >>> [describe_difference(value) for value in (0.0123, -0.02, 0.0, None)]
    ['+1.2 points', '−2 points', '±0', '–']
    >>> describe_difference(-0.05, regression=True)
    'R² −0.05'
    """
    if value is None:
        return MISSING
    size = short(abs(value) if regression else 100 * abs(value))
    if not float(f"{value:.9f}"):
        return "±0"
    signed = f"{'+' if value > 0 else '−'}{size}"
    return f"R² {signed}" if regression else f"{signed} points"
