"""Many networks with one hidden layer as one batched network, with hand-written gradients.

f(x) = W₂·ReLU(W₁·[x, 1]) + b₂. Networks of different widths are padded with zeros to the widest,
which is exact: a padded unit has h = 0 and W₂ = 0, so that all its gradients are 0, and SGD,
momentum, Adam and weight decay leave a zero unchanged. All weights share one flat buffer, so that
one optimizer call updates all networks. No data, schedule or stopping.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core.descent.point import LossName


class NetworkWeights(NamedTuple):
    """The weights of one network; the last column of `first` holds the hidden biases."""

    first: Tensor  # (H, d + 1)
    second: Tensor  # (K, H)
    bias: Tensor  # (K, 1)

    @property
    def width(self) -> int:
        return len(self.first)

    def norm(self) -> float:
        """Return √(sum of all squared weights), including biases."""
        return float(sum(part.square().sum() for part in self)) ** 0.5


def count_parameters(inputs: int, width: int, outputs: int) -> int:
    """Return P = (d + 1)·H + (H + 1)·K."""
    return (inputs + 1) * width + (width + 1) * outputs


def views(flat: Tensor, sizes: Sequence[Sequence[int]]) -> list[Tensor]:
    """Return one flat buffer as tensors of these sizes, without a copy."""
    parts = flat.split([torch.Size(size).numel() for size in sizes])
    return [part.view(*size) for part, size in zip(parts, sizes, strict=True)]


def pack(networks: Sequence[NetworkWeights]) -> tuple[Tensor, list[tuple[int, ...]]]:
    """Pack networks, padded to the widest, into one flat buffer; return it with the sizes of its
    three views.
    """
    count, widest = len(networks), max(network.width for network in networks)
    inputs, outputs = networks[0].first.shape[1], len(networks[0].bias)
    sizes = [(count, widest, inputs), (count, outputs, widest), (count, outputs, 1)]
    flat = networks[0].first.new_zeros(sum(torch.Size(size).numel() for size in sizes))
    first, second, bias = views(flat, sizes)
    for index, network in enumerate(networks):
        first[index, : network.width] = network.first
        second[index, :, : network.width] = network.second
        bias[index] = network.bias
    return flat, sizes


def unpack(
    flat: Tensor, sizes: Sequence[Sequence[int]], widths: Sequence[int]
) -> list[NetworkWeights]:
    """Return the networks of a flat buffer without their padding, as views."""
    first, second, bias = views(flat, sizes)
    return [
        NetworkWeights(first[index, :width], second[index, :, :width], bias[index])
        for index, width in enumerate(widths)
    ]


class Stack:
    """G networks, their gradients, and buffers for one pass over (G, n, d + 1) inputs.

    Activations are stored units first, (G, H, n): with rows first, networks with few units are up
    to five times slower (measured), because their matrices are too narrow for the processor.
    """

    def __init__(self, networks: Sequence[NetworkWeights], loss: LossName):
        self.widths = [network.width for network in networks]
        self.loss = loss
        self.flat, self.sizes = pack(networks)
        self.flat.grad = torch.zeros_like(self.flat)
        self.first, self.second, self.bias = views(self.flat, self.sizes)
        self.gradients = views(self.flat.grad, self.sizes)
        self._cached_buffers: list[Tensor] = []

    def networks(self) -> list[NetworkWeights]:
        return unpack(self.flat, self.sizes, self.widths)

    def outputs(self, inputs: Tensor) -> Tensor:
        """(G, n, d + 1), or (n, d + 1) shared by all -> (G, n, K)."""
        hidden = torch.matmul(self.first, inputs.mT).relu_()
        return torch.baddbmm(self.bias, self.second, hidden).mT

    def backward(self, inputs: Tensor, targets: Tensor) -> None:
        """Write the gradient of every network's loss, the mean over its rows, into `flat.grad`.

        `inputs` (G, n, d + 1) end in ones, `targets` (G, K, n) are one-hot.
        """
        hidden, hidden_gradient, outputs, error = self._buffers(inputs.shape[1])
        torch.bmm(self.first, inputs.mT, out=hidden).relu_()
        torch.baddbmm(self.bias, self.second, hidden, out=outputs)
        self._output_gradient(outputs, targets, error)
        torch.bmm(error, hidden.mT, out=self.gradients[1])
        torch.sum(error, 2, keepdim=True, out=self.gradients[2])
        torch.bmm(self.second.mT, error, out=hidden_gradient)
        torch.ops.aten.threshold_backward.grad_input(
            hidden_gradient, hidden, 0, grad_input=hidden_gradient
        )
        torch.bmm(hidden_gradient, inputs, out=self.gradients[0])

    def _output_gradient(self, outputs: Tensor, targets: Tensor, error: Tensor) -> None:
        """Write ∂(mean loss)/∂outputs into `error`: (f − y)·2/n, or (softmax f − y)/n."""
        rows = outputs.shape[2]
        if self.loss == "cross_entropy":
            torch.softmax(outputs, 1, out=error).sub_(targets).mul_(1 / rows)
        else:
            torch.sub(outputs, targets, out=error).mul_(2 / rows)

    def _buffers(self, rows: int) -> list[Tensor]:
        """Two of (G, H, n) and two of (G, K, n), reused: new ones would cost page faults."""
        count, outputs, hidden = self.sizes[1]
        if not self._cached_buffers or self._cached_buffers[0].shape[2] != rows:
            units = (hidden, hidden, outputs, outputs)
            self._cached_buffers = [self.flat.new_empty(count, unit, rows) for unit in units]
        return self._cached_buffers
