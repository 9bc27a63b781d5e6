"""An executor computes one experiment of a study, divided into chunks that can run in any process
and be repeated after a kill with the same points.
"""

from collections.abc import Callable, Iterator, Sequence

from core.data.samples import Samples
from core.descent.point import CurvePoint
from core.experiment import Experiment
from core.studies.method import Method
from core.studies.timing import Measuring

PollControl = Callable[[], None]  # called regularly; blocks while paused, raises to end the chunk


class Executor:
    """What a method does with one experiment, for a number of seeds.

    `costs` has one number per chunk, in units of `probe`; `counts` the number of points of each
    chunk; `description` the problem in words; `reach` the first and the last x of each unit of a
    chart.
    """

    in_order = False  # whether the chunks of one process must be computed in order
    threads = 1  # inside one torch operation; 0 leaves them unchanged

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        self.method, self.experiment, self.seeds = method, experiment, tuple(range(seeds))
        self.classes = len(samples.classes)
        self.costs: Sequence[float] = ()
        self.counts: Sequence[int] = ()
        self.description = ""
        self.reach: dict[str, tuple[float, float]] = {}

    def points(self, chunk: int, poll_control: PollControl) -> Iterator[CurvePoint]:
        """Compute the points of one chunk, always the same ones."""
        raise NotImplementedError

    def probe(self) -> Measuring[float]:
        """Measure the seconds that a cost of 1 takes here, with a small task of the same kind."""
        raise NotImplementedError


def make_executor(method: Method, experiment: Experiment, samples: Samples, seeds: int) -> Executor:
    """Make the executor of a method. Raises BadData where these samples allow no such curve."""
    return method.call().make(method, experiment, samples, seeds)
