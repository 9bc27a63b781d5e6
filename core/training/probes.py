"""Read-only measurements of a training: what they see costs a bounded share of its time and changes
nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from core.base.events import Probe, Surface
from core.base.memory import in_use
from core.data.augmenter import Mix
from core.data.samples import Samples
from core.training import surface
from core.training.clock import Stopwatch
from core.training.setup import Setup
from core.training.signals import Signals, noise

SHARE = 0.02  # of the training time
INTERVAL = 0.1  # seconds between two probes, at the least: nobody reads faster
NOISY = 5  # probes from one measurement of the gradient's noise to the next
PICTURE = 0.3  # seconds between two surfaces, which are some 5 kB each, …
GROWTH = 1.1  # … and each comes so many times later than the one before: 145 in a million steps


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


class Inside:
    """All that a Probe says of one step: norms, signals, clipping, memory, and at every NOISY-th
    one the noise of the gradient.
    """

    def __init__(self, setup: Setup):
        self.setup, self.count = setup, 0
        self.norms = Norms(setup.model)
        self.signals = Signals(setup.model, self.norms.layers)

    def before_step(self, x: Tensor, y: Tensor, mix: Mix | None) -> None:
        """After backward, before anything touches gradients or weights."""
        self.seen = self.signals.measure()
        self.noise = None if self.count % NOISY else self._noise(x, y, mix)
        self.count += 1
        self.norms.before_step()

    def after_step(self, step: int) -> Probe:
        """After the optimizer's step: the event."""
        told = {**self.seen, "clipped": self.setup.clipped(), "noise": self.noise}
        return Probe(step, *self.norms.after_step(), **told, memory=in_use(self.setup.device))

    def _noise(self, x: Tensor, y: Tensor, mix: Mix | None) -> tuple[float, float] | None:
        model, setup = self.setup.model, self.setup

        def losses(part: Tensor) -> Tensor:
            return setup.loss(model(x[part]), y[part], mix and mix.of(part))

        model.eval()
        found = noise(losses, len(x), self.norms.parameters)
        model.train()
        return found


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
    def after_step(self) -> list[dict[str, float]]:
        """After the optimizer's step: gradient, weight and update by layer."""
        weight = torch._foreach_norm(self.old)
        update = torch._foreach_norm(torch._foreach_sub(self.parameters, self.old))
        del self.old
        gradient, weight, update = torch.stack(
            [self._by_layer(n) for n in (self.gradient, weight, update)]
        ).tolist()
        ratio = [u / w if w else float("inf") for u, w in zip(update, weight, strict=True)]
        return [dict(zip(self.layers, values, strict=True)) for values in (gradient, weight, ratio)]

    def _by_layer(self, norms: list[Tensor]) -> Tensor:
        squares = torch.stack(norms).double().square_()
        return (
            torch.zeros(len(self.layers), dtype=squares.dtype, device=squares.device)
            .index_add_(0, self.index, squares)
            .sqrt_()
        )


class Answers:
    """What the network answers all over the inputs, where they are few enough to be drawn: a
    boundary between classes, or a curve. In evaluation mode; draws nothing.
    """

    def __init__(self, setup: Setup, data: Samples, watch: Stopwatch):
        self.setup, self.watch = setup, watch
        self.drawable = surface.drawable(data.shape, data.classes)
        self.next_step, self.next_time = 1, watch.seconds
        if self.drawable:
            self.area = surface.area(data.inputs)
            places = torch.from_numpy(surface.places(self.area)).to(setup.device, torch.float32)
            self.inputs = setup.train.normalized(places)

    def due(self, step: int) -> bool:
        """A few times a second at first, ever more seldom in a long run."""
        return self.drawable and step >= self.next_step and self.watch.seconds >= self.next_time

    @torch.no_grad()
    def measure(self, step: int) -> list[Surface]:
        """The event; none twice for a step, nor where there is nothing to draw, as after a
        divergence.
        """
        if not self.drawable or step < self.next_step:
            return []
        model, scale = self.setup.model, self.setup.scale
        training = model.training
        model.eval()
        outputs = model(self.inputs).double()  # (places, C) or (places, 1)
        model.train(training)
        self.next_step = max(step + 1, int(step * GROWTH))
        self.next_time = self.watch.seconds + PICTURE
        if not outputs.isfinite().all():
            return []
        if len(self.area[0]) == 1:
            values = scale.mean + scale.std * outputs[:, 0].cpu().numpy()
            return [surface.of_values(step, self.area, values)]
        return [surface.of_classes(step, self.area, outputs.softmax(1).cpu().numpy())]
