"""What the charts of a search have in common: the marker of each state of a trial, the axis of its
result, and the text beside the pointer.
"""

from collections.abc import Callable, Sequence
from math import isfinite, log10
from typing import TYPE_CHECKING, Any

from core.base.numbers import duration, percent, short
from core.figures.binding import ticks
from core.figures.template import Palette, log_axis

if TYPE_CHECKING:
    from core.studies.search.records import SearchTrial

STATES = {"done": "finished", "pruned": "pruned", "failed": "failed", "stopped": "stopped"}
SYMBOLS = {"done": "diamond", "pruned": "x-thin-open", "stopped": "square-open"}
LOG_FROM = 4.0  # ratio of the largest to the smallest result from which on the axis is logarithmic
FOCUS = 30.0  # times the best result, beyond which a result is drawn at the upper edge
FEWEST = 3  # ticks of an axis
PAD = 0.06  # of the axis, above and below the results


def results(trials: Sequence["SearchTrial"]) -> list["SearchTrial"]:
    """Return the trials of the search itself that ended with a finite result, by their numbers.
    Finalists repeat the settings of some of them with other seeds.
    """
    return [
        trial
        for trial in trials
        if trial.stage == "search" and trial.is_finished and is_finite(trial.value)
    ]


def is_finite(value: float | None) -> bool:
    """Whether a result can be drawn: not that of a failed trial, or of one that diverged."""
    return value is not None and isfinite(value)


def marker(state: str, p: Palette, *, lit: bool = True) -> dict[str, Any]:
    """Return the marker of trials in this state; those that are not `lit` are pale."""
    colour = p.validation if state == "done" and lit else p.muted if lit else p.line
    look = {"symbol": SYMBOLS.get(state, "circle-open"), "size": 8, "color": colour}
    return look | {"line": {"color": colour, "width": 1.5}, "opacity": 1 if lit else 0.6}


def star(p: Palette) -> dict[str, Any]:
    """Return the marker of the best trial."""
    line = {"color": p.page, "width": 1}
    return {"symbol": "star", "size": 15, "color": p.best, "line": line}


def describe_result(value: float | None, *, share: bool, digits: int = 3) -> str:
    """Return a result as text: an error as a percentage, a loss as a number."""
    return percent(value) if share else short(value, digits)


def describe_trial(trial: "SearchTrial", write: Callable[[str, Any], str], *, share: bool) -> str:
    """Return the text beside the pointer: the number, the result and the settings of a trial.
    `write` makes a line of a setting.
    """
    state = STATES.get(trial.state, trial.state)
    head = f"<b>Trial {trial.number + 1}</b> ({state}): {describe_result(trial.value, share=share)}"
    lines = [head, *(write(path, value) for path, value in trial.values.items())]
    return "<br>".join([*lines, f"{trial.epochs} epochs, {duration(trial.seconds)}"])


def score_axis(
    values: Sequence[float], title: str, *, share: bool
) -> tuple[dict[str, Any], tuple[float, float]]:
    """Return the axis of results, and its ends as results: logarithmic where they differ much, and
    not far beyond the best ones, since a diverged trial would squeeze all others.
    """
    finite = [value for value in values if isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if low > 0:
        high = min(high, FOCUS * low)
    if 0 < LOG_FROM * low < high:
        axis, tables = log_axis(title, shares=share)
        ends = log10(low), log10(high)
        pad = PAD * (ends[1] - ends[0])
        reach = ends[0] - pad, ends[1] + pad
        axis |= fine_ticks(tables, *reach) | {"range": reach}
        return axis, (10 ** reach[0], 10 ** reach[1])
    pad = PAD * (high - low) or 0.1 * abs(high) or 0.1
    reach = max(0.0, low - pad) if low >= 0 else low - pad, high + pad
    shape = ",.2~%" if share else ""
    return {"title": title, "range": reach, "tickformat": shape}, reach


def fine_ticks(tables: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """Return the ticks of a log axis from 10^low to 10^high, of a short one with every digit."""
    for name in ("thirds", "some"):
        inside = [v for v in tables[name]["tickvals"] if low <= log10(v) <= high]
        if len(inside) >= FEWEST:
            return ticks(tables, low, high) if name == "thirds" else tables[name]
    return tables["digits"]


def within(value: float, ends: tuple[float, float]) -> float:
    """Return the result as drawn: one beyond the upper end of the axis is drawn there."""
    return min(value, ends[1])


def units(seconds: float) -> tuple[float, str]:
    """Return the seconds of one unit of a time axis that ends here, and its name."""
    for size, name in ((3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return size, name
    return 1.0, "seconds"
