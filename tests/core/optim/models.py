"""A small network with gradients, to try transforms of the training step on."""

import torch
from torch import nn

from core.optim.regularizers import Regularizer
from core.optim.transforms import Transform


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)).double()


def bound(regularizer: Regularizer, model: nn.Module) -> Transform:
    transform = regularizer.call().make()
    transform.bind(model)
    return transform


def backward(model: nn.Module, transform: Transform) -> None:
    torch.manual_seed(1)
    with transform.watching():
        loss = model(torch.randn(6, 5, dtype=torch.float64)).square().mean()
    penalty = transform.penalty()
    (loss if penalty is None else loss + penalty).backward()
