"""Trainings: a point of a study as an ordinary training, event by event."""

from collections.abc import Iterator
from itertools import islice

from core.base.events import Ended, Started, Step, error
from core.data.samples import Samples
from core.descent.point import Point
from core.experiment import Experiment
from core.network.build import trace
from core.studies.method import Method
from core.studies.timing import pace
from core.studies.work import PollControl, Work
from core.training.loop import Training, train

PROBED = 12  # readings of the losses
UNKNOWN = float("nan")


class Trainings(Work):
    """One experiment, one piece, one point. Its control and width are set by who knows the axes."""

    threads, travels = 0, False

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.samples, self.counts = samples, (1,)
        self.says = experiment.data.summary
        self.costs = (_roughly(experiment, samples),)

    def points(self, piece: int, poll_control: PollControl) -> Iterator[Point]:
        training, started = train(self.experiment, self.samples), None
        for event in training:
            if isinstance(event, Started):
                started = event
            if isinstance(event, Ended):
                yield point(training, started, event)
            poll_control()

    def probe(self) -> float:
        """Seconds of the first steps, against what was roughly expected of them."""
        training = train(self.experiment, self.samples)
        steps = (event.step for event in training if isinstance(event, Step))
        return pace(islice(steps, PROBED)) * training.setup.steps / self.costs[0]


def _roughly(experiment: Experiment, samples: Samples) -> float:
    """Seconds: a core takes about a millisecond a step and a second for 8 G operations."""
    split = experiment.split
    share = 1 - split.validation - (0 if samples.has_test else split.test)
    seen = len(samples) * share * split.fraction * experiment.epochs
    facts = trace(experiment.network, samples.shape, samples.outputs)
    operations = 6 * seen * sum(fact.multiply_adds for fact in facts)
    return 1e-3 * seen / min(experiment.batch_size, max(1, seen)) + operations / 8e9


def point(training: Training, started: Started, ended: Ended) -> Point:
    """What a training reached with the weights that it keeps: on the test part, without one on the
    validation part. A training that diverged gives NaN.
    """
    train, test = ended.train or {}, ended.test or ended.validation or {}
    norm = sum(float(part.detach().square().sum()) for part in training.setup.model.parameters())
    errors = [error(scores) if scores else None for scores in (train, test)]
    return Point(
        width=0,
        parameters=started.parameters,
        samples=started.sizes["train"],
        steps=ended.step,
        control=0.0,
        last=True,
        train_loss=(train.get("loss", UNKNOWN),),
        train_error=(UNKNOWN if errors[0] is None else errors[0],),
        test_loss=(test.get("loss", UNKNOWN),),
        test_error=(UNKNOWN if errors[1] is None else errors[1],),
        norm=(norm**0.5,),
        ensemble_loss=UNKNOWN,
        ensemble_error=UNKNOWN,
        variance=UNKNOWN,
    )
