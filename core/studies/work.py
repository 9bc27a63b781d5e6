"""Work: how one experiment of a study is computed, cut into pieces that can be done in any process
and done again after a kill with the same points.
"""

from collections.abc import Callable, Iterator, Sequence

from core.data.samples import Samples
from core.descent.point import Point
from core.experiment import Experiment
from core.studies.method import Method

PollControl = Callable[[], None]  # called now and then; waits while paused, raises to end the work


class Work:
    """What a method does with one experiment, for so many seeds.

    `costs` has one number for each piece, in units of `probe`; `counts` how many points each gives;
    `says` the problem in words; `reach` the first and the last x of each unit of a picture. With
    `rising` the pieces of one process must come in order.
    """

    rising = False
    travels = True  # small enough to be handed to another process
    threads = 1  # inside one torch operation; 0 leaves them as they are

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        self.method, self.experiment, self.seeds = method, experiment, tuple(range(seeds))
        self.classes = len(samples.classes)
        self.costs: Sequence[float] = ()
        self.counts: Sequence[int] = ()
        self.says = ""
        self.reach: dict[str, tuple[float, float]] = {}

    def points(self, piece: int, poll_control: PollControl) -> Iterator[Point]:
        """The points of one piece, always the same ones."""
        raise NotImplementedError

    def probe(self) -> float:
        """Seconds that a cost of 1 takes here, by a small piece of the same kind."""
        raise NotImplementedError


def work_of(method: Method, experiment: Experiment, samples: Samples, seeds: int) -> Work:
    """Raises BadData where these samples allow no such curve."""
    return method.call().make(method, experiment, samples, seeds)
