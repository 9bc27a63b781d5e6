"""Stack: many networks of one hidden layer as one batched network, with hand-written gradients.

f(x) = ReLU([x, 1]·W₁)·W₂ + b₂. Networks of unlike width are padded with zeros to the widest, which
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
    """The weights of one network; the last row of `first` are the hidden biases."""

    first: Tensor  # (d + 1, H)
    second: Tensor  # (H, K)
    bias: Tensor  # (1, K)

    @property
    def width(self) -> int:
        return self.first.shape[1]

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
    inputs, outputs = len(nets[0].first), nets[0].bias.shape[1]
    sizes = [(count, inputs, widest), (count, widest, outputs), (count, 1, outputs)]
    flat = nets[0].first.new_zeros(sum(torch.Size(size).numel() for size in sizes))
    first, second, bias = views(flat, sizes)
    for place, net in enumerate(nets):
        first[place, :, : net.width] = net.first
        second[place, : net.width] = net.second
        bias[place] = net.bias
    return flat, sizes


def unpack(flat: Tensor, sizes: Sequence[Sequence[int]], widths: Sequence[int]) -> list[Net]:
    """The networks of a flat buffer, without their padding; views, not copies."""
    first, second, bias = views(flat, sizes)
    return [
        Net(first[place, :, :width], second[place, :width], bias[place])
        for place, width in enumerate(widths)
    ]


class Stack:
    """G networks, their gradients, and room for one pass over (G, n, d + 1) inputs."""

    def __init__(self, nets: Sequence[Net], loss: Loss):
        self.widths = [net.width for net in nets]
        self.loss = loss
        self.flat, self.sizes = pack(nets)
        self.flat.grad = torch.zeros_like(self.flat)
        self.first, self.second, self.bias = views(self.flat, self.sizes)
        self.slopes = views(self.flat.grad, self.sizes)
        self._hidden = self._slope = self._outputs = self.flat.new_empty(0)

    def nets(self) -> list[Net]:
        return unpack(self.flat, self.sizes, self.widths)

    def outputs(self, inputs: Tensor) -> Tensor:
        """(G, n, d + 1) -> (G, n, K), or (n, d + 1) shared by all."""
        hidden = torch.matmul(inputs, self.first).relu_()
        return torch.baddbmm(self.bias, hidden, self.second)

    def descend(self, inputs: Tensor, marks: Tensor) -> None:
        """Writes into `flat.grad` the gradient of every network's loss, the mean over its rows.

        `inputs` (G, n, d + 1) end in ones, `marks` (G, n, K) are one-hot.
        """
        self._make_room(inputs.shape[1])
        hidden, slope, error = self._hidden, self._slope, self._outputs
        torch.bmm(inputs, self.first, out=hidden).relu_()
        torch.baddbmm(self.bias, hidden, self.second, out=error)
        self._derive(error, marks)
        torch.bmm(hidden.mT, error, out=self.slopes[1])
        torch.sum(error, 1, keepdim=True, out=self.slopes[2])
        torch.bmm(error, self.second.mT, out=slope)
        torch.ops.aten.threshold_backward.grad_input(slope, hidden, 0, grad_input=slope)
        torch.bmm(inputs.mT, slope, out=self.slopes[0])

    def _derive(self, outputs: Tensor, marks: Tensor) -> None:
        """outputs -> ∂(mean loss)/∂outputs, in place."""
        rows = outputs.shape[1]
        if self.loss == "cross_entropy":
            torch.softmax(outputs, -1, out=outputs)
            outputs.sub_(marks).mul_(1 / rows)
        else:
            outputs.sub_(marks).mul_(2 / rows)

    def _make_room(self, rows: int) -> None:
        """A fresh (G, n, H) tensor at each step would cost more in page faults than it saves."""
        count, hidden, outputs = self.sizes[1]
        if self._hidden.shape != (count, rows, hidden):
            self._hidden = self.flat.new_empty(count, rows, hidden)
            self._slope = torch.empty_like(self._hidden)
            self._outputs = self.flat.new_empty(count, rows, outputs)
