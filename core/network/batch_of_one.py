"""A minibatch of one sample: whether a layer cannot train on it, for it compares samples.

Found by trying on the meta device, so that a new kind of layer needs no rule here.
"""

from core.network.build import trace
from core.network.layers import Layer, Shape


def alone(
    layers: tuple[Layer, ...], shape: Shape, outputs: int, *, train: int, batch_size: int
) -> str | None:
    """Why batches of this size cannot be trained on, and the way out, where one of them has a
    single sample; None when all is well. `layers` fit `shape`; `train` is the size of the training
    part.
    """
    size = min(batch_size, train)
    if size < 1 or (size > 1 and train % size != 1):
        return None
    name = _first_that_refuses(layers, shape, outputs)
    if name is None:
        return None
    if train == 1:
        return f"{name} compares samples, but there is one to train on: leave it out."
    better = next(b for b in range(size + 1, train + 1) if train % b != 1)
    which = "every batch" if size == 1 else "the last batch of each epoch"
    return f"{name} compares samples, but {which} has one only: set the batch size to {better}."


def _first_that_refuses(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> str | None:
    import torch

    with torch.device("meta"), torch.no_grad():
        for fact, layer in zip(trace(layers, shape, outputs), layers, strict=True):
            try:
                layer.call(fact.input, outputs).make()(torch.empty(1, *fact.input))
            except ValueError:  # torch: "Expected more than 1 value per channel when training"
                return f"Layer {fact.index + 1}, {fact.name},"
    return None
