"""The forecast of a run from its epochs, and its band as columns. Knows events, no charts."""

from collections.abc import Sequence
from itertools import takewhile

from core.base.events import Epoch, Started
from core.runs.forecast import Forecast, Refused, epochs_needed, forecast
from core.runs.tables import Columns


def forecast_of_epochs(
    epochs: Sequence[Epoch], planned: int, why_not: str = ""
) -> Forecast | Refused:
    """Return the forecast of the validation loss after the `planned` epochs. `why_not` is the code
    of a reason why these epochs predict nothing.
    """
    made = epochs_needed(planned)
    if why_not:
        return Refused(why_not, made)
    validated = takewhile(lambda epoch: epoch.validation is not None, epochs[:made])
    return forecast([epoch.validation["loss"] for epoch in validated], planned)


def forecast_columns(
    answer: Forecast | Refused | None, epochs: Sequence[Epoch], started: Started | None
) -> Columns:
    """Return the band of the forecast; no rows where there is none. Steps and seconds go on as they
    have gone before.
    """
    if not isinstance(answer, Forecast):
        return {name: [] for name in ("epoch", "step", "seconds", "low", "high")}
    last, steps = epochs[answer.made - 1], started.epoch_steps if started else 1
    low, high = answer.path
    return {
        "epoch": list(answer.at),
        "step": [last.step + (epoch - answer.made) * steps for epoch in answer.at],
        "seconds": [last.seconds / answer.made * epoch for epoch in answer.at],
        "low": list(low),
        "high": list(high),
    }
