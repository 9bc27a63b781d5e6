"""Side runs: short trainings beside a finished run that measure what a change would bring. They
write nothing and have no pages.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from core.analysis.trained import Outputs, compute_outputs
from core.base.events import Ended
from core.data.samples import Samples
from core.experiment import Experiment
from core.studies.axes import WidthAxis
from core.training.loop import train


@dataclass(frozen=True)
class SideRun:
    """A side run that has ended: the error of every sample of each part (`sample_errors`), with the
    weights that the training keeps, those of the training samples with the last weights (n,), and
    its training time in seconds. `has_diverged`: the errors are those of the weights before that,
    or of a model that is always wrong. `target_std` is the unit of the errors of values.
    """

    errors: dict[str, np.ndarray]
    last_train_errors: np.ndarray
    seconds: float
    has_diverged: bool
    target_std: float = 1.0

    @property
    def lowest_train_errors(self) -> np.ndarray:
        """The errors of the training samples (n,) with the better of both weights."""
        return min(self.errors["train"], self.last_train_errors, key=np.mean)

    def mean(self, part: str) -> float:
        """Return the error rate of a part; of values 1 − R²."""
        return float(self.errors[part].mean())


def side_run(experiment: Experiment, data: Samples) -> Generator[float, None, SideRun]:
    """Train the experiment. Yields the fraction done; returns the result."""
    ended, threads = None, torch.get_num_threads()
    training = train(experiment.unforked, data)
    training.budget.is_open = False  # nobody reads its probes
    try:
        for event in training:
            ended = event if isinstance(event, Ended) else None
            yield min(training.step / max(training.setup.steps, 1), 1.0)
    finally:
        torch.set_num_threads(threads)
    setup = training.setup
    setup.model.eval()
    last = sample_errors(compute_outputs(setup.model, setup.train), setup.train.values)
    if training.best is not None:
        setup.model.load_state_dict(training.best)
    parts = {name: getattr(setup, name) for name in ("train", "validation", "test")}
    errors = {
        name: sample_errors(compute_outputs(setup.model, part), part.values)
        for name, part in parts.items()
        if len(part)
    }
    diverged = ended is not None and ended.reason == "diverged"
    std = setup.scale.std if setup.train.values else 1.0
    return SideRun(errors, last, training.watch.seconds, diverged, std)


def sample_errors(outputs: Outputs, values: bool) -> np.ndarray:
    """Return the error of each sample (N,) float64: 1 where the class is wrong, or the squared
    error of a standardized value. Outputs that are not finite count as wrong.
    """
    if values:
        squares = (outputs.predicted - outputs.targets) ** 2
        return np.nan_to_num(squares.astype(np.float64), nan=1.0, posinf=1e6)
    finite = np.isfinite(outputs.scores).all(1)
    return ((outputs.predicted != outputs.targets) | ~finite).astype(np.float64)


def widened(experiment: Experiment, factor: float) -> Experiment | None:
    """Return the experiment with `factor` times as many units and filters in its hidden layers;
    None if it has no hidden layer.
    """
    try:
        axis = WidthAxis(values=(1,))
        width = axis.read(experiment)
    except ValueError:
        return None
    return axis.apply(experiment, max(1, round(factor * width)))
