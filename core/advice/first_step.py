"""The first training step, measured before any training: its loss, the initial weights, and the
size of signal and gradient in each layer.

Builds the network as the training will (same seeds, same weights) and passes some of the training
samples through it. Trains nothing.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import isfinite, log

import torch
from torch import nn

from core.base.errors import Unavailable
from core.base.finding import Finding
from core.base.numbers import short, whole
from core.data.batches import Part
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.build import build, check, weight_places
from core.network.initializers import Initializer, Moments
from core.network.weight_places import WeightPlace
from core.training.criteria_fit import fit_criterion
from core.training.fine_tuning import FineTuning
from core.training.scale import Scale
from core.training.setup import FITTED, fit_output_bias

SAMPLES = FITTED  # enough for two digits of the loss; data-dependent initializers use the same
FEWEST = 16  # samples for a large network, …
WORK = 5e8  # … whose multiply-adds forward stay below this: a tenth of a second on one core
LARGEST = 50_000_000  # parameters of a network that a page builds only to measure it
BINS = 41
VANISHING, EXPLODING = 0.1, 10.0  # limits of the last layer's signal over that of the first
LOW, HIGH = 0.5, 2.0  # usual standard deviation of a layer's outputs; initializers aim at 1
TINY = 1e-30  # instead of 0 in a logarithm
FADED = 1e-3  # limit of the first layer's gradient over that of the last: below it vanishes


@dataclass(frozen=True)
class WeightHistogram:
    """The weights of one layer: how many are in each of BINS equal parts of −reach … reach, their
    mean and standard deviation, and the moments that the initializer promises (None: they depend on
    the data).
    """

    counts: tuple[int, ...]
    reach: float
    mean: float
    std: float
    expected: Moments | None


@dataclass(frozen=True)
class LayerStart:
    """One layer before training. `name` is its path in the module. Its outputs are those before the
    activation, which is a separate layer: `std` is their standard deviation over samples and
    units, which LSUV scales to 1 and He and Xavier initialization keep; `signal` is the part of it
    by which samples differ, the root mean square over units of the standard deviation over samples.
    `gradient` is ‖∇L‖ over its weights; `weights` is None for normalizations.
    """

    name: str
    std: float
    signal: float
    gradient: float
    weights: WeightHistogram | None = None
    is_new: bool = True  # drawn by the initializer, not trained before


@dataclass(frozen=True)
class FirstStep:
    """Loss before training, loss at chance level (None: not known), the layers with weights,
    including those inside blocks, in the order of the calculation, the root mean square of the
    inputs after normalization, and whether the initializer sets the outputs to 0 on purpose.
    """

    loss: float
    chance: float | None
    layers: tuple[LayerStart, ...]
    input_rms: float = 1.0
    starts_silent: bool = False

    @property
    def signal_ratio(self) -> float | None:
        """Signal of the last layer over that of the first; None with fewer than two layers."""
        return _ratio([layer.signal for layer in self.layers])

    @property
    def scale_finding(self) -> Finding | None:
        """A hidden layer with outputs of an unusual scale, the most unusual one: its activation is
        used at its kink or far from it. Layers that were trained before have found their scale.
        """
        if self.starts_silent:
            return None
        new = [layer for layer in self.layers[:-1] if layer.is_new]
        unusual = [layer for layer in new if not LOW <= layer.std <= HIGH]
        if not unusual:
            return None
        layer = max(unusual, key=lambda layer: abs(log(layer.std or TINY)))
        side = f"below {LOW:g}" if layer.std < LOW else f"above {HIGH:g}"
        name = layer.name.rpartition(".")[2]
        text = (
            f"**The outputs of {name} have a standard deviation of {short(layer.std)}, {side}:** "
            "the first epochs correct this scale before the loss falls as fast as it can. LSUV "
            "initialization sets it to 1."
        )
        return Finding("output_scale", "info", text, {"layer": layer.name, "std": layer.std})

    @property
    def finding(self) -> Finding | None:
        """The first thing that keeps the network from training: a signal that vanishes or explodes
        on its way forward, or a gradient that vanishes on its way back. Outputs that are 0 on
        purpose have neither before the first step.
        """
        if self.starts_silent:
            return None
        silent = next((layer.name for layer in self.layers if layer.signal == 0), "")
        ratio = self.signal_ratio
        if silent:
            name = silent.rpartition(".")[2]
            text = (
                f"**{name} gives the same output for every sample:** the network cannot tell them "
                "apart. Change the initialization."
            )
            return Finding("constant_output", "warn", text, {"layer": silent})
        if not isfinite(self.loss) or (ratio or 1) > EXPLODING:
            grown = f"× {short(ratio)}" if isfinite(self.loss) else "the loss is not finite"
            text = (
                f"**The signal explodes from the first to the last layer ({grown}).** Change the "
                "initialization or add normalization."
            )
            return Finding("signal_explodes", "warn", text, {"ratio": ratio})
        if (ratio or 1) < VANISHING:
            text = (
                f"**The signal vanishes from the first to the last layer (× {short(ratio)}):** the "
                "outputs hardly depend on the sample. Change the initialization or add "
                "normalization."
            )
            return Finding("signal_vanishes", "warn", text, {"ratio": ratio})
        gradients = [layer.gradient for layer in self.layers]
        if gradients and not any(gradients):
            text = (
                "**No layer receives a gradient:** the weights will never change. Use another "
                "activation."
            )
            return Finding("no_gradient", "warn", text)
        back = _ratio(gradients[::-1])
        if back is not None and back < FADED:
            text = (
                f"**The gradient vanishes from the last to the first layer (× {short(back)}):** "
                "the first layers hardly learn. Change the initialization or add normalization."
            )
            return Finding("gradient_vanishes", "warn", text, {"ratio": back})
        return None


def _ratio(values: list[float]) -> float | None:
    """Return the last value over the first."""
    return values[-1] / values[0] if len(values) > 1 and values[0] else None


def first_step(experiment: Experiment, data: Samples) -> FirstStep:
    """Measure the first step; about 20 ms for LeNet on one core. Raises BadNetwork and BadData as
    the training would, and Unavailable for a network of more than LARGEST parameters.
    """
    facts = check(experiment.network, data.shape, data.outputs)
    if (count := sum(fact.parameters for fact in facts)) > LARGEST:
        raise Unavailable(
            f"The network has {whole(count)} parameters; the first step is measured for up to "
            f"{whole(LARGEST)}. You can still train it.",
            code="too_large_to_measure",
        )
    work = sum(fact.multiply_adds for fact in facts)
    samples = max(FEWEST, min(SAMPLES, int(WORK / max(work, 1))))
    part, targets = _part(experiment, data, samples)
    x, y = part.batch(torch.arange(len(part)))
    model = _model(experiment, data)
    if fit := experiment.initializer.fit():
        fit.make(model, x)
    fit_output_bias(experiment, model, targets)
    with _recorded_outputs(model) as recorded:
        outputs = model(x)
    criterion = experiment.loss.call().make()
    fit_criterion(experiment, criterion, part, len(data.classes))
    loss = criterion(outputs, y)
    loss.backward()
    places = weight_places(experiment.network, data.shape, data.outputs)
    layers = [
        LayerStart(
            name,
            std,
            signal,
            _gradient_norm(module),
            _histogram(module, experiment.initializer, places.get(name)),
            is_new=experiment.start.is_new(name),
        )
        for (name, module), (std, signal) in recorded.items()
    ]
    chance = experiment.loss.guess(len(data.classes))
    rms, silent = x.square().mean().sqrt().item(), experiment.initializer.starts_silent
    return FirstStep(loss.item(), chance, tuple(layers), rms, starts_silent=silent)


def _part(experiment: Experiment, data: Samples, count: int) -> tuple[Part, torch.Tensor]:
    """Return about `count` training samples as the network receives them, spread over the whole
    training set, and the targets of the whole training set.
    """
    data, parts = experiment.split.apply(data)
    train = parts.train
    rows = train[:: max(1, len(train) // count)][:count]
    scale = Scale.fit(experiment, data, train)
    targets, _ = experiment.label_noise.apply_to(data, parts)
    part = scale.part(data.inputs, targets, rows, device="cpu")
    return part, torch.from_numpy(scale.targets(targets[train]))


def _model(experiment: Experiment, data: Samples) -> nn.Module:
    model = build(
        experiment.network,
        data.shape,
        data.outputs,
        initializer=experiment.initializer,
        generator=torch.Generator().manual_seed(experiment.seeds.initialization),
        dropout=torch.Generator().manual_seed(experiment.seeds.dropout),
    )
    FineTuning(experiment.start, model).load(data.start)
    return model.requires_grad_(True)  # the gradient of a frozen layer is of interest as well


@contextmanager
def _recorded_outputs(
    model: nn.Module,
) -> Iterator[dict[tuple[str, nn.Module], tuple[float, float]]]:
    """Record, in the order of the calculation, standard deviation and signal of the outputs of
    every module that has weights.
    """
    recorded: dict[tuple[str, nn.Module], tuple[float, float]] = {}
    with ExitStack() as hooks:
        for name, module in model.named_modules():
            if not any(True for _ in module.parameters(recurse=False)):
                continue

            def record(m: nn.Module, _: object, z: torch.Tensor, name: str = name) -> None:
                recorded[name, m] = (z.detach().std(correction=0).item(), _signal(z.detach()))

            hooks.callback(module.register_forward_hook(record).remove)
        yield recorded


def _signal(outputs: torch.Tensor) -> float:
    """(N, …) -> the standard deviation over samples. What all samples share, such as the ½ of a
    sigmoid, is no signal.
    """
    flat = outputs.flatten(1)
    return (flat - flat.mean(0)).square_().mean().sqrt().item()  # 9 times as fast as var(0)


def _gradient_norm(module: nn.Module) -> float:
    gradients = [p.grad.flatten() for p in module.parameters() if p.grad is not None]
    return torch.cat(gradients).norm().item() if gradients else 0.0


@torch.no_grad()
def _histogram(
    module: nn.Module, initializer: Initializer, place: WeightPlace | None
) -> WeightHistogram | None:
    if not place or not getattr(module, "uses_initializer", False):
        return None
    w = module.weight
    expected = initializer.expected_moments(place)
    reach = max(w.abs().max().item(), 1e-6)
    counts = torch.histc(w.flatten(), BINS, -reach, reach) if isfinite(reach) else torch.zeros(BINS)
    numbers = tuple(map(int, counts.tolist()))
    return WeightHistogram(numbers, reach, w.mean().item(), w.std(correction=0).item(), expected)
