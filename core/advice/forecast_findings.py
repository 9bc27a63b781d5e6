"""What the page Watch shows about the forecast of a run, and the score that all forecasts of this
lab have reached: how many final losses were in their bands.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from core.base.finding import Finding
from core.base.numbers import THIN, short, whole
from core.base.text import counted
from core.runs.forecast import LEVEL, MIN_EPOCHS, PART, Forecast, Refused, forecast
from core.runs.history import History
from core.runs.summary import Summary

LAST = 20  # forecasts that count
RISE = 1.05  # above the minimum; less is the scatter of a curve
SECOND = 1.2  # above the minimum and above the end, for a peak between two descents
COMPLETE = "epochs"  # the reason of a run that has trained all of its epochs


@dataclass(frozen=True)
class ForecastScore:
    """How many of the last forecasts were right, and the shapes of the curves of the others by
    `shape_of`.
    """

    inside: int
    total: int
    misses: tuple[str, ...] = ()


def score_forecasts(rows: Iterable[Summary], last: int = LAST) -> ForecastScore:
    """Return the score of the newest runs that trained all of their epochs and had a forecast: no
    forks, and no runs whose settings were changed.
    """
    checked = list(islice(_checked(rows), last))
    misses = tuple(shape_of(curve) for made, curve in checked if not made.holds(curve[-1]))
    return ForecastScore(len(checked) - len(misses), len(checked), misses)


def _checked(rows: Iterable[Summary]) -> Iterator[tuple[Forecast, Sequence[float]]]:
    for row in rows:
        is_one_training = not row.parent and not row.changes
        if is_one_training and row.reason == COMPLETE and row.epochs == len(row.curve):
            made = forecast(row.curve, row.epochs)
            if isinstance(made, Forecast):
                yield made, row.curve


def shape_of(losses: Sequence[float]) -> str:
    """Return the shape of a curve: "second_descent" if it rises from a minimum to a peak and falls
    again, "rise" if it ends above its minimum, else "fall".
    """
    lowest = list(accumulate(losses, min))  # up to each epoch
    rises = [loss / low for loss, low in zip(losses, lowest, strict=True)]
    peak = max(range(len(losses)), key=rises.__getitem__)
    if rises[peak] > SECOND and losses[peak] > SECOND * losses[-1]:
        return "second_descent"
    return "rise" if rises[-1] > RISE else "fall"


REASONS = {
    "second_descent": "The loss rose and fell again, as in an epoch-wise double descent. A power "
    "law cannot rise, so it cannot foresee that.",
    "rise": "The loss rose after its minimum. A power law cannot rise: overfitting breaks it, and "
    "so does the first part of an epoch-wise double descent.",
    "fall": "The loss fell in another way than a power law, for example because the learning rate "
    "changed or a plateau ended.",
}
REFUSALS = {
    "not_falling": "No forecast: the validation loss did not fall over the first {made}. A power "
    "law describes falling losses only.",
    "risen": "No forecast: the validation loss rose again within the first {made}, by overfitting "
    "or in an epoch-wise double descent. A power law describes falling losses only.",
    "not_finite": "No forecast: the validation loss was not a positive number in the first {made}.",
    "forked": "No forecast for a fork: its curve begins with epochs of another run.",
    "changed": "No forecast: the settings of this run were changed while it was trained.",
    "too_early": "The final validation loss is forecast after {made}.",
}


def describe_forecast(history: History) -> Finding | None:
    """Return the forecast of a run, and after its end whether it held; None before the run has
    begun and without a validation set.
    """
    made = history.forecast
    losses = [epoch.validation["loss"] for epoch in history.epochs if epoch.validation]
    if made is None or not losses:
        return None
    if isinstance(made, Refused):
        return _refusal(made)
    text = (
        f"Forecast from the first {counted(made.made, 'epoch')}: final validation loss "
        f"{short(made.low)} to {short(made.high)} ({100 * LEVEL:.0f}{THIN}% band)."
    )
    evidence = {"made": made.made, "low": made.low, "high": made.high}
    if history.ended is None:
        return Finding("forecast", "info", text, evidence)
    if history.ended.reason != COMPLETE:
        text += " The run ended before its last epoch, so the forecast cannot be checked."
        return Finding("forecast_not_checked", "info", text, evidence)
    final = losses[-1]
    evidence["final"] = final
    if made.holds(final):
        text += f" It ended at {short(final)}, inside the band."
        return Finding("forecast_held", "ok", text, evidence)
    side, shape = "below" if final < made.low else "above", shape_of(losses)
    reason = REASONS[shape] if side == "above" or shape == "second_descent" else REASONS["fall"]
    text += f" It ended at {short(final)}, {side} the band. {reason}"
    return Finding("forecast_missed", "info", text, evidence | {"side": side, "shape": shape})


def _refusal(made: Refused) -> Finding:
    if made.code == "too_short":
        text = (
            f"No forecast: it takes {MIN_EPOCHS} epochs within the first third of the run, which "
            f"has {made.made}. Train for {whole(round((MIN_EPOCHS - 1) / PART) + 1)} epochs or "
            "more."
        )
    else:
        text = REFUSALS[made.code].format(made=counted(made.made, "epoch"))
    return Finding(f"forecast_{made.code}", "info", text, {"made": made.made})


def describe_score(score: ForecastScore) -> Finding:
    """Return how reliable the forecasts of this lab have been."""
    evidence = {"inside": score.inside, "total": score.total, "misses": list(score.misses)}
    if not score.total:
        text = "No earlier forecast of this lab can be checked yet."
        return Finding("forecast_score_none", "info", text, evidence)
    if score.total == 1:
        place = "inside" if score.inside else "outside"
        text = f"The only earlier forecast of this lab that can be checked was {place} its band."
    else:
        text = f"{score.inside} of the last {score.total} forecasts of this lab were right."
    if rising := sum(shape != "fall" for shape in score.misses):
        text += (
            f" {counted(rising, 'loss')} rose after the minimum, by overfitting or an epoch-wise "
            "double descent."
        )
    return Finding("forecast_score", "info", text, evidence)
