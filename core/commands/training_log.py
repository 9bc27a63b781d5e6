"""TrainingLog: the events of a run as lines, one for each epoch, and as progress within one."""

from core.base.events import Ended, Epoch, Event, Scores, Started, Step
from core.base.numbers import time_left, whole
from core.base.settings import settings
from core.base.text import counted
from core.commands.terminal import Terminal
from core.runs.score import summarize


class TrainingLog:
    """Show the events of one run on a terminal. Why a run failed is printed by `core.__main__`."""

    def __init__(self, run: str, terminal: Terminal):
        self.terminal = terminal
        self.started: Started | None = None
        terminal.print(f"Run {run}")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
            self.terminal.print(
                f"{whole(event.sizes['train'])} samples · {whole(event.parameters)} parameters · "
                f"{event.device}, {counted(event.threads, 'thread')}"
            )
        elif isinstance(event, Step):
            self._show_progress(event)
        elif isinstance(event, Epoch):
            parts = {"train": event.train, "validation": event.validation}
            scores = [f"{part} {format_scores(s)}" for part, s in parts.items() if s]
            number = f"epoch {whole(event.epoch)}/{whole(self.started.epochs)}"
            self.terminal.print(" · ".join([number, *scores, *["best"] * event.best]))
        elif isinstance(event, Ended) and event.reason != "failed":
            self.terminal.print(event.message)
            if event.test:
                self.terminal.print(
                    f"Test set, epoch {event.best_epoch}: {format_scores(event.test)}"
                )

    def _show_progress(self, event: Step) -> None:
        samples_left = (self.started.steps - event.step) * self.started.batch_size
        self.terminal.progress(
            event.step / self.started.steps,
            f"loss {event.losses[-1]:.3f} · {whole(event.samples_per_second)} samples/s · "
            f"{time_left(samples_left / max(event.samples_per_second, 1e-9))}",
        )


def format_scores(scores: Scores) -> str:
    """Return the loss, and the error or accuracy (LAB_SCORE), or for values R².

    >>> format_scores({"loss": 0.0712, "r2": 0.93})
    'loss 0.0712, R² 0.93'
    """
    return f"loss {scores['loss']:.4f}, {summarize(scores, settings().score)}"
