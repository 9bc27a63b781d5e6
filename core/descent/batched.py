"""Batched: curves of real networks of one hidden layer. All seeds of a width, and widths of like
size, train as one batched network; a point for every width, on the way and at the end.
"""

from collections.abc import Iterator, Sequence

import torch

from core.descent.batched_training import (
    BatchedTraining,
    PollControl,
    Rows,
    copied,
    first_weights,
    nothing,
    with_ones,
)
from core.descent.epochs import log_spaced
from core.descent.point import Loss, Point
from core.descent.problem import Problem
from core.descent.score import measure
from core.descent.stack import Net, Stack, parameters
from core.descent.training_settings import Recipe

SEEDS = (0, 1, 2)
CAP = 1500  # hidden units in a group on a CPU: more fall out of its cache
SLACK = 100  # hidden units whose arithmetic takes as long as the calls of one more group
REUSED = 0.1  # standard deviation of the weights of units that join trained ones
SQUARED = (0.04, 0.08, 0.12, 0.18, 0.28, 0.44, 0.68, 1.0, 1.28, 1.7, 2.4, 4.0, 8.0)  # P/(nK)
ENTROPY = (0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 5.0, 8.0, 16.0, 40.0)  # P/n


def widths(problem: Problem, loss: Loss, ratios: Sequence[float] = ()) -> tuple[int, ...]:
    """Hidden units whose parameters are these multiples of the threshold, n·K or n."""
    wide, outputs = problem.inputs.shape[1], problem.classes
    threshold = problem.samples * (outputs if loss == "squared" else 1)
    ratios = ratios or (SQUARED if loss == "squared" else ENTROPY)
    units = ((ratio * threshold - outputs) / (wide + 1 + outputs) for ratio in ratios)
    return tuple(sorted({max(1, round(unit)) for unit in units}))


def groups(widths: Sequence[int], seeds: int, *, cap: int = CAP, slack: int = SLACK) -> list:
    """Ascending widths, cut into groups that train together, the whole cost least.

    A group of k widths costs seeds × k × its widest, since the others are padded, and the calls of
    one step, which last as long as `slack` units. No group of two widths has more than `cap` units.

    >>> groups((2, 4, 6, 60, 64, 400), 3)
    [[2, 4, 6], [60, 64], [400]]
    """
    order = sorted(widths)
    best: list[tuple[int, list]] = [(0, [])]
    for end in range(1, len(order) + 1):
        found = []
        for start in range(end):
            units = seeds * (end - start) * order[end - 1]
            if units <= cap or end - start == 1:
                found.append((best[start][0] + units + slack, [*best[start][1], order[start:end]]))
        best.append(min(found, key=lambda pair: pair[0]))
    return best[-1][1]


def over_widths(
    problem: Problem, widths: Sequence[int], recipe: Recipe, seeds: Sequence[int] = SEEDS
) -> Iterator[Point]:
    """Model-wise: for each width and each measured step one point; narrow networks come first.

    With `recipe.evaluations` above 1 the points on the way (`last` False) make the picture of width
    × steps. A network that fits before `recipe.steps` stays as it is from there on.
    """
    field = Field(problem, recipe, seeds)
    for group in groups_on(recipe.device, widths, len(seeds)):
        yield from field.train(group)


def groups_on(device: str, widths: Sequence[int], seeds: int) -> list[list[int]]:
    """`groups` as they suit a CPU, or a GPU."""
    cpu = torch.device(device).type == "cpu"
    return groups(widths, seeds, **({} if cpu else dict(cap=2**20, slack=2**14)))


def over_samples(
    problem: Problem,
    width: int,
    sizes: Sequence[int],
    recipe: Recipe,
    seeds: Sequence[int] = SEEDS,
) -> Iterator[Point]:
    """Sample-wise: for each number of rows, ascending, the points of one width."""
    for size in sorted(sizes):
        yield from Field(problem.sized(size), recipe, seeds).train([width])


def over_widths_reusing(
    problem: Problem,
    widths: Sequence[int],
    recipe: Recipe,
    seeds: Sequence[int] = SEEDS,
    poll_control: PollControl = nothing,
) -> Iterator[Point]:
    """The protocol of Belkin et al. 2019: below P = nK a network starts from the trained weights of
    the one before it, its new units from N(0, 0.1²); from there on every network starts afresh.

    The cliff in its curve stands where the reuse ends: an artefact of the protocol.
    """
    field = Field(problem, recipe, seeds, poll_control)
    threshold = problem.samples * problem.classes
    before: list[Net] = []
    for width in sorted(widths):
        nets = field.first(width)
        if before and parameters(problem.inputs.shape[1], width, problem.classes) < threshold:
            nets = [widened(old, new, recipe) for old, new in zip(before, nets, strict=True)]
        training = field.training({width: nets})
        yield from field.follow(training, [width])
        before = training.nets()


def widened(old: Net, new: Net, recipe: Recipe) -> Net:
    """The old weights, and for further units the new ones', rescaled to N(0, 0.1²)."""
    kept, inputs = old.width, new.first.shape[1] - 1
    first = new.first[kept:] * (REUSED / (recipe.initial * (2 / inputs) ** 0.5))
    second = new.second[:, kept:] * (REUSED / (recipe.initial * (1 / new.width) ** 0.5))
    return copied(Net(torch.cat([old.first, first]), torch.cat([old.second, second], 1), old.bias))


class Field:
    """One problem under one recipe for some seeds: makes networks, trains and measures them.
    `poll_control` is called every few steps, and may raise to end it.
    """

    def __init__(
        self,
        problem: Problem,
        recipe: Recipe,
        seeds: Sequence[int],
        poll_control: PollControl = nothing,
    ):
        self.problem, self.recipe, self.seeds = problem, recipe, seeds
        self.poll_control = poll_control
        self.rows = Rows.of(problem, seeds, recipe)
        self.tests = with_ones(torch.from_numpy(problem.test_inputs), recipe)
        self.test_labels = torch.from_numpy(problem.test_labels).to(recipe.device)

    def first(self, width: int) -> list[Net]:
        """A new network for each seed."""
        sizes = (self.problem.inputs.shape[1], width, self.problem.classes)
        return [first_weights(*sizes, seed, self.recipe) for seed in self.seeds]

    def training(self, nets: dict[int, list[Net]]) -> BatchedTraining:
        """All seeds of these widths, as one."""
        together = [net for same in nets.values() for net in same]
        places = list(range(len(self.seeds))) * len(nets)
        rows = self.rows.of_nets(places)
        return BatchedTraining(together, rows, self.recipe, [self.seeds[place] for place in places])

    def train(self, widths: Sequence[int]) -> Iterator[Point]:
        """New networks of these widths, as one, to the end."""
        nets = {width: self.first(width) for width in widths}
        yield from self.follow(self.training(nets), widths)

    def follow(self, training: BatchedTraining, widths: Sequence[int]) -> Iterator[Point]:
        """Trains to the end; at each pause a point for each width."""
        count = len(self.seeds)
        for step in training.run(
            log_spaced(self.recipe.steps, self.recipe.evaluations), self.poll_control
        ):
            nets = training.nets()
            for place, width in enumerate(widths):
                yield self.point(nets[place * count : (place + 1) * count], width, step)

    def point(self, nets: Sequence[Net], width: int, step: int) -> Point:
        stack = Stack(nets, self.recipe.loss)
        return measure(
            stack.outputs(self.rows.inputs),
            self.rows.labels,
            stack.outputs(self.tests),
            self.test_labels,
            torch.tensor([net.norm() for net in nets]),
            loss=self.recipe.loss,
            steps=step,
            last=step == self.recipe.steps,
            width=width,
            parameters=parameters(self.problem.inputs.shape[1], width, self.problem.classes),
            samples=self.problem.samples,
            control=self.recipe.weight_decay,
        )
