"""RunExecutor: a point of a study as an ordinary run, event by event."""

from collections.abc import Iterator
from itertools import islice

from core.base.events import Ended, Started, Step, error
from core.data.samples import Samples
from core.descent.point import CurvePoint
from core.experiment import Experiment
from core.network.build import state_shapes, trace
from core.studies.executor import Executor, PollControl
from core.studies.method import Method
from core.studies.timing import Measuring, seconds_per_unit
from core.training.checks import check_experiment
from core.training.fine_tuning import check_start
from core.training.loop import Training, train

PROBED_STEPS = 12  # readings of the losses
UNKNOWN = float("nan")


class RunExecutor(Executor):
    """One experiment, one chunk, one point. The axes of the study set its control and width. Raises
    LabError for an experiment that cannot start.
    """

    threads = 0

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        check_experiment(experiment, samples.facts)
        stored = samples.start
        have = None if stored is None else {name: tuple(t.shape) for name, t in stored.items()}
        want = state_shapes(experiment.network, samples.shape, samples.outputs)
        check_start(experiment.start, want, have)
        self.samples, self.counts = samples, (1,)
        self.description = experiment.data.summary
        self.costs = (_estimate_seconds(experiment, samples),)

    def points(self, chunk: int, poll_control: PollControl) -> Iterator[CurvePoint]:
        training, started = self._training(), None
        for event in training:
            if isinstance(event, Started):
                started = event
            if isinstance(event, Ended):
                yield make_point(training, started, event)
            poll_control()

    def probe(self) -> Measuring[float]:
        """Measure the seconds of the first steps relative to the rough estimate."""
        training = self._training()
        steps = (event.step for event in training if isinstance(event, Step))
        seconds = yield from seconds_per_unit(islice(steps, PROBED_STEPS))
        return seconds * training.setup.steps / self.costs[0]

    def _training(self) -> Training:
        """Return a training without probes: nobody looks into it, and they take up to half of the
        time of a short one.
        """
        training = train(self.experiment, self.samples)
        training.budget.is_open = False
        return training


def _estimate_seconds(experiment: Experiment, samples: Samples) -> float:
    """Roughly: a core takes about a millisecond per step and a second per 8 G operations."""
    split = experiment.split
    own = 0 if samples.validation is None else len(samples.validation) / len(samples)
    fraction = 1 - (own or split.validation) - (0 if samples.has_test else split.test)
    seen = len(samples) * fraction * split.fraction * experiment.epochs
    facts = trace(experiment.network, samples.shape, samples.outputs)
    operations = 6 * seen * sum(fact.multiply_adds for fact in facts)
    return 1e-3 * seen / min(experiment.batch_size, max(1, seen)) + operations / 8e9


def make_point(training: Training, started: Started, ended: Ended) -> CurvePoint:
    """Return the result of a run with the weights that it keeps, on the test set or, without one,
    on the validation set. A diverged run gives NaN.
    """
    train, validation = ended.train or {}, ended.validation or {}
    test = ended.test or validation
    norm = sum(float(part.detach().square().sum()) for part in training.setup.model.parameters())
    errors = [
        UNKNOWN if not scores or (wrong := error(scores)) is None else wrong
        for scores in (train, test, validation)
    ]
    return CurvePoint(
        width=0,
        parameters=started.parameters,
        samples=started.sizes["train"],
        steps=ended.step,
        control=0.0,
        last=True,
        train_loss=(train.get("loss", UNKNOWN),),
        train_error=(errors[0],),
        test_loss=(test.get("loss", UNKNOWN),),
        test_error=(errors[1],),
        norm=(norm**0.5,),
        ensemble_loss=UNKNOWN,
        ensemble_error=UNKNOWN,
        variance=UNKNOWN,
        validation_loss=(validation.get("loss", UNKNOWN),),
        validation_error=(errors[2],),
        seconds=(ended.seconds,),
    )
