"""Tables: the steps and probes of a run as columns with a bounded number of rows, for charts. Knows
no file and no epoch.

Bins hold means, so that a curve of a million steps is downsampled without losing a spike.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

from core.base.events import Probe
from core.runs.bins import Bins

ROWS = {"step": 1000, "probe": 500, "map": 120}
NORMS = ("gradient", "weight", "update")  # by layer
QUANTITIES = {"probe": NORMS, "map": (*NORMS, "spread", "mean", "dead", "saturated")}
BY_ACTIVATION = ("dead", "saturated")

Columns = dict[str, list[Any]]
Tick = tuple[int, int, float, float, float]  # first and last step, seconds, rate, samples/s


def cut(tick: Tick, step: int) -> Tick:
    """Truncate a reading at `step`."""
    first, last, seconds, rate, speed = tick
    return (first, min(last, step), seconds, rate, speed)


def seconds_at(ticks: Sequence[Tick], step: int) -> float:
    """Return the training time at a step, interpolated between two readings."""
    row = bisect_left(ticks, step, key=lambda tick: tick[1])
    if row == len(ticks):
        return ticks[-1][2] if ticks else 0.0
    first, last, seconds, *_ = ticks[row]
    began = ticks[row - 1][2] if row else 0.0
    return began + (step - first + 1) / (last - first + 1) * (seconds - began)


class Tables:
    """Tables for a run of `steps` with these layers and activations; `epoch_at` returns the epoch
    of a step. The last row of each still changes.
    """

    def __init__(
        self,
        steps: int,
        epoch_at: Callable[[int], float],
        layers: Sequence[str] = (),
        activations: Sequence[str] = (),
    ):
        self.epoch_at = epoch_at
        self._bins = {group: Bins(max(1, ceil(steps / rows))) for group, rows in ROWS.items()}
        self._places = {  # (quantity, layer or activation) of each column
            group: [
                (quantity, name)
                for quantity in quantities
                for name in (activations if quantity in BY_ACTIVATION else layers)
            ]
            for group, quantities in QUANTITIES.items()
        }

    def add_tick(self, tick: Tick, before: Tick | None, losses: Sequence[float]) -> None:
        """Distribute the losses of one reading over the bins. `losses` are those of all steps so
        far; the seconds between two readings are interpolated.
        """
        first, last, seconds, rate, _ = tick
        began = before[2] if before else 0.0
        bins, at = self._bins["step"], first
        while at <= last:
            end = min(last, ((at - 1) // bins.width + 1) * bins.width)
            fraction = (end - first + 1) / (last - first + 1)
            values = losses[at - 1 : end]
            bins.add(
                end, [sum(values)], began + fraction * (seconds - began), rate, count=len(values)
            )
            at = end + 1

    def add_probe(self, probe: Probe, seconds: float) -> None:
        """Add the measurements of each layer and activation at one step, after `seconds`."""
        for group, places in self._places.items():
            values = [getattr(probe, what).get(name, float("nan")) for what, name in places]
            self._bins[group].add(probe.step, values, seconds)

    def lengths(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        return {group: len(bins) for group, bins in self._bins.items()}

    def columns(self, start: Mapping[str, int]) -> dict[str, Columns]:
        """Return the columns of each table, from its row in `start` on, else all."""
        tables = {}
        for group, bins in self._bins.items():
            k = start.get(group, 0)
            steps = bins.lasts(0, k)
            tables[group] = {"step": steps, "epoch": [*map(self.epoch_at, steps)]}
            tables[group]["seconds"] = bins.lasts(1, k)
            if group == "step":
                tables[group] |= {
                    "loss": bins.means(0, k),
                    "rate": bins.lasts(2, k),
                }
            else:
                names = map(".".join, self._places[group])
                tables[group] |= {name: bins.means(i, k) for i, name in enumerate(names)}
        return tables
