"""The executors of the double-descent methods: each curve divided into chunks of work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from core.base.device import resolve
from core.data.samples import Samples
from core.descent import batched, cnn, epochs, features
from core.descent.batched import NetworkTrainer, over_widths_reusing
from core.descent.epochs import log_spaced
from core.descent.point import CurvePoint
from core.descent.problem import MIN_ROWS, Problem, make_problem
from core.descent.stack import count_parameters
from core.descent.training_settings import TrainingSettings
from core.experiment import Experiment
from core.studies.curve_methods import Networks
from core.studies.executor import Executor, PollControl
from core.studies.method import Method
from core.studies.timing import Measuring, seconds_per_unit, shortest_pass, shortest_time

PROBED_STEPS = tuple(range(4, 81, 4))  # steps between which a probe reads the clock
MEASUREMENT = 1.4e6  # hidden units × rows × steps that take as long as measuring one point
FIT = {"squared": 1.5, "cross_entropy": 8.0}  # P over the threshold at which 1000 steps fit all
FIT_EXPONENT = 0.7  # steps to a fit fall with this power of P, measured on three image datasets
ROW_RATIOS = (
    0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0,
)  # fmt: skip


class CurveExecutor(Executor):
    """The base class: a problem made from the experiment's data and its label noise."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.problem = make_problem(
            samples,
            side=method.side,
            wanted=method.samples,
            noise=experiment.label_noise.share,
        )
        self.description = self.problem.describe()

    def row_counts(self, threshold: float, ratios: Sequence[float]) -> tuple[int, ...]:
        """Numbers of training rows around the threshold, as far as the data allows."""
        wanted = {round(ratio * threshold) for ratio in ratios or ROW_RATIOS}
        return tuple(sorted({min(max(n, MIN_ROWS), self.problem.max_rows) for n in wanted}))


class RandomFeatureExecutor(CurveExecutor):
    """A chunk is one number of features, or one number of rows, with all ridges."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.problem = replace(self.problem, shared=method.shared)
        self.in_order = method.along == "width"
        n = self.problem.samples
        if self.in_order:
            self.sizes = features.widths(n, method.ratios or features.RATIOS)
            added = [w - max(n, v) for v, w in zip((0, *self.sizes), self.sizes, strict=False)]
            self.costs = [
                self._cost(n, w, max(0, a)) for w, a in zip(self.sizes, added, strict=True)
            ]
            self.reach = _ends("N", self.sizes) | _ends("N/n", [w / n for w in self.sizes])
        else:
            self.sizes = self.row_counts(n, method.ratios)
            self.costs = [self._cost(rows, n, max(0, n - rows)) for rows in self.sizes]
            self.reach = _ends("n", self.sizes)
        self.counts = [len(method.ridges)] * len(self.sizes)
        self.solvers: list[features.SeedFeatures] = []
        self.next_chunk = 0  # the chunk for which the solvers are ready

    def _cost(self, rows: int, width: int, added: int) -> float:
        """Floating-point operations of one seed; an eigendecomposition takes about 25 m³."""
        tests, smaller = len(self.problem.test_inputs), min(rows, width)
        products = 2 * smaller * (rows + tests) * self.classes * len(self.method.ridges)
        return 25.0 * smaller**3 + 2 * added * rows * (rows + tests) + products

    def points(self, chunk: int, poll_control: PollControl) -> Iterator[CurvePoint]:
        poll_control()
        if self.in_order:
            self._prepare_solvers(chunk)
            yield from features.solve_width(
                self.problem, self.solvers, self.sizes[chunk], self.method.ridges
            )
            self.next_chunk = chunk + 1
        else:
            width, sizes = self.problem.samples, [self.sizes[chunk]]
            yield from features.over_samples(
                self.problem, width, sizes, self.method.ridges, self.seeds
            )

    def _prepare_solvers(self, chunk: int) -> None:
        """Bring the solvers to the state after exactly the chunks before this one."""
        if not self.solvers or self.next_chunk > chunk:
            widest, ridges = max(self.sizes), self.method.ridges
            self.solvers = [
                features.SeedFeatures(self.problem, widest, seed, ridges) for seed in self.seeds
            ]
            self.next_chunk = 0
        for width in self.sizes[self.next_chunk : chunk]:
            for solver in self.solvers:
                solver.add_features(width)

    def probe(self) -> Measuring[float]:
        n = min(self.problem.samples, 240)
        solver = features.SeedFeatures(self.problem.sized(n), n, 0, self.method.ridges)
        solver.solve(n // 8)
        seconds = yield from shortest_time(lambda: solver.solve(n))
        return len(self.seeds) * seconds / self._cost(n, n, 0)


@dataclass(frozen=True)
class NetworkChunk:
    """Networks that train together: their widths, the number of rows, the weight decay."""

    widths: Sequence[int]
    rows: int
    decay: float


class NetworkExecutor(CurveExecutor):
    """A chunk is a group of similar widths, or one number of rows, with one weight decay."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.settings = TrainingSettings(
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
        self.chunks = self._chunks(widths)
        measurements = len(log_spaced(method.steps, method.evaluations))
        self.counts = [len(chunk.widths) * measurements for chunk in self.chunks]
        self.costs = [
            self._step_cost(chunk) * self._expected_steps(chunk) + count * MEASUREMENT
            for chunk, count in zip(self.chunks, self.counts, strict=True)
        ]
        n, sizes = self.problem.samples, [self._parameters(w) for w in widths]
        if method.along == "samples":
            self.reach = _ends("n", [chunk.rows for chunk in self.chunks])
        else:
            self.reach = _ends("P", sizes) | _ends("P/n", [p / n for p in sizes])
            self.reach |= _ends("P/(nK)", [p / n / self.classes for p in sizes])
        self.reach |= {"steps": (1, method.steps)}

    def _chunks(self, widths: Sequence[int]) -> list[NetworkChunk]:
        method, n = self.method, self.problem.samples
        if method.along == "samples":
            outputs = self.classes if method.squared else 1
            threshold = self._parameters(method.width) / outputs
            groups = [([method.width], rows) for rows in self.row_counts(threshold, method.ratios)]
        elif method.reuse:
            groups = [(list(widths), n)]
        else:
            grouped = batched.groups_on(self.settings.device, widths, len(self.seeds))
            groups = [(group, n) for group in grouped]
        return [
            NetworkChunk(widths=group, rows=rows, decay=decay)
            for decay in method.decays
            for group, rows in groups
        ]

    def _parameters(self, width: int) -> int:
        return count_parameters(self.problem.inputs.shape[1], width, self.classes)

    def _expected_steps(self, chunk: NetworkChunk) -> float:
        """The mean number of steps until the networks of the chunk fit all rows."""
        most, outputs = self.method.steps, self.classes if self.method.squared else 1
        threshold = chunk.rows * outputs * FIT[self.method.loss]
        rate = self.method.learning_rate / Networks.model_fields["learning_rate"].default
        slow = (1000 * most) ** 0.5 / rate  # a longer schedule keeps its learning rate up longer
        ratios = (self._parameters(width) / threshold for width in chunk.widths)
        return fmean(min(most, slow * ratio**-FIT_EXPONENT) for ratio in ratios)

    def _step_cost(self, chunk: NetworkChunk) -> float:
        """The cost of one step, in hidden units times rows."""
        widths = chunk.widths
        units = sum(widths) if self.method.reuse else max(widths) * len(widths)
        rows = self.method.batch_size or chunk.rows
        return (len(self.seeds) * units + batched.SLACK) * rows

    def points(self, chunk: int, poll_control: PollControl) -> Iterator[CurvePoint]:
        plan = self.chunks[chunk]
        settings = replace(self.settings, weight_decay=plan.decay)
        problem = self.problem.sized(plan.rows)
        if self.method.reuse and self.method.along == "width":
            yield from over_widths_reusing(problem, plan.widths, settings, self.seeds, poll_control)
        else:
            trainer = NetworkTrainer(problem, settings, self.seeds, poll_control)
            yield from trainer.train(plan.widths)

    def probe(self) -> Measuring[float]:
        plan = self.chunks[len(self.chunks) // 2]
        if self.method.reuse:
            middle = len(plan.widths) // 2
            plan = replace(plan, widths=plan.widths[middle : middle + 1])
        settings = replace(self.settings, stop=0.0)
        trainer = NetworkTrainer(self.problem.sized(plan.rows), settings, self.seeds)
        training = trainer.training({w: trainer.initial_networks(w) for w in plan.widths})
        seconds = yield from seconds_per_unit(training.run(PROBED_STEPS))
        return seconds / self._step_cost(plan)


class ClosedFormExecutor(CurveExecutor):
    """A chunk is one scale of the slow block."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.steps = log_spaced(method.steps, method.evaluations)
        self.counts = [len(self.steps)] * len(method.scales)
        self.costs = [float(seeds)] * len(method.scales)
        self.reach = {"steps": (1, method.steps)}

    def points(self, chunk: int, poll_control: PollControl) -> Iterator[CurvePoint]:
        poll_control()
        scale = self.method.scales[chunk]
        for point in epochs.over_steps(self.problem, self.steps, scale, self.seeds):
            yield point
            poll_control()

    def probe(self) -> Measuring[float]:
        return (
            yield from shortest_pass(
                lambda: epochs.over_steps(self.problem, self.steps, 1.0, (0,)), 2
            )
        )


class CnnExecutor(CurveExecutor):
    """One chunk: all seeds side by side, a point per epoch."""

    def __init__(self, method: Method, experiment: Experiment, samples: Samples, seeds: int):
        super().__init__(method, experiment, samples, seeds)
        self.counts = [method.epochs]
        self.costs = [float(seeds) * method.epochs * self.problem.samples]
        self.device = resolve(experiment.device)
        steps = -(-self.problem.samples // method.batch_size)
        self.reach = {"steps": (steps, steps * method.epochs)}

    def points(self, chunk: int, poll_control: PollControl) -> Iterator[CurvePoint]:
        for point in self._train(self.problem, self.method.epochs, self.seeds):
            yield point
            poll_control()

    def _train(self, problem: Problem, count: int, seeds: Sequence[int]) -> Iterator[CurvePoint]:
        return cnn.over_epochs(
            problem,
            self.method.width,
            count,
            seeds,
            learning_rate=self.method.learning_rate,
            batch_size=self.method.batch_size,
            device=self.device,
        )

    def probe(self) -> Measuring[float]:
        small = self.problem.sized(max(MIN_ROWS, self.problem.samples // 5))
        small = replace(
            small, test_inputs=small.test_inputs[:400], test_labels=small.test_labels[:400]
        )
        seconds = yield from shortest_pass(lambda: self._train(small, 1, (0,)), 2)
        return seconds / small.samples


def _ends(unit: str, values: Sequence[float]) -> dict[str, tuple[float, float]]:
    return {unit: (min(values), max(values))}
