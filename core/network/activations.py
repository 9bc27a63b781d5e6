"""Activations: all members, in the order of their menu. Choices only.

By subject: `rectifiers.py`, `squashers.py`; their base is in `activation.py`.
"""

from core.network.activation import Activation, Point
from core.network.rectifiers import ELU, GELU, LeakyReLU, ReLU, Softplus, Swish
from core.network.squashers import Sigmoid, StepFunction, Tanh

__all__ = [
    "ELU", "GELU", "Activation", "LeakyReLU", "Point", "ReLU", "Sigmoid", "Softplus",
    "StepFunction", "Swish", "Tanh",
]  # fmt: skip
