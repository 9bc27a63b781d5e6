"""What augmentations do to a batch, in torch: every sample of it by chance of its own, on the
device where it lies. Imports torch alone.

Each operation is two functions: `draw` takes its random numbers from the generator it is given,
`apply` is arithmetic. No chance hides anywhere else.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

Drawn = tuple[Tensor, ...]  # random numbers, a row for each sample of the batch


class Operation:
    """One augmentation. `stage` says what `apply` gets: "set" the whole set of pictures and rows of
    it, "raw" a batch as it is stored, "scaled" what the network would see, "mix" the same, to make
    one sample of two.
    """

    stage: ClassVar[str] = ""

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """The random numbers for a batch of `shape` (B, …), on the generator's device."""
        raise NotImplementedError

    def told(self, *numbers: Tensor) -> str:
        """What befalls a sample with these random numbers, in words; empty for nothing."""
        return ""


class CropOperation(Operation):
    """Pictures moved by up to `padding` pixels: windows of a set that got its margin once.

    One indexing of a view; cutting each picture out by itself costs 60 times as much on MNIST.
    """

    stage = "set"

    def __init__(self, padding: int, fill: str = "black"):
        self.padding, self.fill = padding, fill

    def windows(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) -> a view (N, C, 2k + 1, 2k + 1, H, W), k the padding: [n, :, dy, dx] is
        picture n with its margin, cut out from row dy and column dx on.
        """
        height, width = pictures.shape[2:]
        padded = padded_by(pictures, self.padding, self.fill)
        return padded.unfold(2, height, 1).unfold(3, width, 1)

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        places = 2 * self.padding + 1
        return whole(places, shape, random), whole(places, shape, random)

    def apply(self, windows: Tensor, rows: Tensor, top: Tensor, left: Tensor) -> Tensor:
        """Pictures (B, C, H, W) of these rows, cut out at these places."""
        return windows[rows, :, top, left]

    def told(self, top: Tensor, left: Tensor) -> str:
        down, right = self.padding - int(top), self.padding - int(left)
        said = [f"{abs(down)} px {'down' if down > 0 else 'up'}"] if down else []
        said += [f"{abs(right)} px {'right' if right > 0 else 'left'}"] if right else []
        return ", ".join(said)


class FlipOperation(Operation):
    """Mirrored left and right where `draw` says so."""

    stage = "raw"

    def __init__(self, p: float):
        self.p = p

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        return (_uniform(shape, random) < self.p,)

    def apply(self, x: Tensor, mirrored: Tensor) -> Tensor:
        return torch.where(mirrored[:, None, None, None], x.flip(3), x)

    def told(self, mirrored: Tensor) -> str:
        return "mirrored" if mirrored else ""


class RotationOperation(Operation):
    """Turned about the middle by up to `degrees`, counter-clockwise where positive, bilinear."""

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
        """float32: what lies between two pixels is no whole number."""
        height, width = x.shape[2:]
        sine, cosine = degrees.deg2rad().sin(), degrees.deg2rad().cos()
        zero = torch.zeros_like(sine)
        first = torch.stack([cosine, -sine * (height / width), zero], 1)  # half widths are 1 there
        second = torch.stack([sine * (width / height), cosine, zero], 1)
        grid = F.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
        outside = self.outside[self.fill]
        return F.grid_sample(
            x.float(), grid, mode="bilinear", padding_mode=outside, align_corners=False
        )

    def told(self, degrees: Tensor) -> str:
        angle = round(float(degrees), 1)
        return f"turned {abs(angle):g}° {'left' if angle > 0 else 'right'}" if angle else ""


class NoiseOperation(Operation):
    """Normal noise on every value."""

    stage = "scaled"

    def __init__(self, deviation: float):
        self.deviation = deviation

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        return (torch.randn(tuple(shape), generator=random, device=random.device),)

    def apply(self, x: Tensor, noise: Tensor) -> Tensor:
        return x.add(noise, alpha=self.deviation)

    def told(self, noise: Tensor) -> str:
        return f"noise {self.deviation:g}" if self.deviation else ""


class CutoutOperation(Operation):
    """A square around a chance pixel is 0; what lies outside the picture is lost."""

    stage = "scaled"

    def __init__(self, side: int):
        self.side = side

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """The square's middle, row and column."""
        return whole(shape[2], shape, random), whole(shape[3], shape, random)

    def apply(self, x: Tensor, row: Tensor, column: Tensor) -> Tensor:
        top, left = row - self.side // 2, column - self.side // 2
        inside = rectangles(x.shape, top, left, top + self.side, left + self.side)
        return x.masked_fill(inside, 0.0)

    def told(self, row: Tensor, column: Tensor) -> str:
        return f"cut out around row {int(row) + 1}, column {int(column) + 1}"


class MixUpOperation(Operation):
    """x' = λ·x + (1 − λ)·partner, partners by a permutation of the batch."""

    stage = "mix"

    def __init__(self, alpha: float):
        self.alpha = alpha

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """Partner and λ of each sample."""
        return _partners(shape, random), _beta(self.alpha, shape, random)

    def apply(self, x: Tensor, partner: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """Mixed samples and the share of the first in each."""
        across = share.view(-1, *[1] * (x.ndim - 1))
        return across * x + (1 - across) * x[partner], share


class CutMixOperation(Operation):
    """A rectangle of the partner, of the sides √(1 − λ)·H and √(1 − λ)·W (rounded down to an even
    number), around a chance pixel; λ is then what is left of the first.
    """

    stage = "mix"

    def __init__(self, alpha: float):
        self.alpha = alpha

    def draw(self, shape: Sequence[int], random: torch.Generator) -> Drawn:
        """Partner, λ, row and column of each sample."""
        place = whole(shape[2], shape, random), whole(shape[3], shape, random)
        return _partners(shape, random), _beta(self.alpha, shape, random), *place

    def apply(
        self, x: Tensor, partner: Tensor, share: Tensor, row: Tensor, column: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Mixed samples and the share of pixels that are of the first in each."""
        cut = (1 - share).sqrt()
        tall, wide = ((cut * size).long() // 2 for size in x.shape[2:])  # half of each side
        inside = rectangles(x.shape, row - tall, column - wide, row + tall, column + wide)
        left = 1 - inside.float().mean((1, 2, 3))
        return torch.where(inside, x[partner], x), left


def padded_by(pictures: Tensor, margin: int, fill: str) -> Tensor:
    """(N, C, H, W) -> (N, C, H + 2·margin, W + 2·margin), of the same type."""
    height, width = pictures.shape[2:]
    if fill == "black":
        return F.pad(pictures, [margin] * 4)
    rows, columns = (_outside(size, margin, fill, pictures.device) for size in (height, width))
    return pictures[:, :, rows[:, None], columns]


def _outside(size: int, margin: int, fill: str, device: torch.device) -> Tensor:
    """For each place of the padded axis the place that it repeats, (size + 2·margin,)."""
    places = torch.arange(-margin, size + margin, device=device)
    if fill == "edge":
        return places.clamp(0, size - 1)
    inward = places.abs()
    return torch.minimum(inward, 2 * (size - 1) - inward)  # margin < size


def rectangles(
    shape: Sequence[int], top: Tensor, left: Tensor, bottom: Tensor, right: Tensor
) -> Tensor:
    """(B, 1, H, W) bool: True in rows top … bottom − 1 and columns left … right − 1 of each."""
    rows = torch.arange(shape[2], device=top.device)
    columns = torch.arange(shape[3], device=top.device)
    down = (rows >= top[:, None]) & (rows < bottom[:, None])  # (B, H)
    across = (columns >= left[:, None]) & (columns < right[:, None])  # (B, W)
    return (down[:, :, None] & across[:, None, :])[:, None]


def whole(below: int, shape: Sequence[int], random: torch.Generator) -> Tensor:
    """A whole number from 0 to `below` − 1 for each sample of a batch of `shape` (B, …)."""
    return torch.randint(below, (shape[0],), generator=random, device=random.device)


def _uniform(shape: Sequence[int], random: torch.Generator) -> Tensor:
    return torch.rand(shape[0], generator=random, device=random.device)


def _partners(shape: Sequence[int], random: torch.Generator) -> Tensor:
    return torch.randperm(shape[0], generator=random, device=random.device)


def _beta(alpha: float, shape: Sequence[int], random: torch.Generator) -> Tensor:
    """λ ~ Beta(α, α) for each sample; torch's own distribution takes no generator."""
    both = torch.full((shape[0], 2), alpha, dtype=torch.float64, device=random.device)
    return torch._sample_dirichlet(both, generator=random)[:, 0].float()
