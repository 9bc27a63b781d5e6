"""Weight decay with a factor for each layer, and the depth of layers."""

import torch
from torch import nn

from core.base.layer_paths import layer_factor
from core.optim.transforms import Transform, decayed


def layer_depths(model: nn.Module) -> dict[str, int]:
    """Return how many layers with weights follow each layer of the network, by its name. A
    normalization belongs to the layer before it.
    """
    normalizations = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
    numbers, number = {}, 0
    for name, layer in model.named_children():
        has_weights = next(layer.parameters(), None) is not None
        number += has_weights and not isinstance(layer, normalizations)
        numbers[name] = max(number, 1)
    return {name: max(number, 1) - own for name, own in numbers.items()}


class LayerDecay(Transform):
    """θ_l ← (1 − ηλ_l)θ_l before the step, with λ_l = λ·f^(L−l) for layer l of L with weights, or
    λ times the factor of this layer (Loshchilov & Hutter 2017, with the depths of Howard & Ruder
    2018).
    """

    def __init__(
        self,
        strength: float,
        biases: bool = False,
        depth_factor: float = 1.0,
        factors: dict[str, float] | None = None,
    ):
        self.strength, self.biases = strength, biases
        self.depth_factor, self.factors = depth_factor, factors or {}

    def bind(self, model: nn.Module) -> None:
        chosen = {id(weights) for weights in decayed(model, self.biases)}
        depths = layer_depths(model)
        self.groups: dict[float, list[nn.Parameter]] = {}  # by the factor of λ
        for name, parameter in model.named_parameters():
            if id(parameter) in chosen:
                depth = depths[name.partition(".")[0]]
                factor = layer_factor(name, depth, self.factors, self.depth_factor)
                self.groups.setdefault(factor, []).append(parameter)

    @torch.no_grad()
    def before_step(self, learning_rate: float) -> None:
        for factor, group in self.groups.items():
            if weights := [w for w in group if w.requires_grad]:  # not those frozen for now
                torch._foreach_mul_(weights, 1 - learning_rate * self.strength * factor)
