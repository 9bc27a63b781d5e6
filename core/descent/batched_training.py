"""Training: many networks of one hidden layer trained at once, each until it fits; pauses where it
is to be measured. Knows no curve.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.problem import Problem
from core.descent.score import scores
from core.descent.stack import Net, Stack, pack, unpack
from core.descent.training_settings import Recipe

CHECK = 20  # steps between two looks at the training losses: each costs a third of a step
_WEIGHTS, _ORDER = 5, 6  # the purposes of a seed: first weights, order of rows


PollControl = Callable[[], None]


def nothing() -> None:
    """Nobody wants to end it."""


@dataclass(frozen=True)
class Rows:
    """What S seeds train on: inputs (S, n, d + 1) that end in ones, labels (S, n), K classes."""

    inputs: Tensor
    labels: Tensor
    classes: int

    @classmethod
    def of(cls, problem: Problem, seeds: Sequence[int], recipe: Recipe) -> "Rows":
        drawn = [problem.draw(seed) for seed in seeds]
        inputs = torch.stack([with_ones(torch.from_numpy(one.inputs), recipe) for one in drawn])
        labels = torch.stack([torch.from_numpy(one.labels) for one in drawn])
        return cls(inputs, labels.to(recipe.device), problem.classes)

    def of_nets(self, which: Sequence[int]) -> "Rows":
        """The rows of each network, by its seed's place: (G, n, d + 1) and (G, n)."""
        places = torch.tensor(which, device=self.labels.device)
        return Rows(self.inputs[places], self.labels[places], self.classes)

    def marks(self) -> Tensor:
        """(G, K, n), one-hot."""
        return one_hot(self.labels, self.classes).to(self.inputs.dtype).mT.contiguous()


def with_ones(inputs: Tensor, recipe: Recipe) -> Tensor:
    """(n, d) -> (n, d + 1) on the recipe's device: the last input is 1, its weights are biases."""
    inputs = inputs.to(recipe.device, getattr(torch, recipe.precision))
    return torch.cat([inputs, torch.ones_like(inputs[:, :1])], 1)


def first_weights(inputs: int, width: int, outputs: int, seed: int, recipe: Recipe) -> Net:
    """W₁ ~ s·N(0, 2/d), W₂ ~ s·N(0, 1/H), biases 0, the same in whatever group it trains."""
    draw = torch.Generator().manual_seed((seed * 2**20 + width) * 16 + _WEIGHTS)
    first = torch.randn(width, inputs + 1, generator=draw, dtype=torch.float64)
    first *= recipe.initial * (2 / inputs) ** 0.5
    first[:, -1] = 0
    second = torch.randn(outputs, width, generator=draw, dtype=torch.float64)
    second *= recipe.initial * (1 / width) ** 0.5
    parts = (first, second, torch.zeros(outputs, 1))
    return Net(*(part.to(recipe.device, getattr(torch, recipe.precision)) for part in parts))


class BatchedTraining:
    """Networks in training; `nets()` are all of them, the ended ones as they were at their end."""

    def __init__(self, nets: Sequence[Net], rows: Rows, recipe: Recipe, seeds: Sequence[int]):
        """`rows` and `seeds` belong to the networks one by one."""
        self.recipe, self.rows, self.seeds = recipe, rows, seeds
        self.ended: dict[int, Net] = {}
        self.alive = list(range(len(nets)))
        self.stack = Stack(nets, recipe.loss)
        self.optimizer = optimizer(self.stack.flat, recipe)
        self._take_rows()

    def nets(self) -> list[Net]:
        found = self.ended | (dict(zip(self.alive, self.stack.nets())) if self.alive else {})
        return [found[place] for place in range(len(found))]

    def run(self, pauses: Sequence[int], poll_control: PollControl = nothing) -> Iterator[int]:
        """Train, and yield each of these step counts when that many steps are done. `poll_control`
        is called every few steps and may raise to end the training.

        When all networks fit earlier, the remaining pauses follow at once.
        """
        orders = [orders_of(seed, self.rows.labels.shape[1], self.recipe) for seed in self.seeds]
        for step in range(max(pauses)):
            if step % CHECK == 0:
                poll_control()
                self._release()
            if self.alive:
                self._step(step, orders)
            if step + 1 in pauses:
                yield step + 1

    def _step(self, step: int, orders: Sequence[Iterator[Tensor]]) -> None:
        self.optimizer.param_groups[0]["lr"] = self.recipe.rate(step)
        inputs, marks = self.inputs, self.marks
        if self.recipe.batch_size:
            chosen = torch.stack([next(orders[place]) for place in self.alive])
            nets = torch.arange(len(self.alive))[:, None]
            inputs, marks = inputs[nets, chosen], marks[nets, :, chosen].mT
        self.stack.descend(inputs, marks)
        self.optimizer.step()

    def _release(self) -> None:
        """Ends the networks whose loss is below `stop`; those that go on get a stack of their own
        size, and keep what the optimizer knows of them.
        """
        if not self.alive or not self.recipe.stop:
            return
        outputs = self.stack.outputs(self.inputs)
        losses = scores(outputs, self.labels, self.recipe.loss)[0].tolist()
        staying = [place for place, loss in enumerate(losses) if not loss < self.recipe.stop]
        if len(staying) == len(losses):
            return
        old, memory = self.stack, self.optimizer.state.get(self.stack.flat, {})
        nets = old.nets()
        gone = {place: net for place, net in enumerate(nets) if place not in staying}
        self.ended |= {self.alive[place]: copied(net) for place, net in gone.items()}
        self.alive = [self.alive[place] for place in staying]
        if staying:
            self.stack = Stack([nets[place] for place in staying], self.recipe.loss)
            self.optimizer = optimizer(self.stack.flat, self.recipe)
            self.optimizer.state[self.stack.flat] = _kept(memory, old, staying)
            self._take_rows()

    def _take_rows(self) -> None:
        rows = self.rows.of_nets(self.alive)
        self.inputs, self.labels, self.marks = rows.inputs, rows.labels, rows.marks()


def optimizer(flat: Tensor, recipe: Recipe) -> torch.optim.Optimizer:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW([flat], rate, weight_decay=decay, fused=True)
    return torch.optim.SGD([flat], rate, recipe.momentum, weight_decay=decay, fused=True)


def _kept(memory: dict[str, Tensor], old: Stack, staying: Sequence[int]) -> dict[str, Tensor]:
    """The optimizer's memory of the networks that stay; a step count stays as it is."""

    def cut(value: Tensor) -> Tensor:
        if value.shape != old.flat.shape:
            return value
        nets = unpack(value, old.sizes, old.widths)
        return pack([nets[place] for place in staying])[0]

    return {name: cut(value) for name, value in memory.items()}


def copied(net: Net) -> Net:
    return Net(*(part.clone() for part in net))


def orders_of(seed: int, rows: int, recipe: Recipe) -> Iterator[Tensor]:
    """Batches of row numbers without end: every row once in a random order, then anew."""
    draw = torch.Generator().manual_seed(seed * 16 + _ORDER)
    size = min(recipe.batch_size, rows)
    while size:
        order = torch.randperm(rows, generator=draw)
        yield from order[: rows // size * size].view(-1, size).to(recipe.device)
