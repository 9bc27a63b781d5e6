"""Scores as people read them, in one of two forms: what is wrong (error rate, RMSE) or what is
right (accuracy, R²). Pages and command line show one form everywhere. RMSE has the unit of the
target, so where that is unknown, such as in a list of runs, values are scored by R² in either form.
"""

from typing import Literal

from core.base.events import Scores, error
from core.base.numbers import MISSING, percent, short

Form = Literal["error", "accuracy"]
FORMS: dict[Form, str] = {"error": "Error", "accuracy": "Accuracy"}
NAMES = {  # by whether the target is a value, and the form
    (False, "error"): "error",
    (False, "accuracy"): "accuracy",
    (True, "error"): "RMSE",
    (True, "accuracy"): "R²",
}
MEANINGS = {
    "error": "Fraction of wrong predictions",
    "accuracy": "Fraction of correct predictions",
    "RMSE": "Root mean square error, in the unit of the target",
    "R²": "Fraction of the target's variance that the model explains",
}


def is_regression(scores: Scores | None) -> bool:
    """Return whether these are scores of values and not of classes."""
    return "r2" in (scores or {})


def other(form: Form) -> Form:
    """Return the form that is not shown."""
    return "accuracy" if form == "error" else "error"


def name(form: Form, *, regression: bool) -> str:
    """Return what the score is called within a sentence.

    >>> name("error", regression=False), name("accuracy", regression=True)
    ('error', 'R²')
    """
    return NAMES[regression, form]


def value(scores: Scores | None, form: Form, std: float = 1.0) -> float | None:
    """Return the score as a number; `std` is the standard deviation of the training targets."""
    wrong = error(scores)
    if wrong is None:
        return None
    if form == "accuracy":
        return 1 - wrong
    return std * max(wrong, 0.0) ** 0.5 if is_regression(scores) else wrong


def summarize(scores: Scores | None, form: Form) -> str:
    """Return the score with its name for a list of runs.

    >>> summarize({"r2": 0.93}, "error"), summarize(None, "error")
    ('R² 0.93', '–')
    >>> summarize({"r2": -0.05}, "error")
    'R² −0.05'
    """
    if not scores:
        return MISSING
    regression = is_regression(scores)
    form = "accuracy" if regression else form
    return f"{name(form, regression=regression)} {describe(scores, form)}"


def describe(scores: Scores | None, form: Form, std: float = 1.0) -> str:
    """Return the score as text: "3.3 %", or for values "0.354" in either form.

    >>> describe({"loss": 0.1, "r2": 0.91}, "accuracy"), describe({"r2": 0.91}, "error", 10.0)
    ('0.91', '3')
    """
    number = value(scores, form, std)
    if not is_regression(scores):
        return percent(number)
    return f"{'−' * (number < 0)}{short(abs(number), 3)}"
