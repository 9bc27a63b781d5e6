"""What the first step will see: its loss, where the weights begin, and how large signal and
gradient are in each layer.

Builds the network as the training will (same seeds, same weights), for some of its pictures.
Trains nothing.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import isfinite

import torch
from torch import nn

from core.base.errors import Unavailable
from core.base.numbers import whole
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.build import build, check
from core.network.initializers import Initializer, Moments
from core.training.scale import Scale
from core.training.setup import FITTED

PICTURES = FITTED  # enough for two digits of the loss; those that the training's weights see too
FEWEST = 16  # pictures of a large network, …
WORK = 5e8  # … whose multiply-adds forward stay below this: a tenth of a second on one core
LARGEST = 50_000_000  # parameters that a page builds only to look at them
BINS = 41
DEAD, WILD = (
    0.1,
    10.0,
)  # the last layer's spread over the first one's: below it vanishes, above it explodes
FADED = 1e-3  # the first layer's gradient over the last one's: below it vanishes on its way back


@dataclass(frozen=True)
class Weights:
    """Of one layer: how many weights lie in each of BINS equal parts of −reach … reach, their mean
    and spread, and those that the initializer promises (None: only the data decides).
    """

    counts: tuple[int, ...]
    reach: float
    mean: float
    std: float
    expected: Moments | None


@dataclass(frozen=True)
class LayerStart:
    """`name`: its path in the module; `spread`: how far the layer's answers to different pictures
    lie apart (standard deviation over pictures, root mean square over units); `gradient`: ‖∇L‖ over
    its weights; `weights`: None for normalizations.
    """

    name: str
    spread: float
    gradient: float
    weights: Weights | None = None


@dataclass(frozen=True)
class FirstStep:
    """Loss before any learning, the loss of a guess (None: not known), and the layers that have
    weights, those within blocks too, in the order of the calculation.
    """

    loss: float
    guess: float | None
    layers: tuple[LayerStart, ...]

    @property
    def ratio(self) -> float | None:
        """Spread of the last layer over that of the first; None where there is nothing to
        compare.
        """
        return _share([layer.spread for layer in self.layers])

    @property
    def warning(self) -> str:
        """One sentence when the signal vanishes or explodes on its way, or the gradient vanishes on
        its way back, else empty.
        """
        silent = next((layer.name for layer in self.layers if layer.spread == 0), "")
        if silent:
            name = silent.rpartition(".")[2]
            return f"**{name} gives the same value for everything:** nothing can be told apart."
        if not isfinite(self.loss) or (self.ratio or 1) > WILD:
            return "**The signal explodes on its way through the layers.**"
        if (self.ratio or 1) < DEAD:
            return "**The signal dies on its way through the layers:** all pictures look alike."
        gradients = [layer.gradient for layer in self.layers]
        if not any(gradients) and gradients:
            return "**No gradient arrives in any layer:** no weight will ever move."
        back = _share(gradients[::-1])
        if back is not None and back < FADED:
            return "**The gradient dies on its way back:** the first layers hardly learn."
        return ""


def _share(values: list[float]) -> float | None:
    """The last over the first."""
    return values[-1] / values[0] if len(values) > 1 and values[0] else None


def first_step(experiment: Experiment, data: Samples) -> FirstStep:
    """Raises BadNetwork and BadData, as the training would, and Unavailable for a network of more
    than LARGEST parameters. About 20 ms for LeNet on one core.
    """
    facts = check(experiment.network, data.shape, data.outputs)
    if (size := sum(fact.parameters for fact in facts)) > LARGEST:
        raise Unavailable(
            f"The network has {whole(size)} parameters, at most {whole(LARGEST)} are measured "
            "before the first step: make it narrower, or start it as it is."
        )
    work = sum(fact.multiply_adds for fact in facts)
    most = max(FEWEST, min(PICTURES, int(WORK / max(work, 1))))
    x, y = _batch(experiment, data, most)
    model = _model(experiment, data)
    if fit := experiment.initializer.fit():
        fit.make(model, x)
    with _spreads(model) as spreads:
        outputs = model(x)
    loss = experiment.loss.call().make()(outputs, y)
    loss.backward()
    layers = [
        LayerStart(name, spread, _norm(module), _weights(module, experiment.initializer))
        for (name, module), spread in spreads.items()
    ]
    return FirstStep(loss.item(), experiment.loss.guess(len(data.classes)), tuple(layers))


def _batch(experiment: Experiment, data: Samples, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Training samples (N, …) as the network sees them, from all over the part, and targets (N,);
    about `most`.
    """
    train = experiment.split.parts(data.targets, has_test=data.has_test).train
    rows = train[:: max(1, len(train) // most)][:most]
    scale = Scale.fit(experiment, data, train)
    targets, _ = experiment.label_noise.on(data.targets, train, data.classes)
    part = scale.part(data.inputs, targets, rows, device="cpu")
    return part.batch(torch.arange(len(rows)))


def _model(experiment: Experiment, data: Samples) -> nn.Module:
    return build(
        experiment.network,
        data.shape,
        data.outputs,
        initializer=experiment.initializer,
        generator=torch.Generator().manual_seed(experiment.seeds.initialization),
        dropout=torch.Generator().manual_seed(experiment.seeds.dropout),
    )


@contextmanager
def _spreads(model: nn.Module) -> Iterator[dict[tuple[str, nn.Module], float]]:
    """Fills, in the order of the calculation, the spread behind every module that has weights of
    its own.
    """
    spreads: dict[tuple[str, nn.Module], float] = {}
    with ExitStack() as hooks:
        for name, module in model.named_modules():
            if not any(True for _ in module.parameters(recurse=False)):
                continue

            def note(m: nn.Module, _: object, z: torch.Tensor, name: str = name) -> None:
                spreads[name, m] = _spread(z.detach())

            hooks.callback(module.register_forward_hook(note).remove)
        yield spreads


def _spread(outputs: torch.Tensor) -> float:
    """(N, …) -> a number; what all pictures share, such as the ½ of a sigmoid, is no signal."""
    flat = outputs.flatten(1)
    return (flat - flat.mean(0)).square_().mean().sqrt().item()  # 9 times as fast as var(0)


def _norm(module: nn.Module) -> float:
    gradients = [p.grad.flatten() for p in module.parameters() if p.grad is not None]
    return torch.cat(gradients).norm().item() if gradients else 0.0


@torch.no_grad()
def _weights(module: nn.Module, initializer: Initializer) -> Weights | None:
    if not isinstance(module, (nn.Linear, nn.Conv2d)):
        return None
    w = module.weight
    expected = initializer.moments(tuple(w.shape))
    reach = max(w.abs().max().item(), 1e-6)
    counts = torch.histc(w.flatten(), BINS, -reach, reach) if isfinite(reach) else torch.zeros(BINS)
    spread = w.std(correction=0).item()
    return Weights(tuple(map(int, counts.tolist())), reach, w.mean().item(), spread, expected)
