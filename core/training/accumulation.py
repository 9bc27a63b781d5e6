"""Gradient accumulation: the gradient of a mini-batch computed in parts, one after another, so that
only one part's outputs of layers are in memory.
"""

import torch
from torch import Tensor

from core.data.augmenter import Mix
from core.training.setup import Setup


def accumulate_gradient(
    setup: Setup, x: Tensor, y: Tensor, mix: Mix | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Add the gradients of the parts of a mini-batch (B, …), each with its fraction of the samples,
    to those that the weights have. Return the loss (), the outputs (B, C), and the loss with
    penalties ().
    """
    results = []
    for rows in setup.parts(len(y)):
        fraction, part_mix = (rows.stop - rows.start) / len(y), mix and mix.of(rows)
        with setup.watching():  # penalties on activations collect the outputs of layers
            outputs = setup.model(x[rows])
        loss = setup.loss(outputs, y[rows], part_mix)
        total = fraction * sum(setup.penalties(outputs, y[rows], part_mix), loss)
        total.backward()  # and frees the outputs of the layers
        results.append(((fraction * loss).detach(), outputs.detach(), total.detach()))
    losses, outputs, totals = zip(*results, strict=True)
    return sum(losses), torch.cat(outputs), sum(totals)
