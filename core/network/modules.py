"""The lab's own torch modules. They import nothing but torch, so that they can be pasted into a
script.
"""

from collections import OrderedDict
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DropoutModule(nn.Module):
    """Dropout (Srivastava et al. 2014) that draws from its own generator, so that simultaneous runs
    do not influence each other.

    Training: z = m·x/(1 − p), m ~ Bernoulli(1 − p) for each value of each sample, or (`drawn` is
    "batch") with one mask for all samples of the mini-batch. Inference: z = x.
    """

    def __init__(
        self, p: float = 0.5, generator: torch.Generator | None = None, drawn: str = "example"
    ):
        super().__init__()
        self.p, self.drawn, self.generator = p, drawn, generator

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        like = x[:1] if self.drawn == "batch" else x  # (1, …) or (N, …)
        keep = torch.empty_like(like).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep.div_(1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}, drawn per {self.drawn}"


class StepFunctionModule(nn.Module):
    """The perceptron's step function (Rosenblatt 1958): 1 for inputs of at least 0, otherwise 0.
    It is computed by `floor`, whose gradient is 0 everywhere, so that the weights before it have a
    gradient, which is 0.
    """

    def forward(self, a: Tensor) -> Tensor:
        return a.floor().clamp(-1, 0) + 1


class GlobalPoolModule(nn.Module):
    """The mean of each feature map (Lin, Chen & Yan 2014)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))  # (N, C, H, W) -> (N, C)


class ResidualModule(nn.Module):
    """z = S(x) + m·F(x)/(1 − p) (He et al. 2016): F is `layers`, S is `shortcut` (empty: x; None:
    no S at all). Stochastic depth (Huang et al. 2016): m ~ Bernoulli(1 − p) for each sample during
    training; at inference z = S(x) + F(x).
    """

    def __init__(
        self,
        layers: dict[str, nn.Module],
        shortcut: list[nn.Module] | None,
        p: float = 0.0,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.layers = nn.Sequential(OrderedDict(layers))
        self.shortcut = None if shortcut is None else nn.Sequential(*shortcut)
        self.p, self.generator = p, generator

    def forward(self, x: Tensor) -> Tensor:
        z = self.layers(x)
        if self.shortcut is None:
            return z
        if self.training and self.p:
            keep = z.new_empty(len(z), *[1] * (z.ndim - 1))  # (N, 1, …)
            z = z * keep.bernoulli_(1 - self.p, generator=self.generator).div_(1 - self.p)
        return self.shortcut(x) + z


class BranchesModule(nn.Module):
    """Chains of layers on the same input, whose outputs are concatenated along the channels or
    added (Szegedy et al. 2015).
    """

    def __init__(self, branches: list[dict[str, nn.Module]], join: str = "concatenate"):
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(OrderedDict(layers)) for layers in branches)
        self.join = join

    def forward(self, x: Tensor) -> Tensor:
        ends = [branch(x) for branch in self.branches]  # each (N, C_i, …)
        return torch.cat(ends, 1) if self.join == "concatenate" else sum(ends[1:], ends[0])


class ChannelNormModule(nn.Module):
    """Layer normalization over the channels at each position of an image, with γ and β for each
    channel (Liu et al. 2022).
    """

    def __init__(self, channels: int, eps: float = 1e-5):
        super().__init__()
        self.weight, self.bias = (nn.Parameter(torch.empty(channels)) for _ in range(2))
        self.eps = eps
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)  # (N, C, H, W) -> (N, H, W, C)
        z = F.layer_norm(last, self.weight.shape, self.weight, self.bias, self.eps)
        return z.permute(0, 3, 1, 2)


class SqueezeExcitationModule(nn.Module):
    """z = x · G(mean of x over the positions): each channel times a factor between 0 and 1 that
    `layers`, G, computes from the means of all channels (Hu, Shen & Sun 2018).
    """

    def __init__(self, layers: dict[str, nn.Module]):
        super().__init__()
        self.layers = nn.Sequential(OrderedDict(layers))

    def forward(self, x: Tensor) -> Tensor:
        factors = self.layers(x.mean((2, 3)))  # (N, C, H, W) -> (N, C)
        return x * factors[:, :, None, None]


class SelfAttentionModule(nn.Module):
    """Scaled dot-product attention between the positions of an image (Vaswani et al. 2017): of
    `layers`, "project" gives the queries, keys and values, (N, C, H, W) -> (N, 3C, H, W), and
    "merge" mixes the heads.
    """

    def __init__(self, layers: dict[str, nn.Module], heads: int):
        super().__init__()
        self.layers, self.heads = nn.ModuleDict(layers), heads

    def forward(self, x: Tensor) -> Tensor:
        size, width = x.shape[2:], x.shape[1] // self.heads
        z = self.layers["project"](x).flatten(2).unflatten(1, (3, self.heads, width))
        q, k, v = z.unbind(1)  # each (N, heads, C/heads, L)
        # Not F.scaled_dot_product_attention, whose second derivative is missing on a CPU.
        weights = (q.transpose(2, 3) @ k / width**0.5).softmax(3)  # (N, heads, L, L)
        z = (v @ weights.transpose(2, 3)).flatten(1, 2).unflatten(2, size)
        return self.layers["merge"](z)


class PositionEmbeddingModule(nn.Module):
    """x plus numbers (C, H, W) for its positions: for the index m of a pair of channels among h
    channels, sin and cos of place / 10 000^(2m/h) (Vaswani et al. 2017). The place is the row in
    the first half of the channels, else the column; in a single row, it is always the column.
    """

    def __init__(self, channels: int, height: int, width: int, learned: bool = False):
        super().__init__()
        position = torch.empty(channels, height, width)
        if learned:
            self.position = nn.Parameter(position)
        else:
            self.register_buffer("position", position)
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        channels, height, width = self.position.shape
        half = channels // 2 if height > 1 else 0
        for rows, places, dim in ((slice(half), height, 2), (slice(half, None), width, 1)):
            count = len(self.position[rows])
            channel = torch.arange(count, dtype=torch.float64)
            wave = 10_000 ** (2 * (channel // 2) / max(count, 1))
            angles = torch.arange(places, dtype=torch.float64) / wave[:, None]  # (h, places)
            waves = torch.where(channel[:, None] % 2 == 0, angles.sin(), angles.cos())
            self.position[rows] = waves.unsqueeze(dim).to(self.position.dtype)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.position


class SquaredError(nn.Module):
    """The mean over N and C of (outputs − targets)²; class numbers are made one-hot first (Hui &
    Belkin 2020). With reduction "none" the mean over C alone, (N,).
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if targets.is_floating_point():
            return F.mse_loss(outputs[:, 0], targets, reduction=self.reduction)  # (N, 1) -> (N,)
        one_hot = F.one_hot(targets, outputs.shape[1]).to(outputs.dtype)  # (N,) -> (N, C)
        squares = F.mse_loss(outputs, one_hot, reduction=self.reduction)
        return squares.mean(1) if self.reduction == "none" else squares


def zeros_(weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """`torch.nn.init.zeros_` that accepts the generator of every initializer, without using it."""
    return nn.init.zeros_(weight)


def ones_(weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """`torch.nn.init.ones_` that accepts the generator of every initializer, without using it."""
    return nn.init.ones_(weight)


@torch.no_grad()
def bias_from_data_(bias: Tensor, targets: Tensor) -> None:
    """Set the bias (C,) of the output layer to the best constant output (Karpathy 2019): for
    classes (N,) the logarithm of the share of each, where an absent one counts as half a sample;
    for values (N,) their mean.
    """
    if targets.is_floating_point():
        bias.fill_(targets.double().mean())
        return
    counts = torch.bincount(targets, minlength=len(bias)).double().clamp(min=0.5)
    bias.copy_((counts / counts.sum()).log())


@torch.no_grad()
def lsuv_(model: nn.Module, x: Tensor, tolerance: float = 0.01, rounds: int = 10) -> None:
    """Layer-sequential unit variance (Mishkin & Matas 2016): in one pass of the inputs x (N, …),
    each weight matrix that the initializer has drawn (`uses_initializer`), first to last, is
    divided by the standard deviation of its outputs until their variance is 1 ± tolerance. Dropout
    is off; a layer with constant outputs is left unchanged.
    """

    def scale(layer: nn.Module, inputs: tuple[Tensor, ...], z: Tensor) -> Tensor:
        for _ in range(rounds):
            variance = z.var(correction=0)
            if abs(variance - 1) <= tolerance or not 0 < variance < torch.inf:
                break
            layer.weight.div_(variance.sqrt())
            z = layer.forward(*inputs)  # not layer(): that would call this hook again
        return z

    layers = [m for m in model.modules() if getattr(m, "uses_initializer", False)]
    training = model.training
    with ExitStack() as hooks:
        for layer in layers:
            hooks.callback(layer.register_forward_hook(scale).remove)
        model.eval()(x)
    model.train(training)
