"""Augmentation operations on a batch, in torch, on its device; every sample is changed separately.

Each operation has two methods: `draw` takes random numbers from the given generator, and `apply` is
deterministic arithmetic.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

Drawn = tuple[Tensor, ...]  # random numbers, one row per sample of the batch


class Operation:
    """One augmentation.

    `stage` is the input of `apply`: "set" all images and row indices, "raw" a batch as stored,
    "scaled" a normalized batch, "mix" a normalized batch whose samples are mixed in pairs.
    """

    stage: ClassVar[str] = ""

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """Draw the random numbers for a batch of `shape` (B, …), on the generator's device."""
        raise NotImplementedError

    def describe(self, *numbers: Tensor) -> str:
        """Describe the change of a sample with these random numbers; empty for none."""
        return ""


class CropOperation(Operation):
    """Shift images by up to `padding` pixels: windows of a dataset that is padded once.

    This indexes a view once; cropping each image separately costs 60 times as much on MNIST.
    """

    stage = "set"

    def __init__(self, padding: int, fill: str = "black"):
        self.padding, self.fill = padding, fill

    def windows(self, images: Tensor) -> Tensor:
        """Return all crops of (N, C, H, W) as a view (N, C, 2k + 1, 2k + 1, H, W), k the padding.

        [n, :, dy, dx] is the padded image n, cropped from row dy and column dx on.
        """
        height, width = images.shape[2:]
        padded = pad_images(images, self.padding, self.fill)
        return padded.unfold(2, height, 1).unfold(3, width, 1)

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        positions = 2 * self.padding + 1
        return draw_integers(positions, shape, random), draw_integers(positions, shape, random)

    def apply(self, windows: Tensor, rows: Tensor, top: Tensor, left: Tensor) -> Tensor:
        """Return images (B, C, H, W) of these rows, cropped at these positions."""
        return windows[rows, :, top, left]

    def describe(self, top: Tensor, left: Tensor) -> str:
        down, right = self.padding - int(top), self.padding - int(left)
        parts = [f"{abs(down)} px {'down' if down > 0 else 'up'}"] if down else []
        parts += [f"{abs(right)} px {'right' if right > 0 else 'left'}"] if right else []
        return ", ".join(parts)


class FlipOperation(Operation):
    """Mirror the drawn samples horizontally."""

    stage = "raw"

    def __init__(self, p: float):
        self.p = p

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        return (_uniform(shape, random) < self.p,)

    def apply(self, x: Tensor, mirrored: Tensor) -> Tensor:
        return torch.where(mirrored[:, None, None, None], x.flip(3), x)

    def describe(self, mirrored: Tensor) -> str:
        return "mirrored" if mirrored else ""


class RotationOperation(Operation):
    """Rotate about the centre by up to `degrees`, positive is counter-clockwise, bilinear."""

    stage = "raw"
    outside: ClassVar[dict[str, str]] = {
        "black": "zeros",
        "edge": "border",
        "reflect": "reflection",
    }

    def __init__(self, degrees: float, fill: str = "black"):
        self.degrees, self.fill = degrees, fill

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        return ((2 * _uniform(shape, random) - 1) * self.degrees,)

    def apply(self, x: Tensor, degrees: Tensor) -> Tensor:
        """Return float32, because interpolated pixels are not whole numbers."""
        height, width = x.shape[2:]
        sine, cosine = degrees.deg2rad().sin(), degrees.deg2rad().cos()
        zero = torch.zeros_like(sine)
        first = torch.stack(
            [cosine, -sine * (height / width), zero], 1
        )  # coordinates run from −1 to 1 there
        second = torch.stack([sine * (width / height), cosine, zero], 1)
        grid = F.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
        outside = self.outside[self.fill]
        return F.grid_sample(
            x.float(), grid, mode="bilinear", padding_mode=outside, align_corners=False
        )

    def describe(self, degrees: Tensor) -> str:
        angle = round(float(degrees), 1)
        return f"rotated {abs(angle):g}° {'left' if angle > 0 else 'right'}" if angle else ""


class NoiseOperation(Operation):
    """Add Gaussian noise to every value."""

    stage = "scaled"

    def __init__(self, deviation: float):
        self.deviation = deviation

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        return (torch.randn(tuple(shape), generator=random, device=random.device),)

    def apply(self, x: Tensor, noise: Tensor) -> Tensor:
        return x.add(noise, alpha=self.deviation)

    def describe(self, noise: Tensor) -> str:
        return f"noise {self.deviation:g}" if self.deviation else ""


class CutoutOperation(Operation):
    """Set a square around a random pixel to 0; parts outside the image have no effect."""

    stage = "scaled"

    def __init__(self, side: int):
        self.side = side

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """Draw row and column of the centre."""
        return draw_integers(shape[2], shape, random), draw_integers(shape[3], shape, random)

    def apply(self, x: Tensor, row: Tensor, column: Tensor) -> Tensor:
        top, left = row - self.side // 2, column - self.side // 2
        inside = rectangles(x.shape, top, left, top + self.side, left + self.side)
        return x.masked_fill(inside, 0.0)

    def describe(self, row: Tensor, column: Tensor) -> str:
        return f"cut out around row {int(row) + 1}, column {int(column) + 1}"


class MixUpOperation(Operation):
    """x' = λ·x + (1 − λ)·partner, partners by a permutation of the batch."""

    stage = "mix"

    def __init__(self, alpha: float):
        self.alpha = alpha

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """Draw partner and λ of each sample."""
        return _partners(shape, random), _beta(self.alpha, shape, random)

    def apply(self, x: Tensor, partner: Tensor, fraction: Tensor) -> tuple[Tensor, Tensor]:
        """Return mixed samples and the fraction of the first in each."""
        across = fraction.view(-1, *[1] * (x.ndim - 1))
        return across * x + (1 - across) * x[partner], fraction


class CutMixOperation(Operation):
    """Paste a rectangle of the partner around a random pixel.

    Its sides are √(1 − λ)·H and √(1 − λ)·W, rounded down to even numbers; λ becomes the fraction of
    the first sample that is left.
    """

    stage = "mix"

    def __init__(self, alpha: float):
        self.alpha = alpha

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """Draw partner, λ, row and column of each sample."""
        centre = draw_integers(shape[2], shape, random), draw_integers(shape[3], shape, random)
        return _partners(shape, random), _beta(self.alpha, shape, random), *centre

    def apply(
        self, x: Tensor, partner: Tensor, fraction: Tensor, row: Tensor, column: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return mixed samples and the fraction of pixels of the first in each."""
        cut = (1 - fraction).sqrt()
        tall, wide = ((cut * size).long() // 2 for size in x.shape[2:])  # half of each side
        inside = rectangles(x.shape, row - tall, column - wide, row + tall, column + wide)
        left = 1 - inside.float().mean((1, 2, 3))
        return torch.where(inside, x[partner], x), left


def pad_images(images: Tensor, margin: int, fill: str) -> Tensor:
    """Pad (N, C, H, W) to (N, C, H + 2·margin, W + 2·margin), of the same type."""
    height, width = images.shape[2:]
    if fill == "black":
        return F.pad(images, [margin] * 4)
    rows, columns = (_source_index(size, margin, fill, images.device) for size in (height, width))
    return images[:, :, rows[:, None], columns]


def _source_index(size: int, margin: int, fill: str, device: torch.device) -> Tensor:
    """Return the source index for each index of the padded axis, (size + 2·margin,)."""
    index = torch.arange(-margin, size + margin, device=device)
    if fill == "edge":
        return index.clamp(0, size - 1)
    inward = index.abs()
    return torch.minimum(inward, 2 * (size - 1) - inward)  # margin < size


def rectangles(
    shape: Sequence[int], top: Tensor, left: Tensor, bottom: Tensor, right: Tensor
) -> Tensor:
    """Return (B, 1, H, W) bool, True in rows top … bottom − 1 and columns left … right − 1."""
    rows = torch.arange(shape[2], device=top.device)
    columns = torch.arange(shape[3], device=top.device)
    down = (rows >= top[:, None]) & (rows < bottom[:, None])  # (B, H)
    across = (columns >= left[:, None]) & (columns < right[:, None])  # (B, W)
    return (down[:, :, None] & across[:, None, :])[:, None]


def draw_integers(below: int, shape: Sequence[int], random: torch.Generator) -> Tensor:
    """Draw an integer from 0 to `below` − 1 for each sample of a batch of `shape` (B, …)."""
    return torch.randint(below, (shape[0],), generator=random, device=random.device)


def _uniform(shape: Sequence[int], random: torch.Generator) -> Tensor:
    return torch.rand(shape[0], generator=random, device=random.device)


def _partners(shape: Sequence[int], random: torch.Generator) -> Tensor:
    return torch.randperm(shape[0], generator=random, device=random.device)


def _beta(alpha: float, shape: Sequence[int], random: torch.Generator) -> Tensor:
    """Draw λ ~ Beta(α, α) for each sample; torch's distribution class accepts no generator."""
    both = torch.full((shape[0], 2), alpha, dtype=torch.float64, device=random.device)
    return torch._sample_dirichlet(both, generator=random)[:, 0].float()
