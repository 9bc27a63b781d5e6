"""What a training is given: the samples of an experiment, and the weights that it starts from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.base.errors import NotFound
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment
from core.weights.library import WeightsLibrary


def load_inputs(
    experiment: Experiment, home: Path, progress: Callable[[float, str], None] | None = None
) -> Samples:
    """Return the samples, with the weights to start from if the experiment names some and they are
    stored here. Raises NotFound and Unavailable for missing samples.
    """
    samples = load(experiment.data, home, progress)
    weights = WeightsLibrary(home).load(experiment.start)
    return samples if weights is None else replace(samples, start=weights)


def missing_weights(experiment: Experiment, home: Path) -> str:
    """Return that the weights to start from are not stored here, and what to do; empty if they
    are.
    """
    if not (digest := experiment.start.weights_digest):
        return ""
    try:
        WeightsLibrary(home).about(digest)
    except NotFound as error:
        return str(error)
    return ""
