"""Read-only measurements of a training: what they see costs a bounded share of its time and changes
nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from core.clock import Stopwatch
from core.events import Probe

SHARE = 0.02  # of the training time
INTERVAL = 0.1  # seconds between two probes, at the least: nobody reads faster


class Budget:
    """Says when a measurement is due, so that all of them together cost at most SHARE of the
    time.
    """

    def __init__(self, watch: Stopwatch):
        self.watch, self.began = watch, watch.seconds
        self.spent, self.next = 0.0, watch.seconds

    def due(self) -> bool:
        """True for the first step, then whenever the time so far has earned it."""
        return self.watch.seconds >= self.next

    @contextmanager
    def charged(self, wait: Callable[[], None]) -> Iterator[None]:
        """Counts the seconds of a measurement. `wait` lets the device catch up, so that it pays for
        itself alone.
        """
        wait()
        cost = -self.watch.seconds
        yield
        wait()
        cost += self.watch.seconds
        self.spent += cost
        self.next = max(self.watch.seconds + INTERVAL, self.began + self.spent / SHARE)


class Norms:
    """Per layer: ‖∇L‖ before clipping, ‖w‖ before the step, ‖Δw‖/‖w‖ of the step (V2). Some ten
    fused kernels, one host copy.
    """

    def __init__(self, model: nn.Module):
        owned = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self.layers = list(dict.fromkeys(name.rpartition(".")[0] for name, _ in owned))
        self.parameters = [p for _, p in owned]
        index = [self.layers.index(name.rpartition(".")[0]) for name, _ in owned]
        self.index = torch.tensor(index, device=self.parameters[0].device) if owned else None

    @torch.no_grad()
    def before_step(self) -> None:
        """After backward, before anything touches gradients or weights."""
        self.gradient = torch._foreach_norm([p.grad for p in self.parameters])
        self.old = [p.clone() for p in self.parameters]

    @torch.no_grad()
    def after_step(self, step: int) -> Probe:
        """After the optimizer's step: the event."""
        weight = torch._foreach_norm(self.old)
        update = torch._foreach_norm(torch._foreach_sub(self.parameters, self.old))
        del self.old
        gradient, weight, update = torch.stack(
            [self._by_layer(n) for n in (self.gradient, weight, update)]
        ).tolist()
        ratio = [u / w if w else float("inf") for u, w in zip(update, weight, strict=True)]
        named = [
            dict(zip(self.layers, values, strict=True)) for values in (gradient, weight, ratio)
        ]
        return Probe(step, *named)

    def _by_layer(self, norms: list[Tensor]) -> Tensor:
        squares = torch.stack(norms).double().square_()
        return (
            torch.zeros(len(self.layers), dtype=squares.dtype, device=squares.device)
            .index_add_(0, self.index, squares)
            .sqrt_()
        )
