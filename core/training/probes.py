"""Read-only measurements during a training. They take a bounded fraction of its time and change
nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from core.base.events import Distribution, Probe, Surface
from core.base.memory import in_use
from core.data.augmenter import Mix
from core.data.samples import Samples
from core.training import surface
from core.training.clock import Stopwatch
from core.training.distributions import DistributionProbe
from core.training.setup import Setup
from core.training.signals import Signals, gradient_noise

SHARE = 0.02  # of the training time
INTERVAL = 0.1  # least seconds between two probes; nobody reads faster
LEAST = 20  # probes of any run: of its first steps, and as many spread over all of them
NOISE_EVERY = 5  # probes between two measurements of the gradient noise
SURFACE_SECONDS = 0.3  # between two surfaces, which have about 5 kB each, …
GROWTH = 1.1  # … and each comes at this multiple of the step before: 145 in a million steps


class Budget:
    """Decides when a measurement is due: often enough to draw a curve of a run that takes seconds,
    and beyond that so that all together take at most SHARE of the time.
    """

    def __init__(self, watch: Stopwatch, *, first: int, steps: int):
        """`first` is the step that the training starts or resumes after, `steps` those of the whole
        run.
        """
        self.watch, self.began, self.first, self.steps = watch, watch.seconds, first, steps
        self.spent, self.count, self.next = 0.0, 0, watch.seconds
        self.is_open = True  # whether anything is measured

    def due(self, step: int) -> bool:
        """Return whether the step after `step` steps is measured: each of the first LEAST ones,
        LEAST more at equal distances, and one whenever enough training time has passed.
        """
        planned = LEAST + LEAST * (step - self.first) // self.steps
        return self.is_open and (self.count < planned or self.watch.seconds >= self.next)

    @contextmanager
    def charged(self, synchronize: Callable[[], None]) -> Iterator[None]:
        """Count the seconds of a measurement. `synchronize` waits for the device, so that only the
        measurement is counted.
        """
        synchronize()
        cost = -self.watch.seconds
        yield
        synchronize()
        cost += self.watch.seconds
        self.spent += cost
        self.next = max(self.watch.seconds + INTERVAL, self.began + self.spent / SHARE)


class LayerProbe:
    """Everything in a Probe event about one step: norms, signals, clipping, memory, and at every
    NOISE_EVERY-th one the gradient noise. At some steps a Distribution too.
    """

    def __init__(self, setup: Setup):
        self.setup, self.count = setup, 0
        self.norms = Norms(setup.model)
        self.signals = Signals(setup.model, self.norms.layers)
        self.distributions = DistributionProbe(setup.model, self.norms.layers, setup.steps)
        self.measured_distributions: list[Distribution] = []

    def before_step(self, step: int, x: Tensor, y: Tensor, mix: Mix | None) -> None:
        """Measure after backward, before gradients or weights are changed; `step` steps are
        complete.
        """
        if self.distributions.due(step):
            event = self.distributions.measure(step + 1, self.signals.outputs())
            self.measured_distributions.append(event)
        self.measured = self.signals.measure()
        self.noise = None if self.count % NOISE_EVERY else self._noise(x, y, mix)
        self.count += 1
        self.norms.before_step()

    def after_step(self, step: int) -> list[Probe | Distribution]:
        """Measure after the optimizer's step; return the events."""
        gradient, weight, update = self.norms.after_step()
        distributions, self.measured_distributions = self.measured_distributions, []
        probe = Probe(
            step=step,
            gradient=gradient,
            weight=weight,
            update=update,
            **self.measured,
            clipped=self.setup.clip_fractions(),
            noise=self.noise,
            memory=in_use(self.setup.device),
        )
        return [probe, *distributions]

    def _noise(self, x: Tensor, y: Tensor, mix: Mix | None) -> tuple[float, float] | None:
        model, setup = self.setup.model, self.setup

        def losses(part: Tensor) -> Tensor:
            return setup.loss(model(x[part]), y[part], mix and mix.of(part))

        model.eval()
        trained = [p for p in self.norms.parameters if p.requires_grad]  # not those frozen for now
        measured = gradient_noise(losses, len(x), trained)
        model.train()
        return measured


class Norms:
    """Per layer: ‖∇L‖ before clipping, ‖w‖ before the step, ‖Δw‖/‖w‖ of the step. About ten fused
    kernels and one copy to the host.
    """

    def __init__(self, model: nn.Module):
        owned = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self.layers = list(dict.fromkeys(name.rpartition(".")[0] for name, _ in owned))
        self.parameters = [p for _, p in owned]
        index = [self.layers.index(name.rpartition(".")[0]) for name, _ in owned]
        self.index = torch.tensor(index, device=self.parameters[0].device) if owned else None

    @torch.no_grad()
    def before_step(self) -> None:
        """Measure after backward, before gradients or weights are changed."""
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        self.gradient = torch._foreach_norm(gradients)
        self.old = [p.clone() for p in self.parameters]

    @torch.no_grad()
    def after_step(self) -> list[dict[str, float]]:
        """Measure after the optimizer's step; return gradient, weight and update by layer."""
        weight = torch._foreach_norm(self.old)
        update = torch._foreach_norm(torch._foreach_sub(self.parameters, self.old))
        del self.old
        gradient, weight, update = torch.stack(
            [self._by_layer(n) for n in (self.gradient, weight, update)]
        ).tolist()
        ratio = [  # weights that are 0 and do not move have no update, rather than no ratio
            u / w if w else float("inf") if u else 0.0 for u, w in zip(update, weight, strict=True)
        ]
        return [dict(zip(self.layers, values, strict=True)) for values in (gradient, weight, ratio)]

    def _by_layer(self, norms: list[Tensor]) -> Tensor:
        squares = torch.stack(norms).double().square_()
        return (
            torch.zeros(len(self.layers), dtype=squares.dtype, device=squares.device)
            .index_add_(0, self.index, squares)
            .sqrt_()
        )


class DecisionSurfaceProbe:
    """The network's outputs over the input space, where it has few enough dimensions to be drawn: a
    decision boundary or a curve. Uses evaluation mode and no random numbers.
    """

    def __init__(self, setup: Setup, data: Samples, watch: Stopwatch):
        self.setup, self.watch = setup, watch
        self.drawable = surface.drawable(data.shape, data.classes)
        self.next_step, self.next_time = 1, watch.seconds
        if self.drawable:
            self.area = surface.area(data.inputs)
            grid = torch.from_numpy(surface.grid(self.area)).to(setup.device, torch.float32)
            self.inputs = setup.train.normalized(grid)

    def due(self, step: int) -> bool:
        """Return whether a surface is due: a few times a second at first, less often later."""
        return self.drawable and step >= self.next_step and self.watch.seconds >= self.next_time

    @torch.no_grad()
    def measure(self, step: int) -> list[Surface]:
        """Return the event; none twice for the same step, and none where there is nothing to draw,
        such as after a divergence.
        """
        if not self.drawable or step < self.next_step:
            return []
        model, scale = self.setup.model, self.setup.scale
        training = model.training
        model.eval()
        outputs = model(self.inputs).double()  # (points, C) or (points, 1)
        model.train(training)
        self.next_step = max(step + 1, int(step * GROWTH))
        self.next_time = self.watch.seconds + SURFACE_SECONDS
        if not outputs.isfinite().all():
            return []
        if len(self.area[0]) == 1:
            values = scale.mean + scale.std * outputs[:, 0].cpu().numpy()
            return [surface.of_values(step, self.area, values)]
        return [surface.of_classes(step, self.area, outputs.softmax(1).cpu().numpy())]
