"""Curves of real networks with one hidden layer. All seeds of a width, and similar widths, train as
one batched network; every width gives a point at each measurement and at the end.
"""

from collections.abc import Iterator, Sequence

import torch

from core.descent.batched_training import (
    BatchedTraining,
    PollControl,
    TrainingRows,
    copy_weights,
    initial_weights,
    no_control,
    with_ones,
)
from core.descent.epochs import log_spaced
from core.descent.point import CurvePoint, LossName
from core.descent.problem import Problem
from core.descent.score import measure
from core.descent.stack import NetworkWeights, Stack, count_parameters
from core.descent.training_settings import TrainingSettings

SEEDS = (0, 1, 2)
MAX_UNITS = 1500  # hidden units in a group on a CPU: more no longer fit its cache
SLACK = 100  # hidden units whose arithmetic takes as long as the calls of one more group
REUSED_STD = 0.1  # standard deviation of the weights of units added to trained ones
SQUARED = (0.04, 0.08, 0.12, 0.18, 0.28, 0.44, 0.68, 1.0, 1.28, 1.7, 2.4, 4.0, 8.0)  # P/(nK)
ENTROPY = (0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 5.0, 8.0, 16.0, 40.0)  # P/n


def widths(problem: Problem, loss: LossName, ratios: Sequence[float] = ()) -> tuple[int, ...]:
    """Return the hidden units whose parameters are these multiples of the threshold, n·K or n."""
    columns, outputs = problem.inputs.shape[1], problem.classes
    threshold = problem.samples * (outputs if loss == "squared" else 1)
    ratios = ratios or (SQUARED if loss == "squared" else ENTROPY)
    units = ((ratio * threshold - outputs) / (columns + 1 + outputs) for ratio in ratios)
    return tuple(sorted({max(1, round(unit)) for unit in units}))


def groups(
    widths: Sequence[int], seeds: int, *, max_units: int = MAX_UNITS, slack: int = SLACK
) -> list[list[int]]:
    """Divide ascending widths into groups that train together, at the lowest total cost.

    A group of k widths costs seeds × k × its widest, since the others are padded, plus the calls of
    one step, which take as long as `slack` units. No group of two or more widths has more than
    `max_units` units.

    >>> groups((2, 4, 6, 60, 64, 400), 3)
    [[2, 4, 6], [60, 64], [400]]
    """
    order = sorted(widths)
    best: list[tuple[int, list]] = [(0, [])]
    for end in range(1, len(order) + 1):
        options = []
        for start in range(end):
            units = seeds * (end - start) * order[end - 1]
            if units <= max_units or end - start == 1:
                cost = best[start][0] + units + slack
                options.append((cost, [*best[start][1], order[start:end]]))
        best.append(min(options, key=lambda option: option[0]))
    return best[-1][1]


def groups_on(device: str, widths: Sequence[int], seeds: int) -> list[list[int]]:
    """Return `groups` with the limits of a CPU or a GPU."""
    if torch.device(device).type == "cpu":
        return groups(widths, seeds)
    return groups(widths, seeds, max_units=2**20, slack=2**14)


def over_widths(
    problem: Problem,
    widths: Sequence[int],
    settings: TrainingSettings,
    seeds: Sequence[int] = SEEDS,
) -> Iterator[CurvePoint]:
    """Model-wise: one point for each width and each measured step; narrow networks come first.

    With `settings.evaluations` above 1, the points during training (`last` False) make the map of
    width × steps. A network that fits before `settings.steps` stays unchanged from there on.
    """
    trainer = NetworkTrainer(problem, settings, seeds)
    for group in groups_on(settings.device, widths, len(seeds)):
        yield from trainer.train(group)


def over_samples(
    problem: Problem,
    width: int,
    sizes: Sequence[int],
    settings: TrainingSettings,
    seeds: Sequence[int] = SEEDS,
) -> Iterator[CurvePoint]:
    """Sample-wise: for each number of rows, ascending, the points of one width."""
    for size in sorted(sizes):
        yield from NetworkTrainer(problem.sized(size), settings, seeds).train([width])


def over_widths_reusing(
    problem: Problem,
    widths: Sequence[int],
    settings: TrainingSettings,
    seeds: Sequence[int] = SEEDS,
    poll_control: PollControl = no_control,
) -> Iterator[CurvePoint]:
    """The protocol of Belkin et al. 2019: below P = nK, a network starts from the trained weights
    of the next smaller one, its new units from N(0, 0.1²); from there on, every network starts with
    fresh weights.

    The drop of its curve where the reuse ends is an artefact of the protocol.
    """
    trainer = NetworkTrainer(problem, settings, seeds, poll_control)
    threshold = problem.samples * problem.classes
    smaller: list[NetworkWeights] = []
    for width in sorted(widths):
        networks = trainer.initial_networks(width)
        parameters = count_parameters(problem.inputs.shape[1], width, problem.classes)
        if smaller and parameters < threshold:
            networks = [
                widen(old, new, settings) for old, new in zip(smaller, networks, strict=True)
            ]
        training = trainer.training({width: networks})
        yield from trainer.follow(training, [width])
        smaller = training.networks()


def widen(old: NetworkWeights, new: NetworkWeights, settings: TrainingSettings) -> NetworkWeights:
    """Return the old weights, with those of `new` for further units, rescaled to N(0, 0.1²)."""
    units, inputs = old.width, new.first.shape[1] - 1
    first = new.first[units:] * (REUSED_STD / (settings.initial * (2 / inputs) ** 0.5))
    second = new.second[:, units:] * (REUSED_STD / (settings.initial * (1 / new.width) ** 0.5))
    return copy_weights(
        NetworkWeights(
            first=torch.cat([old.first, first]),
            second=torch.cat([old.second, second], 1),
            bias=old.bias,
        )
    )


class NetworkTrainer:
    """Initializes, trains and measures networks on one problem with one setting for several seeds.
    `poll_control` is called every few steps and may raise to end the training.
    """

    def __init__(
        self,
        problem: Problem,
        settings: TrainingSettings,
        seeds: Sequence[int],
        poll_control: PollControl = no_control,
    ):
        self.problem, self.settings, self.seeds = problem, settings, seeds
        self.poll_control = poll_control
        self.rows = TrainingRows.draw(problem, seeds, settings)
        self.test_inputs = with_ones(torch.from_numpy(problem.test_inputs), settings)
        self.test_labels = torch.from_numpy(problem.test_labels).to(settings.device)

    def initial_networks(self, width: int) -> list[NetworkWeights]:
        """Return a network with initial weights for each seed."""
        inputs, outputs = self.problem.inputs.shape[1], self.problem.classes
        return [
            initial_weights(inputs, width, outputs, seed=seed, settings=self.settings)
            for seed in self.seeds
        ]

    def training(self, networks: dict[int, list[NetworkWeights]]) -> BatchedTraining:
        """Return the joint training of all seeds of these widths."""
        flat = [network for same_width in networks.values() for network in same_width]
        indices = list(range(len(self.seeds))) * len(networks)
        rows = self.rows.select(indices)
        seeds = [self.seeds[index] for index in indices]
        return BatchedTraining(flat, rows, self.settings, seeds)

    def train(self, widths: Sequence[int]) -> Iterator[CurvePoint]:
        """Train new networks of these widths together, to the end."""
        networks = {width: self.initial_networks(width) for width in widths}
        yield from self.follow(self.training(networks), widths)

    def follow(self, training: BatchedTraining, widths: Sequence[int]) -> Iterator[CurvePoint]:
        """Train to the end, and yield a point for each width at each pause."""
        count = len(self.seeds)
        pauses = log_spaced(self.settings.steps, self.settings.evaluations)
        for step in training.run(pauses, self.poll_control):
            networks = training.networks()
            for index, width in enumerate(widths):
                same_width = networks[index * count : (index + 1) * count]
                yield self.measure(same_width, width, step)

    def measure(self, networks: Sequence[NetworkWeights], width: int, step: int) -> CurvePoint:
        """Return the point of the networks of one width after `step` steps."""
        stack = Stack(networks, self.settings.loss)
        return measure(
            stack.outputs(self.rows.inputs),
            self.rows.labels,
            stack.outputs(self.test_inputs),
            self.test_labels,
            torch.tensor([network.norm() for network in networks]),
            loss=self.settings.loss,
            steps=step,
            last=step == self.settings.steps,
            width=width,
            parameters=count_parameters(self.problem.inputs.shape[1], width, self.problem.classes),
            samples=self.problem.samples,
            control=self.settings.weight_decay,
        )
