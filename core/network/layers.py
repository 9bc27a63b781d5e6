"""Layers: the family with all its members, in the order of their menu. Choices only.

By subject: `dense.py`, `convolution.py`, `sequence.py`, `activations.py`, `normalizations.py`,
`dropout.py`, `nested.py`, `convnext.py`, `squeeze_excitation.py`, `attention.py`.
"""

# isort: off
from core.network.layer import Layer, Misfit, Shape, layer_names
from core.network.dense import Flatten, Linear, Output
from core.network.convolution import AvgPool, Conv2d, DepthwiseConv2d, GlobalPool, MaxPool
from core.network.sequence import AsSequence, Conv1d
from core.network.activations import (
    ELU, GELU, Activation, LeakyReLU, ReLU, Sigmoid, Softplus, StepFunction, Swish, Tanh,
)  # fmt: skip
from core.network.normalizations import (
    BatchNorm, ChannelNorm, GroupNorm, InstanceNorm, LayerNorm,
)  # fmt: skip
from core.network.dropout import Dropout
from core.network.nested import Branches, Residual
from core.network.convnext import ConvNeXtBlock
from core.network.squeeze_excitation import SqueezeExcitation
from core.network.attention import PositionEmbedding, SelfAttention
from core.network.chains import walk_layers
# isort: on

__all__ = [
    "ELU", "GELU", "Activation", "AsSequence", "AvgPool", "BatchNorm", "Branches", "ChannelNorm",
    "Conv1d", "Conv2d", "ConvNeXtBlock", "DepthwiseConv2d", "Dropout", "Flatten", "GlobalPool",
    "GroupNorm", "InstanceNorm", "Layer", "LayerNorm", "LeakyReLU", "Linear", "MaxPool", "Misfit",
    "Output", "PositionEmbedding", "ReLU", "Residual", "SelfAttention", "Shape", "Sigmoid",
    "Softplus", "SqueezeExcitation", "StepFunction", "Swish", "Tanh", "layer_names", "walk_layers",
]  # fmt: skip
