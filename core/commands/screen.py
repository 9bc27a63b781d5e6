"""How a training looks on a terminal: a bar that is written over; elsewhere one line an epoch."""

import shutil
import sys
import time

from core.base.events import Ended, Epoch, Event, Scores, Started, Step
from core.base.numbers import MISSING, duration, whole


class Screen:
    """Events as a progress bar on a terminal, as one line an epoch elsewhere."""

    def __init__(self, run: str):
        self.live, self.started, self.shown = sys.stdout.isatty(), None, 0.0
        print(f"Run {run}")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
            print(
                f"{whole(event.sizes['train'])} samples · {whole(event.parameters)} parameters · "
                f"{event.device}, {event.threads} thread{'s' * (event.threads != 1)}"
            )
        elif isinstance(event, Step) and self.live and time.monotonic() - self.shown > 0.2:
            self.shown = time.monotonic()
            left = (
                (self.started.steps - event.step)
                * self.started.batch_size
                / max(event.samples_per_second, 1e-9)
            )
            bar(
                event.step / self.started.steps,
                f"loss {event.losses[-1]:.3f} · {whole(event.samples_per_second)}/s · "
                f"{duration(left)} left",
            )
        elif isinstance(event, Epoch):
            parts = {"train": event.train, "validation": event.validation}
            told = [f"{name} {s['loss']:.4f} {right(s)}" for name, s in parts.items() if s]
            self._line(
                f"epoch {whole(event.epoch)}/{whole(self.started.epochs)} · "
                f"{' · '.join(told)}{' · best' * event.best}"
            )
        elif isinstance(event, Ended):
            self._line(event.message)
            if event.test:
                print(
                    f"Epoch {event.best_epoch}: test loss {event.test['loss']:.4f}, "
                    f"{right(event.test)}"
                )

    def _line(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self.live else text, flush=True)


def right(scores: Scores | None) -> str:
    """How much is right: of the answers in percent, of the values' variance as R².

    >>> right({"accuracy": 0.981}), right({"r2": 0.93}), right(None)
    ('98.10 % right', 'R² 0.930', '–')
    """
    if scores and "r2" in scores:
        return f"R² {scores['r2']:.3f}"
    return f"{100 * scores['accuracy']:.2f} % right" if scores else MISSING


def bar(share: float, text: str = "") -> None:
    """One line that is written over."""
    if sys.stdout.isatty():
        width = max(10, shutil.get_terminal_size().columns - len(text) - 12)
        print(
            f"\r\x1b[K{'█' * round(share * width):<{width}} {100 * share:3.0f} % {text}",
            end="\n" if share >= 1 else "",
            flush=True,
        )
