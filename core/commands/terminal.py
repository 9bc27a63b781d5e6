"""Terminal: the standard output of a command. Messages are plain lines; on a terminal, a progress
bar follows them while something runs. With `--json` nothing is printed but the result.

Output that nobody reads does not end a command: `python -m core train digits | head -3` trains to
its end.
"""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO

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
                with self._surviving():
                    self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
            else:
                write_line(line, sys.stdout)

    def progress(self, fraction: float, text: str = "") -> None:
        """Show how much is done (0 to 1) and a few words; a finished bar is removed."""
        if fraction >= 1:
            self._close()
        elif self.is_live and time.monotonic() - self._updated > REFRESH:
            self._updated = time.monotonic()
            with self._surviving():
                self._bar = self._bar or _start_bar()
                self._bar.update(self._bar.task_ids[0], completed=fraction, text=text, refresh=True)

    def _close(self) -> None:
        if self._bar:
            with self._surviving():
                self._bar.stop()
        self._bar = None

    @contextlib.contextmanager
    def _surviving(self) -> Iterator[None]:
        """Go on without a bar where the terminal is gone."""
        try:
            yield
        except OSError:
            self.is_live, self._bar = False, None


def write_line(line: str, stream: TextIO) -> None:
    """Write a line. Where that fails, because the reader of the pipe has ended or the disk is full,
    this line and all later ones are dropped.
    """
    try:
        print(line, file=stream, flush=True)
    except OSError:
        with contextlib.suppress(OSError):  # a replaced stream without a file descriptor
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())  # so that the flush at exit succeeds, too
            os.close(null)


def never_fail_to_encode(*streams: TextIO) -> None:
    """Replace characters that a stream cannot encode, such as × on a Windows console."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _start_bar() -> Any:
    """Return a started bar of rich. It has no thread, which would take time from a training."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # takes 0.1 s

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[text]}", markup=False))
    bar = Progress(*columns, auto_refresh=False, transient=True)
    bar.add_task("", total=1, text="")
    bar.start()
    return bar
