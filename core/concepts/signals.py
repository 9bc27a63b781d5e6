"""How a signal and its gradient change through 15 layers: powers of one weight, and a network that
is built and measured on the spot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from core.network.activations import Activation
from core.network.build import build
from core.network.dense import Linear, Output
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.network.nested import Residual
from core.network.normalizations import NormalizationLayer

DEPTH, WIDTH, SAMPLES = 15, 64, 256
KEPT = 0.5, 2.0  # standard deviations that are neither vanishing nor exploding
CLASSES = 10


def powers(weight: float, depth: int = DEPTH) -> list[float]:
    """Return w⁰, w¹, …: what a product of equal weights leaves of a signal."""
    return [weight**k for k in range(depth + 1)]


@dataclass(frozen=True)
class LayerSignals:
    """For each of the layers, from the input to the output: the standard deviation of its
    activations, and the root mean square of the gradient of the loss by them.
    """

    activations: tuple[float, ...]
    gradients: tuple[float, ...]

    @property
    def kept(self) -> float:
        """The last standard deviation relative to the first one."""
        return self.activations[-1] / self.activations[0] if self.activations[0] else 0.0

    @property
    def gradient_kept(self) -> float:
        """The gradient at the first layer relative to that at the last one."""
        return self.gradients[0] / self.gradients[-1] if self.gradients[-1] else 0.0


def stack(
    activation: Activation, normalization: NormalizationLayer | None, *, residual: bool
) -> tuple[Layer, ...]:
    """Return 15 fully connected layers with an activation each, and an output layer.

    The normalization precedes the activation; a residual block contains one layer with both.
    """
    layer = [Linear(units=WIDTH), *([normalization] if normalization else []), activation]
    one = [Residual(layers=tuple(layer))] if residual else layer
    return (*one * DEPTH, Output())


def measure(layers: Sequence[Layer], initializer: Initializer, seed: int = 0) -> LayerSignals:
    """Build the network, pass SAMPLES normally distributed inputs forward, and the gradient of the
    cross-entropy with random classes backward.
    """
    generator = torch.Generator().manual_seed(seed)
    model = build(
        tuple(layers), (WIDTH,), CLASSES,
        initializer=initializer, generator=generator, dropout=generator,
    )  # fmt: skip
    inputs = torch.randn(SAMPLES, WIDTH, generator=generator)
    if fit := initializer.fit():
        fit.make(model, inputs)
    ends = [name for name, module in model.named_children() if _ends_layer(module)]
    outputs: list[torch.Tensor] = []

    def keep(_module: torch.nn.Module, _inputs: object, output: torch.Tensor) -> None:
        output.retain_grad()
        outputs.append(output)

    for name in ends:
        model.get_submodule(name).register_forward_hook(keep)
    targets = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    loss = torch.nn.functional.cross_entropy(model(inputs), targets)
    loss.backward()
    return LayerSignals(
        tuple(float(output.detach().std()) for output in outputs),
        tuple(float(output.grad.square().mean().sqrt()) for output in outputs),
    )


def _ends_layer(module: torch.nn.Module) -> bool:
    """Whether one of the 15 layers ends with this module: an activation, or a residual block."""
    return getattr(module, "is_activation", False) or any(
        getattr(inner, "is_activation", False) for inner in module.modules()
    )
