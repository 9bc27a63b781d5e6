"""Initializers: the family with all its members, in menu order. Choices only.

`standard_initializers.py` has those that treat every weight tensor alike, `placed_initializers.py`
those that depend on its place in the network.
"""

# isort: off
from core.network.initializer import Initializer, Moments
from core.network.standard_initializers import PyTorchDefault, Xavier, He, Orthogonal, LSUV
from core.network.standard_initializers import Normal, TruncatedNormal, Uniform, Zeros, Ones
from core.network.placed_initializers import Fixup, Formula
# isort: on

__all__ = [
    "LSUV", "Fixup", "Formula", "He", "Initializer", "Moments", "Normal", "Ones", "Orthogonal",
    "PyTorchDefault", "TruncatedNormal", "Uniform", "Xavier", "Zeros",
]  # fmt: skip
