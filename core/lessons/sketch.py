"""A curve that a person sketches before a run, and the curve of the run at the same places.

A sketch is POSITIONS heights from left to right, each from 0 (bottom) to LEVELS − 1 (top) of the
axes of its question. As an answer it is a text of one letter per height. Knows no page.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum, auto
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Literal

import numpy as np

from core.base.errors import BadInput
from core.base.events import Scores, error
from core.base.numbers import whole
from core.base.text import join_words
from core.runs.history import History

ALPHABET = digits + ascii_uppercase + ascii_lowercase
POSITIONS, LEVELS = 33, len(ALPHABET)
CLEAR = 0.1  # of the height of the axes: a smaller change does not count as one
EDGE = 3  # positions at an end that may be empty
Curve = Sequence[tuple[float, float]]  # epoch and value, from left to right
CurveName = Literal["training_loss", "validation_loss", "training_error", "validation_error"]


class CurveFeature(StrEnum):
    """What a curve can have. Changes below CLEAR of the height of the axes do not count."""

    RISES, FALLS, PEAK, VALLEY, ENDS_BELOW_START, ENDS_ABOVE_START = (
        auto(), auto(), auto(), auto(), auto(), auto()
    )  # fmt: skip

    def text(self, holds: bool = True) -> str:
        """Return what a curve with or without this feature does, after "the curve"."""
        return _TEXTS[self][not holds]

    def holds(self, heights: Sequence[float]) -> bool:
        """Whether the curve has it; `heights` are fractions of the height of the axes.

        >>> CurveFeature.VALLEY.holds([0.9, 0.2, 0.6]), CurveFeature.FALLS.holds([0.9, 0.2, 0.6])
        (True, False)
        """
        y = np.asarray(heights, float)
        before_low, before_high = np.minimum.accumulate(y), np.maximum.accumulate(y)
        after_low = np.minimum.accumulate(y[::-1])[::-1]
        after_high = np.maximum.accumulate(y[::-1])[::-1]
        match self:
            case CurveFeature.RISES:
                return bool(y[-1] - y[0] > CLEAR and (before_high - y).max() <= CLEAR)
            case CurveFeature.FALLS:
                return bool(y[0] - y[-1] > CLEAR and (y - before_low).max() <= CLEAR)
            case CurveFeature.PEAK:
                return bool(np.minimum(y - before_low, y - after_low).max() > CLEAR)
            case CurveFeature.VALLEY:
                return bool(np.minimum(before_high - y, after_high - y).max() > CLEAR)
            case CurveFeature.ENDS_BELOW_START:
                return bool(y[0] - y[-1] > CLEAR)
        return bool(y[-1] - y[0] > CLEAR)


_TEXTS = {
    CurveFeature.RISES: ("rises throughout", "does not rise throughout"),
    CurveFeature.FALLS: ("falls throughout", "does not fall throughout"),
    CurveFeature.PEAK: ("has a peak", "has no peak"),
    CurveFeature.VALLEY: ("falls and then rises again", "never rises after it has fallen"),
    CurveFeature.ENDS_BELOW_START: (
        "ends clearly below its start", "does not end clearly below its start",
    ),
    CurveFeature.ENDS_ABOVE_START: (
        "ends clearly above its start", "does not end clearly above its start",
    ),
}  # fmt: skip


def encode_sketch(levels: Sequence[int]) -> str:
    """Return a complete sketch as the text of an answer."""
    return "".join(ALPHABET[level] for level in levels)


def decode_sketch(answer: str) -> list[int]:
    """Return the heights of an answer; none for a text that is no sketch.

    >>> decode_sketch(encode_sketch(range(33))) == list(range(33)), decode_sketch("7")
    (True, [])
    """
    if not re.fullmatch(f"[0-9A-Za-z]{{{POSITIONS}}}", answer):
        return []
    return [ALPHABET.index(letter) for letter in answer]


def check_levels(value: Any) -> list[int | None]:
    """Return the heights in `value`, which a browser sent, with None where nothing is drawn; all
    None for what is no list of POSITIONS heights.
    """
    is_list = isinstance(value, list) and len(value) == POSITIONS
    if not is_list or not all(
        level is None or (type(level) is int and 0 <= level < LEVELS) for level in value
    ):
        return [None] * POSITIONS
    return value


def complete(levels: Sequence[int | None]) -> list[int]:
    """Return the sketch with straight lines over its gaps; none if more than EDGE positions at an
    end are empty.
    """
    places = [place for place, level in enumerate(levels) if level is not None]
    if not places or places[0] > EDGE or places[-1] < POSITIONS - 1 - EDGE:
        return []
    drawn = [levels[place] for place in places]
    return [round(float(v)) for v in np.interp(range(POSITIONS), places, drawn)]


def parse_heights(text: str, low: float, high: float) -> list[int]:
    """Return the sketch of numbers that are typed from left to right, evenly over the x-axis, in
    the unit of the y-axis from `low` to `high`. Raises BadInput (sketch_numbers).

    >>> parse_heights("0, 1", 0, 1)[::16]
    [0, 30, 61]
    """
    try:
        values = [float(part) for part in re.split(r"[,;\s]+", text.strip(" ,;"))]
    except ValueError:
        values = []
    if not 2 <= len(values) <= POSITIONS or not all(low <= value <= high for value in values):
        raise BadInput(
            f"“{text[:60]}” is not a curve. Write from 2 to {POSITIONS} numbers from {low:g} to "
            f"{high:g}, such as {high:g}, {low:g}, {(low + high) / 2:g}.",
            code="sketch_numbers",
        )
    places = np.linspace(0, len(values) - 1, POSITIONS)
    at = np.interp(places, range(len(values)), values)
    return [round(float(v)) for v in (at - low) / (high - low) * (LEVELS - 1)]


def describe_curve(curve: Curve, write: Callable[[float], str], *, epochs: bool = True) -> str:
    """Return where a curve starts, has its extremes (with their `epochs`) and ends, after "the
    curve".

    >>> describe_curve([(1, 0.9), (2, 0.2), (3, 0.6)], str)
    'starts at 0.9, is lowest at 0.2 (epoch 2) and ends at 0.6'
    """
    x, values = zip(*curve, strict=True)
    inner = []
    for name, place in (("lowest", int(np.argmin(values))), ("highest", int(np.argmax(values)))):
        if 0 < place < len(values) - 1:
            at = f" (epoch {whole(x[place])})" if epochs else ""
            inner.append(f"is {name} at {write(values[place])}{at}")
    return join_words([f"starts at {write(values[0])}", *inner, f"ends at {write(values[-1])}"])


def run_curve(history: History, name: CurveName) -> list[tuple[float, float]]:
    """Return a curve of a run, without the epochs that have no value."""
    part, kind = name.split("_")
    part = "train" if part == "training" else part
    rows = [(epoch.epoch, _value(getattr(epoch, part), kind)) for epoch in history.epochs]
    return [(float(epoch), value) for epoch, value in rows if value is not None]


def _value(scores: Scores | None, kind: str) -> float | None:
    value = error(scores) if kind == "error" else (scores or {}).get(kind)
    return value if value is not None and np.isfinite(value) else None


def positions(epochs: int) -> list[float]:
    """Return the epochs at the positions of a sketch."""
    return np.linspace(1, epochs, POSITIONS).tolist()


def resample(curve: Curve) -> list[float]:
    """Return the values of a curve at the positions of a sketch over the same epochs."""
    x, y = zip(*curve, strict=True)
    return np.interp(np.linspace(x[0], x[-1], POSITIONS), x, y).tolist()
