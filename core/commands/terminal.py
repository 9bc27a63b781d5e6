"""Terminal: the standard output of a command. Messages are plain lines; on a terminal, a progress
bar follows them while something runs. With `--json` nothing is printed but the result.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

REFRESH = 0.1  # seconds between two updates of the bar


class Terminal:
    """Print messages and progress. Use it in `with`: the bar is removed at the end.

    Piped output contains only the messages, so that scripts can read it line by line.
    """

    def __init__(self, *, quiet: bool = False):
        self.quiet = quiet
        self.is_live = not quiet and sys.stdout.isatty()
        self._bar: Any = None  # rich.progress.Progress while something is in progress
        self._updated = 0.0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def print(self, *lines: str) -> None:
        """Print each message on a line, above the bar."""
        for line in () if self.quiet else lines:
            if self._bar:
                self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
            else:
                print(line, flush=True)

    def progress(self, fraction: float, text: str = "") -> None:
        """Show how much is done (0 to 1) and a few words; a finished bar is removed."""
        if fraction >= 1:
            self._close()
        elif self.is_live and time.monotonic() - self._updated > REFRESH:
            self._updated = time.monotonic()
            self._bar = self._bar or _start_bar()
            self._bar.update(self._bar.task_ids[0], completed=fraction, text=text, refresh=True)

    def _close(self) -> None:
        if self._bar:
            self._bar.stop()
        self._bar = None


def _start_bar() -> Any:
    """Return a started bar of rich. It has no thread, which would take time from a training."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # takes 0.1 s

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[text]}", markup=False))
    bar = Progress(*columns, auto_refresh=False, transient=True)
    bar.add_task("", total=1, text="")
    bar.start()
    return bar


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines with aligned columns, the same on a terminal and piped.

    >>> aligned([("a", "done"), ("long", "failed")])
    ['a     done', 'long  failed']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
