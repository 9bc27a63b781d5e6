"""Presets: whole networks by name, fitted to the data's shape: the family with all its members, in
the order of their menu.

By subject: `perceptrons.py`, `convnets.py`, `resnets.py`.
"""

# isort: off
from core.network.layers import Layer, Shape
from core.network.preset import Preset, flat
from core.network.perceptrons import MLP, DeepMLP, Perceptron, Points, SoftmaxRegression
from core.network.convnets import CifarNet, LeNet, LeNet5, Small
from core.network.resnets import ResNet18, SmallResNet
# isort: on

__all__ = [
    "MLP", "CifarNet", "DeepMLP", "LeNet", "LeNet5", "Perceptron", "Points", "Preset", "ResNet18",
    "Small", "SmallResNet", "SoftmaxRegression", "flat", "recognize",
]  # fmt: skip


def recognize(layers: tuple[Layer, ...], shape: Shape) -> str:
    """The label of the preset that these layers are; "" when they are none."""
    same = (p for p in Preset.members.values() if p().layers(shape) == layers)
    return next((p.label for p in same), "")
