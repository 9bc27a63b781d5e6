"""Training of many networks with one hidden layer at the same time, each until it fits, with pauses
for measurements.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from core.descent.problem import Problem
from core.descent.score import scores
from core.descent.stack import NetworkWeights, Stack, pack, unpack
from core.descent.training_settings import TrainingSettings

CHECK_STEPS = 20  # steps between two checks of the training losses; each costs a third of a step
_WEIGHTS, _ORDER = 5, 6  # separate random streams of one seed: initial weights, order of rows

PollControl = Callable[[], None]


def no_control() -> None:
    """The control of a training that nobody pauses or stops."""


@dataclass(frozen=True)
class TrainingRows:
    """The training rows of S seeds: inputs (S, n, d + 1) that end in ones, labels (S, n), K
    classes.
    """

    inputs: Tensor
    labels: Tensor
    classes: int

    @classmethod
    def draw(
        cls, problem: Problem, seeds: Sequence[int], settings: TrainingSettings
    ) -> "TrainingRows":
        draws = [problem.draw(seed) for seed in seeds]
        inputs = torch.stack([with_ones(torch.from_numpy(d.inputs), settings) for d in draws])
        labels = torch.stack([torch.from_numpy(d.labels) for d in draws])
        return cls(inputs, labels.to(settings.device), problem.classes)

    def select(self, seed_indices: Sequence[int]) -> "TrainingRows":
        """Return the rows of each network by the index of its seed: (G, n, d + 1) and (G, n)."""
        indices = torch.tensor(seed_indices, device=self.labels.device)
        return TrainingRows(self.inputs[indices], self.labels[indices], self.classes)

    def targets(self) -> Tensor:
        """Return the labels one-hot, (G, K, n)."""
        return one_hot(self.labels, self.classes).to(self.inputs.dtype).mT.contiguous()


def with_ones(inputs: Tensor, settings: TrainingSettings) -> Tensor:
    """(n, d) -> (n, d + 1) on the device of the settings: the last input is 1, and its weights are
    the biases.
    """
    inputs = inputs.to(settings.device, getattr(torch, settings.precision))
    return torch.cat([inputs, torch.ones_like(inputs[:, :1])], 1)


def initial_weights(
    inputs: int, width: int, outputs: int, *, seed: int, settings: TrainingSettings
) -> NetworkWeights:
    """Draw W₁ ~ s·N(0, 2/d), W₂ ~ s·N(0, 1/H), biases 0; the same in every group of networks."""
    draw = torch.Generator().manual_seed((seed * 2**20 + width) * 16 + _WEIGHTS)
    first = torch.randn(width, inputs + 1, generator=draw, dtype=torch.float64)
    first *= settings.initial * (2 / inputs) ** 0.5
    first[:, -1] = 0
    second = torch.randn(outputs, width, generator=draw, dtype=torch.float64)
    second *= settings.initial * (1 / width) ** 0.5
    parts = (first, second, torch.zeros(outputs, 1))
    dtype = getattr(torch, settings.precision)
    return NetworkWeights(*(part.to(settings.device, dtype) for part in parts))


class BatchedTraining:
    """Networks in training; `networks()` returns all of them, finished ones as they ended."""

    def __init__(
        self,
        networks: Sequence[NetworkWeights],
        rows: TrainingRows,
        settings: TrainingSettings,
        seeds: Sequence[int],
    ):
        """`rows` and `seeds` have one entry for each network."""
        self.settings, self.rows, self.seeds = settings, rows, seeds
        self.finished: dict[int, NetworkWeights] = {}
        self.active = list(range(len(networks)))
        self.stack = Stack(networks, settings.loss)
        self.optimizer = make_optimizer(self.stack.flat, settings)
        self._select_rows()

    def networks(self) -> list[NetworkWeights]:
        active = dict(zip(self.active, self.stack.networks())) if self.active else {}
        networks = self.finished | active
        return [networks[index] for index in range(len(networks))]

    def run(self, pauses: Sequence[int], poll_control: PollControl = no_control) -> Iterator[int]:
        """Train, and yield each of these step counts when that many steps are done. `poll_control`
        is called every few steps and may raise to end the training.

        When all networks fit earlier, the remaining pauses follow immediately.
        """
        orders = [
            batch_orders(seed, self.rows.labels.shape[1], self.settings) for seed in self.seeds
        ]
        for step in range(max(pauses)):
            if step % CHECK_STEPS == 0:
                poll_control()
                self._release_fitted()
            if self.active:
                self._step(step, orders)
            if step + 1 in pauses:
                yield step + 1

    def _step(self, step: int, orders: Sequence[Iterator[Tensor]]) -> None:
        self.optimizer.param_groups[0]["lr"] = self.settings.learning_rate_at(step)
        inputs, targets = self.inputs, self.targets
        if self.settings.batch_size:
            batch = torch.stack([next(orders[index]) for index in self.active])
            networks = torch.arange(len(self.active))[:, None]
            inputs, targets = inputs[networks, batch], targets[networks, :, batch].mT
        self.stack.backward(inputs, targets)
        self.optimizer.step()

    def _release_fitted(self) -> None:
        """Finish the networks whose loss is below `stop`. The others move to a smaller stack and
        keep their optimizer state.
        """
        if not self.active or not self.settings.stop:
            return
        outputs = self.stack.outputs(self.inputs)
        losses = scores(outputs, self.labels, self.settings.loss)[0].tolist()
        staying = [index for index, loss in enumerate(losses) if not loss < self.settings.stop]
        if len(staying) == len(losses):
            return
        old, state = self.stack, self.optimizer.state.get(self.stack.flat, {})
        networks = old.networks()
        leaving = {index: net for index, net in enumerate(networks) if index not in staying}
        self.finished |= {self.active[index]: copy_weights(net) for index, net in leaving.items()}
        self.active = [self.active[index] for index in staying]
        if staying:
            self.stack = Stack([networks[index] for index in staying], self.settings.loss)
            self.optimizer = make_optimizer(self.stack.flat, self.settings)
            self.optimizer.state[self.stack.flat] = _select_state(state, old, staying)
            self._select_rows()

    def _select_rows(self) -> None:
        rows = self.rows.select(self.active)
        self.inputs, self.labels, self.targets = rows.inputs, rows.labels, rows.targets()


def make_optimizer(flat: Tensor, settings: TrainingSettings) -> torch.optim.Optimizer:
    learning_rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "adamw":
        return torch.optim.AdamW([flat], learning_rate, weight_decay=decay, fused=True)
    return torch.optim.SGD([flat], learning_rate, settings.momentum, weight_decay=decay, fused=True)


def _select_state(
    state: dict[str, Tensor], old: Stack, staying: Sequence[int]
) -> dict[str, Tensor]:
    """Return the optimizer state of the networks that stay; a step count is unchanged."""

    def select(value: Tensor) -> Tensor:
        if value.shape != old.flat.shape:
            return value
        networks = unpack(value, old.sizes, old.widths)
        return pack([networks[index] for index in staying])[0]

    return {name: select(value) for name, value in state.items()}


def copy_weights(network: NetworkWeights) -> NetworkWeights:
    return NetworkWeights(*(part.clone() for part in network))


def batch_orders(seed: int, rows: int, settings: TrainingSettings) -> Iterator[Tensor]:
    """Yield batches of row indices without end: every row once in random order, then again."""
    draw = torch.Generator().manual_seed(seed * 16 + _ORDER)
    size = min(settings.batch_size, rows)
    while size:
        order = torch.randperm(rows, generator=draw)
        yield from order[: rows // size * size].view(-1, size).to(settings.device)
