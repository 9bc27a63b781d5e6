"""Layers: the family with all its members, in the order of their menu. Choices only.

By subject: `dense.py`, `convolution.py`, `activations.py`, `normalizations.py`, `dropout.py`.
"""

# isort: off
from core.network.layer import Layer, Shape, times
from core.network.dense import Flatten, Linear, Output
from core.network.convolution import Conv2d, MaxPool
from core.network.activations import ReLU, Sigmoid, Tanh
from core.network.normalizations import BatchNorm
from core.network.dropout import Dropout
# isort: on

__all__ = [
    "BatchNorm", "Conv2d", "Dropout", "Flatten", "Layer", "Linear", "MaxPool", "Output", "ReLU",
    "Shape", "Sigmoid", "Tanh", "times",
]  # fmt: skip
