"""Stack: many networks of one hidden layer as one batched network, with hand-written gradients.

f(x) = W₂·ReLU(W₁·[x, 1]) + b₂. Networks of unlike width are padded with zeros to the widest, which
is exact: a padded unit has h = 0 and W₂ = 0, so that all its gradients are 0, and SGD, momentum,
Adam and decay leave a zero where it is. All weights lie in one flat buffer, so that one optimizer
call serves all networks. Knows no data, no schedule, no end.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core.descent.point import Loss


class Net(NamedTuple):
    """The weights of one network; the last column of `first` are the hidden biases."""

    first: Tensor  # (H, d + 1)
    second: Tensor  # (K, H)
    bias: Tensor  # (K, 1)

    @property
    def width(self) -> int:
        return len(self.first)

    def norm(self) -> float:
        """√(sum of all squared weights), biases too."""
        return float(sum(part.square().sum() for part in self)) ** 0.5


def parameters(inputs: int, width: int, outputs: int) -> int:
    """P = (d + 1)·H + (H + 1)·K."""
    return (inputs + 1) * width + (width + 1) * outputs


def views(flat: Tensor, sizes: Sequence[Sequence[int]]) -> list[Tensor]:
    """One flat buffer as tensors of these sizes, without a copy."""
    parts = flat.split([torch.Size(size).numel() for size in sizes])
    return [part.view(*size) for part, size in zip(parts, sizes, strict=True)]


def pack(nets: Sequence[Net]) -> tuple[Tensor, list[tuple[int, ...]]]:
    """Networks, padded to the widest -> one flat buffer and the sizes of its three views."""
    count, widest = len(nets), max(net.width for net in nets)
    inputs, outputs = nets[0].first.shape[1], len(nets[0].bias)
    sizes = [(count, widest, inputs), (count, outputs, widest), (count, outputs, 1)]
    flat = nets[0].first.new_zeros(sum(torch.Size(size).numel() for size in sizes))
    first, second, bias = views(flat, sizes)
    for place, net in enumerate(nets):
        first[place, : net.width] = net.first
        second[place, :, : net.width] = net.second
        bias[place] = net.bias
    return flat, sizes


def unpack(flat: Tensor, sizes: Sequence[Sequence[int]], widths: Sequence[int]) -> list[Net]:
    """The networks of a flat buffer, without their padding; views, not copies."""
    first, second, bias = views(flat, sizes)
    return [
        Net(first[place, :width], second[place, :, :width], bias[place])
        for place, width in enumerate(widths)
    ]


class Stack:
    """G networks, their gradients, and room for one pass over (G, n, d + 1) inputs.

    Activations lie units first, (G, H, n): with rows first, networks of few units are up to five
    times as slow (measured), since their matrices are then too narrow for the processor.
    """

    def __init__(self, nets: Sequence[Net], loss: Loss):
        self.widths = [net.width for net in nets]
        self.loss = loss
        self.flat, self.sizes = pack(nets)
        self.flat.grad = torch.zeros_like(self.flat)
        self.first, self.second, self.bias = views(self.flat, self.sizes)
        self.slopes = views(self.flat.grad, self.sizes)
        self._room: list[Tensor] = []

    def nets(self) -> list[Net]:
        return unpack(self.flat, self.sizes, self.widths)

    def outputs(self, inputs: Tensor) -> Tensor:
        """(G, n, d + 1), or (n, d + 1) shared by all -> (G, n, K)."""
        hidden = torch.matmul(self.first, inputs.mT).relu_()
        return torch.baddbmm(self.bias, self.second, hidden).mT

    def descend(self, inputs: Tensor, marks: Tensor) -> None:
        """Writes into `flat.grad` the gradient of every network's loss, the mean over its rows.

        `inputs` (G, n, d + 1) end in ones, `marks` (G, K, n) are one-hot.
        """
        hidden, slope, outputs, error = self._buffers(inputs.shape[1])
        torch.bmm(self.first, inputs.mT, out=hidden).relu_()
        torch.baddbmm(self.bias, self.second, hidden, out=outputs)
        self._derive(outputs, marks, error)
        torch.bmm(error, hidden.mT, out=self.slopes[1])
        torch.sum(error, 2, keepdim=True, out=self.slopes[2])
        torch.bmm(self.second.mT, error, out=slope)
        torch.ops.aten.threshold_backward.grad_input(slope, hidden, 0, grad_input=slope)
        torch.bmm(slope, inputs, out=self.slopes[0])

    def _derive(self, outputs: Tensor, marks: Tensor, error: Tensor) -> None:
        """∂(mean loss)/∂outputs into `error`: (f − y)·2/n, or (softmax f − y)/n."""
        rows = outputs.shape[2]
        if self.loss == "cross_entropy":
            torch.softmax(outputs, 1, out=error).sub_(marks).mul_(1 / rows)
        else:
            torch.sub(outputs, marks, out=error).mul_(2 / rows)

    def _buffers(self, rows: int) -> list[Tensor]:
        """Two of (G, H, n) and two of (G, K, n), kept: fresh ones would cost page faults."""
        count, outputs, hidden = self.sizes[1]
        if not self._room or self._room[0].shape[2] != rows:
            units = (hidden, hidden, outputs, outputs)
            self._room = [self.flat.new_empty(count, unit, rows) for unit in units]
        return self._room
