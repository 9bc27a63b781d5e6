"""Directions in the space of the weights: random ones of the scale of the filters, and the plane in
which a training moved.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

Weights = dict[str, Tensor]  # by the name of the parameter


def filter_normalized(weights: Weights, seed: int) -> Weights:
    """Return a random direction in which every filter (or the weights of one unit) is as long as
    the filter itself; biases and normalizations, which have one dimension, do not move (Li et al.
    2018, Visualizing the Loss Landscape of Neural Nets).
    """
    draw, direction = torch.Generator().manual_seed(seed), {}
    for name, weight in weights.items():
        if weight.ndim < 2:
            direction[name] = torch.zeros_like(weight)
            continue
        random = torch.randn(weight.shape, generator=draw).to(weight)
        lengths = [torch.linalg.vector_norm(w.flatten(1), dim=1) for w in (weight, random)]
        ratio = lengths[0] / lengths[1].clamp(min=1e-10)
        direction[name] = random * ratio.view(-1, *[1] * (weight.ndim - 1))
    return direction


def principal_plane(points: Sequence[Tensor], center: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return two orthonormal directions (2, P), the coordinates (n, 2) of the points (P,) from the
    center (P,), and the fraction of their squared distances from it that each direction explains
    (2,). Exact: a singular value decomposition of the differences (Li et al. 2018, section 7).
    """
    differences = torch.stack([point - center for point in points]).double()  # (n, P)
    gram = differences @ differences.T  # n is small, P may be millions
    squares, vectors = torch.linalg.eigh(gram)
    order = squares.argsort(descending=True)[:2]
    squares, vectors = squares.clamp(min=0), vectors[:, order]
    lengths = squares[order].sqrt().clamp(min=1e-12)
    directions = (vectors.T @ differences) / lengths[:, None]
    if len(directions) < 2:
        directions = torch.cat([directions, torch.zeros_like(directions)])
    explained = squares[order] / squares.sum().clamp(min=1e-24)
    explained = torch.cat([explained, torch.zeros(2 - len(explained))])
    return directions, differences @ directions.T, explained


def flat(weights: Weights) -> Tensor:
    """Return all weights as one vector (P,)."""
    return torch.cat([weight.detach().flatten() for weight in weights.values()])


def shaped(vector: Tensor, like: Weights) -> Weights:
    """Return a vector (P,) in the shapes of `like`."""
    parts = vector.split([weight.numel() for weight in like.values()])
    return {
        name: part.view(weight.shape).to(weight)
        for (name, weight), part in zip(like.items(), parts, strict=True)
    }
