"""Training a run, and asking a question about it."""

from pathlib import Path

from core.analysis.analysis import Analysis, Result
from core.analysis.trained import TrainedRun
from core.base.encoding import encode
from core.experiment import Experiment
from core.jobs.kinds import KINDS, RUN
from core.runs.store import Store


def train(home: Path, experiment: Experiment) -> TrainedRun:
    """Train in this thread and return the finished run."""
    store = Store(home)
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    return TrainedRun(store, run)


def answer(analysis: Analysis, trained: TrainedRun) -> Result:
    """The result; the fractions done on the way never fall."""
    answering, shares = analysis.answer(trained), [0.0]
    while True:
        try:
            share, note = next(answering)
        except StopIteration as end:
            return end.value
        assert note
        assert shares[-1] - 1e-9 <= share <= 1 + 1e-9
        shares.append(share)
