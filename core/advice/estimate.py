"""How long a run will take: as long a step as in the last run of the same kind on this machine.

Reads run folders; trains nothing and knows no torch.
"""

from dataclasses import dataclass
from functools import lru_cache

from core.advice.plan import Plan
from core.base.encoding import decode
from core.base.errors import LabError
from core.experiment import Experiment
from core.runs.store import EVENTS, Store

LOOKED_AT = 50  # newest runs; a page asks with every press
ALIKE = (  # what the time of a step hangs on
    "data", "network", "batch_size", "device", "precision", "split", "augmentations",
    "regularizers", "sampling",
)  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """`seconds` of training, as the run called `name` went."""

    seconds: float
    name: str


def estimate(store: Store, experiment: Experiment, steps: int) -> Estimate | None:
    """None where nothing comparable has been trained here yet."""
    for run in store.ids()[:LOOKED_AT]:
        try:
            size = store.path(run, EVENTS).stat().st_size
            known = _pace(str(store.home), run, size)
        except (LabError, OSError):  # deleted meanwhile, or written by another version
            continue
        if known and _alike(known[0], experiment):
            past, pace = known
            return Estimate(pace * steps, past.name or past.data.summary)
    return None


def guess(experiment: Experiment, planned: Plan) -> float:
    """Seconds where nothing comparable has been trained yet: one core takes about a millisecond a
    step and a second for 8 G floating-point operations.
    """
    operations = 6 * planned.multiply_adds * planned.train * experiment.epochs
    return planned.steps * 1e-3 + operations / 8e9


def roughly(experiment: Experiment, planned: Plan) -> str:
    """That guess in words."""
    return about(guess(experiment, planned))


def about(seconds: float) -> str:
    """A time in words as rough as a guess is.

    >>> about(4.2), about(95), about(9000)
    ('under 30 s', 'under 2 min', 'over 1 h')
    """
    limits = ((30, "under 30 s"), (120, "under 2 min"), (600, "under 10 min"), (3600, "under 1 h"))
    return next((words for most, words in limits if seconds < most), "over 1 h")


def _alike(past: Experiment, planned: Experiment) -> bool:
    same = all(getattr(past, name) == getattr(planned, name) for name in ALIKE)
    return same and past.optimizer.kind == planned.optimizer.kind


@lru_cache(maxsize=256)
def _pace(home: str, run: str, size: int) -> tuple[Experiment, float] | None:
    """The experiment and its seconds a step, kept as long as the events do not grow."""
    store = Store(home)
    last = store.last(run) or {}
    steps, seconds = last.get("step", 0), last.get("seconds", 0.0)
    if last.get("event") != "Ended" or not steps or not seconds:
        return None
    return decode(Experiment, store.experiment(run)), seconds / steps
