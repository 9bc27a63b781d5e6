"""Presets: ready-made networks that adapt to the data's shape; the family with all its members, in
the order of their menu.

By subject: `perceptrons.py`, `convnets.py`, `resnets.py`, `patch_presets.py`.
"""

# isort: off
from core.network.layers import Layer, Shape
from core.network.preset import Preset, flatten_images
from core.network.perceptrons import MLP, DeepMLP, Perceptron, Points, SoftmaxRegression
from core.network.convnets import CifarNet, LeNet, LeNet5, SequenceCNN, Small
from core.network.resnets import ResNet18, SmallResNet
from core.network.patch_presets import SmallConvNeXt, SmallViT
# isort: on

__all__ = [
    "MLP", "CifarNet", "DeepMLP", "LeNet", "LeNet5", "Perceptron", "Points", "Preset", "ResNet18",
    "SequenceCNN", "Small", "SmallConvNeXt", "SmallResNet", "SmallViT",
    "SoftmaxRegression", "flatten_images", "recognize",
]  # fmt: skip


def recognize(layers: tuple[Layer, ...], shape: Shape) -> str:
    """Return the label of the preset that consists of these layers; "" if there is none."""
    matches = (p for p in Preset.members.values() if p().layers(shape) == layers)
    return next((p.label for p in matches), "")
