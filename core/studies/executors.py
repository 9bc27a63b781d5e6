"""Works: the curves of double descent as pieces of work, for each of the methods."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from core.base.device import resolve
from core.data.samples import Samples
from core.descent import batched, cnn, epochs, features
from core.descent.batched import Field, over_widths_reusing
from core.descent.epochs import log_spaced
from core.descent.point import Point
from core.descent.problem import FEWEST, problem
from core.descent.stack import parameters
from core.descent.training_settings import Recipe
from core.experiment import Experiment
from core.studies.method import Method
from core.studies.methods import Networks
from core.studies.timing import pace, quickest
from core.studies.work import PollControl, Work

PROBED = tuple(range(4, 81, 4))  # steps between which a probe looks at the clock
MEASURED = 1.4e6  # hidden units × rows × steps that take as long as one point's test
FIT = {"squared": 1.5, "cross_entropy": 8.0}  # P over the threshold at which 1000 steps fit all
FASTER = 0.7  # steps to a fit fall with that power of P: measured on three picture sets
LARGE = 6.0  # rows of the largest sample, as a multiple of the threshold
SIZES = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0)


class Curves(Work):
    """The base: a problem made of the experiment's data and its label noise."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.problem = problem(
            samples,
            side=method.side,
            wanted=method.samples,
            noise=experiment.label_noise.share,
        )
        self.says = self.problem.sentence()

    def sizes(self, threshold: float, ratios: Sequence[float]) -> tuple[int, ...]:
        """Numbers of rows around the threshold, as far as the data reaches."""
        wanted = {round(ratio * threshold) for ratio in ratios or SIZES}
        return tuple(sorted({min(max(n, FEWEST), self.problem.most) for n in wanted}))


class Features(Curves):
    """A piece is one number of features, or one number of rows, with all ridges."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.problem = replace(self.problem, shared=method.shared)
        self.rising = method.along == "width"
        n = self.problem.samples
        if self.rising:
            self.places = features.widths(n, method.ratios or features.RATIOS)
            grown = [w - max(n, v) for v, w in zip((0, *self.places), self.places, strict=False)]
            self.costs = [
                self._cost(n, w, max(0, g)) for w, g in zip(self.places, grown, strict=True)
            ]
            self.reach = _ends("N", self.places) | _ends("N/n", [w / n for w in self.places])
        else:
            self.places = self.sizes(n, method.ratios)
            self.costs = [self._cost(rows, n, max(0, n - rows)) for rows in self.places]
            self.reach = _ends("n", self.places)
        self.counts = [len(method.ridges)] * len(self.places)
        self.lines: list[features.SeedFeatures] = []
        self.taken = 0  # pieces that the lines have taken in

    def _cost(self, rows: int, width: int, grown: int) -> float:
        """Floating-point operations of one seed; an eigendecomposition takes about 25 m³."""
        tests, least = len(self.problem.test_inputs), min(rows, width)
        products = 2 * least * (rows + tests) * self.classes * len(self.method.ridges)
        return 25.0 * least**3 + 2 * grown * rows * (rows + tests) + products

    def points(self, piece: int, poll_control: PollControl) -> Iterator[Point]:
        poll_control()
        if self.rising:
            self._take_in(piece)
            yield from features.points(
                self.problem, self.lines, self.places[piece], self.method.ridges
            )
            self.taken = piece + 1
        else:
            width, sizes = self.problem.samples, [self.places[piece]]
            yield from features.over_samples(
                self.problem, width, sizes, self.method.ridges, self.seeds
            )

    def _take_in(self, piece: int) -> None:
        """Lines that have seen exactly the pieces before this one."""
        if not self.lines or self.taken > piece:
            most, ridges = max(self.places), self.method.ridges
            self.lines = [
                features.SeedFeatures(self.problem, most, seed, ridges) for seed in self.seeds
            ]
            self.taken = 0
        for width in self.places[self.taken : piece]:
            for line in self.lines:
                line.skip(width)

    def probe(self) -> float:
        n = min(self.problem.samples, 240)
        line = features.SeedFeatures(self.problem.sized(n), n, 0, self.method.ridges)
        line.solve(n // 8)
        seconds = quickest(lambda: line.solve(n))
        return len(self.seeds) * seconds / self._cost(n, n, 0)


class Nets(Curves):
    """A piece is a group of widths of like size, or one number of rows, under one decay."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.recipe = Recipe(
            loss=method.loss,
            optimizer=method.optimizer,
            learning_rate=method.learning_rate,
            steps=method.steps,
            initial=method.initial,
            batch_size=method.batch_size,
            evaluations=method.evaluations,
            device=resolve(experiment.device),
        )
        widths = batched.widths(self.problem, method.loss, method.ratios)
        places: list[tuple[list[int], int]] = []  # widths and rows
        if method.along == "samples":
            outputs = self.classes if method.squared else 1
            threshold = self._parameters(method.width) / outputs
            places = [([method.width], rows) for rows in self.sizes(threshold, method.ratios)]
        elif method.reuse:
            places = [(list(widths), self.problem.samples)]
        else:
            grouped = batched.groups_on(self.recipe.device, widths, seeds)
            places = [(group, self.problem.samples) for group in grouped]
        self.places = [(*place, decay) for decay in method.decays for place in places]
        pauses = len(log_spaced(method.steps, method.evaluations))
        self.counts = [len(group) * pauses for group, _, _ in self.places]
        self.costs = [
            self._step(group, rows) * self._steps(group, rows) + count * MEASURED
            for (group, rows, _), count in zip(self.places, self.counts, strict=True)
        ]
        n, sizes = self.problem.samples, [self._parameters(w) for w in widths]
        if method.along == "samples":
            self.reach = _ends("n", [rows for _, rows, _ in self.places])
        else:
            self.reach = _ends("P", sizes) | _ends("P/n", [p / n for p in sizes])
            self.reach |= _ends("P/(nK)", [p / n / self.classes for p in sizes])
        self.reach |= {"steps": (1, method.steps)}

    def _parameters(self, width: int) -> int:
        return parameters(self.problem.inputs.shape[1], width, self.classes)

    def _steps(self, group: Sequence[int], rows: int) -> float:
        """How many steps a network of the group takes until it fits all, on average."""
        most, outputs = self.method.steps, self.classes if self.method.squared else 1
        rate = self.method.learning_rate / Networks.model_fields["learning_rate"].default
        ratios = (self._parameters(w) / (rows * outputs) / FIT[self.method.loss] for w in group)
        slow = (1000 * most) ** 0.5 / rate  # a longer schedule keeps its rate up for longer
        return fmean(min(most, slow * ratio**-FASTER) for ratio in ratios)

    def _step(self, group: Sequence[int], rows: int) -> float:
        """The cost of one step, in hidden units times rows."""
        units = max(group) * len(group) if not self.method.reuse else sum(group)
        return (len(self.seeds) * units + batched.SLACK) * (self.method.batch_size or rows)

    def points(self, piece: int, poll_control: PollControl) -> Iterator[Point]:
        group, rows, decay = self.places[piece]
        recipe = replace(self.recipe, weight_decay=decay)
        made = self.problem.sized(rows)
        if self.method.reuse and self.method.along == "width":
            yield from over_widths_reusing(made, group, recipe, self.seeds, poll_control)
        else:
            yield from Field(made, recipe, self.seeds, poll_control).train(group)

    def probe(self) -> float:
        group, rows, _ = self.places[len(self.places) // 2]
        group = group[len(group) // 2 :][:1] if self.method.reuse else group
        field = Field(self.problem.sized(rows), replace(self.recipe, stop=0.0), self.seeds)
        training = field.training({width: field.first(width) for width in group})
        return pace(training.run(PROBED)) / self._step(group, rows)


class Descents(Curves):
    """A piece is one scale of the slow block."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.steps = log_spaced(method.steps, method.evaluations)
        self.counts = [len(self.steps)] * len(method.scales)
        self.costs = [float(seeds)] * len(method.scales)
        self.reach = {"steps": (1, method.steps)}

    def points(self, piece: int, poll_control: PollControl) -> Iterator[Point]:
        poll_control()
        scale = self.method.scales[piece]
        for point in epochs.over_steps(self.problem, self.steps, scale, self.seeds):
            yield point
            poll_control()

    def probe(self) -> float:
        return quickest(lambda: list(epochs.over_steps(self.problem, self.steps, 1.0, (0,))), 2)


class Convolutions(Curves):
    """One piece: all seeds side by side, a point an epoch."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.counts = [method.epochs]
        self.costs = [float(seeds) * method.epochs * self.problem.samples]
        self.device = resolve(experiment.device)
        steps = -(-self.problem.samples // method.batch_size)
        self.reach = {"steps": (steps, steps * method.epochs)}

    def points(self, piece: int, poll_control: PollControl) -> Iterator[Point]:
        for point in self._epochs(self.problem, self.method.epochs, self.seeds):
            yield point
            poll_control()

    def _epochs(self, made, count: int, seeds: Sequence[int]) -> Iterator[Point]:
        how = dict(learning_rate=self.method.learning_rate, batch_size=self.method.batch_size)
        return cnn.over_epochs(made, self.method.width, count, seeds, device=self.device, **how)

    def probe(self) -> float:
        small = self.problem.sized(max(FEWEST, self.problem.samples // 5))
        few = replace(
            small, test_inputs=small.test_inputs[:400], test_labels=small.test_labels[:400]
        )
        seconds = quickest(lambda: list(self._epochs(few, 1, (0,))), 2)
        return seconds / small.samples


def _ends(unit: str, values: Sequence[float]) -> dict[str, tuple[float, float]]:
    return {unit: (min(values), max(values))}
