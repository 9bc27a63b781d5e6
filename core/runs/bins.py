"""Downsample a long series as it arrives: means over bins of steps. Pure Python, knows no event."""

from collections.abc import Sequence


class Bins:
    """Rows that each cover `width` steps: means of some values, and the last reading of others.
    Empty bins have no row.
    """

    def __init__(self, width: int):
        self.width = width
        self.bins, self.counts = [], []  # of each row: its bin and its number of values
        self.sums, self.last = [], []

    def __len__(self) -> int:
        return len(self.bins)

    def add(self, step: int, sums: Sequence[float], *last: float, count: int = 1) -> None:
        """Add `count` values with the sum `sums` that end at `step`."""
        k = (step - 1) // self.width
        if not self.bins or self.bins[-1] != k:
            self.bins.append(k)
            self.counts.append(0)
            self.sums.append([0.0] * len(sums))
            self.last.append(())
        self.counts[-1] += count
        self.sums[-1] = [a + b for a, b in zip(self.sums[-1], sums, strict=True)]
        self.last[-1] = (step, *last)

    def means(self, column: int, start: int = 0) -> list[float]:
        """Return the mean of each row of one column."""
        return [s[column] / n for s, n in zip(self.sums[start:], self.counts[start:], strict=True)]

    def lasts(self, column: int, start: int = 0) -> list[float]:
        """Return the last reading of each row: column 0 is the step, then those passed to `add`."""
        return [row[column] for row in self.last[start:]]
