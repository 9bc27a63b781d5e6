"""What the first step will see: its loss, and how large signal and gradient are in each layer.

Builds the network as the training will (same seeds, same weights), for some of its pictures.
Trains nothing.
"""

from dataclasses import dataclass
from math import isfinite

import torch
from torch import nn

from core.data.samples import Samples
from core.experiment import Experiment
from core.network.build import build, check
from core.scale import Scale
from core.setup import FITTED
from core.signals import spread

PICTURES = FITTED  # enough for two digits of the loss; those that the training's weights see too
DEAD, WILD = (
    0.1,
    10.0,
)  # the last layer's spread over the first one's: below it vanishes, above it explodes


@dataclass(frozen=True)
class LayerStart:
    """`spread`: how far the layer's answers to different pictures lie apart (standard deviation
    over pictures, root mean square over units); `gradient`: ‖∇L‖ over its weights.
    """

    name: str
    spread: float
    gradient: float


@dataclass(frozen=True)
class FirstStep:
    """Loss before any learning, the loss of a guess (None: not known), and the layers that have
    weights, input first.
    """

    loss: float
    guess: float | None
    layers: tuple[LayerStart, ...]

    @property
    def ratio(self) -> float | None:
        """Spread of the last layer over that of the first; None where there is nothing to
        compare.
        """
        if len(self.layers) < 2 or not self.layers[0].spread:
            return None
        return self.layers[-1].spread / self.layers[0].spread

    @property
    def warning(self) -> str:
        """One sentence when the signal vanishes or explodes on its way, else empty."""
        silent = [layer.name for layer in self.layers if layer.spread == 0]
        if silent:
            return (
                f"**{silent[0]} gives the same value for everything:** choose He or Xavier instead."
            )
        if not isfinite(self.loss) or (self.ratio or 1) > WILD:
            return "**The signal explodes on its way through the layers:** choose He or Xavier."
        if (self.ratio or 1) < DEAD:
            return "**The signal dies on its way through the layers:** choose He or Xavier."
        return ""


def first_step(experiment: Experiment, data: Samples) -> FirstStep:
    """Raises BadNetwork and BadData, as the training would. About 20 ms for LeNet on one core."""
    check(experiment.network, data.shape, data.outputs)
    train = experiment.split.parts(data.targets, has_test=data.has_test).train
    rows = train[:: max(1, len(train) // PICTURES)][:PICTURES]
    scale = Scale.fit(experiment, data, train)
    targets, _ = experiment.label_noise.on(data.targets, train, data.classes)
    part = scale.part(data.inputs, targets, rows, device="cpu")
    x, y = part.batch(torch.arange(len(rows)))  # (N, …), (N,)
    model = build(
        experiment.network,
        data.shape,
        data.outputs,
        initializer=experiment.initializer,
        generator=torch.Generator().manual_seed(experiment.seeds.initialization),
        dropout=torch.Generator().manual_seed(experiment.seeds.dropout),
    )
    if fit := experiment.initializer.fit():
        fit.make(model, x)
    spreads = {}
    for name, module in model.named_children():
        x = module(x)  # (N, …) -> (N, …)
        spreads[name] = spread(x.detach()).item()
    loss = experiment.loss.call().make()(x, y)
    loss.backward()
    layers = [
        LayerStart(name, spreads[name], _norm(module))
        for name, module in model.named_children()
        if any(True for _ in module.parameters())
    ]
    return FirstStep(loss.item(), experiment.loss.guess(len(data.classes)), tuple(layers))


def _norm(module: nn.Module) -> float:
    gradients = [p.grad.flatten() for p in module.parameters() if p.grad is not None]
    return torch.cat(gradients).norm().item() if gradients else 0.0
