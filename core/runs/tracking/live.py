"""The tracker that follows a training, if the setting LAB_TRACKING names one."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from core.base.events import Ended, Event
from core.base.settings import settings
from core.experiment import Experiment
from core.runs.tracking.mlflow import MLflowTracker
from core.runs.tracking.tensorboard import TensorBoardTracker
from core.runs.tracking.tracker import Tracker

log = logging.getLogger("descent_lab")
TRACKERS: dict[str, type[Tracker]] = {cls.kind: cls for cls in (TensorBoardTracker, MLflowTracker)}


@contextlib.contextmanager
def tracked(run: str, experiment: Experiment) -> Iterator[Callable[[Event], None]]:
    """Yield what receives every event of the run. Raises Unavailable if the package of the tracker
    is missing. A tracker that fails later is given up with a line in the log: the run continues.
    """
    kind, _, folder = settings().tracking.partition(":")
    if not kind:
        yield lambda event: None
        return
    tracker: Tracker | None = TRACKERS[kind](Path(folder), run, experiment)

    def attempt(act: Callable[[Tracker], None]) -> None:
        nonlocal tracker
        if tracker is None:
            return
        try:
            act(tracker)
        except Exception:  # whatever another tool raises, the training is worth more
            log.exception("run %s: %s records nothing from here on", run, tracker.label)
            tracker = None

    try:
        yield lambda event: attempt(lambda tracker: tracker.add(event))
    except BaseException as error:
        failed = Ended("failed", str(error), 0, 0)
        attempt(lambda tracker: tracker.add(failed))
        raise
    finally:
        attempt(lambda tracker: tracker.close())
