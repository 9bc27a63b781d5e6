"""Whether a mini-batch of one sample keeps a network from training, because one of its layers
compares the samples of a batch.

Each layer is tried on the meta device, so that a new layer needs no rule here.
"""

from core.network.build import LayerFacts, trace
from core.network.layers import Layer, Misfit, Shape


def check_batch_of_one(
    layers: tuple[Layer, ...], shape: Shape, outputs: int, *, train: int, batch_size: int
) -> Misfit | None:
    """Return why batches of this size cannot be trained on if one of them has a single sample; None
    if they can. `layers` fit `shape`; `train` is the size of the training set.
    """
    size = min(batch_size, train)
    if size < 1 or (size > 1 and train % size != 1):
        return None
    fact = _first_refusal(layers, shape, outputs)
    if fact is None:
        return None
    name = f"Layer {fact.number} ({fact.name})"
    evidence = {"layer": fact.index, "train": train, "batch_size": size}
    if train == 1:
        text = (
            f"{name} compares the samples of a batch, but the training set has one sample. "
            "Delete this layer."
        )
        return Misfit("one_training_sample", text, evidence)
    better = next(b for b in range(size + 1, train + 1) if train % b != 1)
    which = "every batch" if size == 1 else "the last batch of each epoch"
    text = (
        f"{name} compares the samples of a batch, but {which} has one sample. "
        f"Set the batch size to {better}."
    )
    return Misfit("batch_of_one", text, evidence | {"suggested": better})


def _first_refusal(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> LayerFacts | None:
    """Return the first layer whose module refuses a single sample in training mode."""
    import torch

    with torch.device("meta"), torch.no_grad():
        for fact, layer in zip(trace(layers, shape, outputs), layers, strict=True):
            try:
                layer.call(fact.input, outputs).make()(torch.empty(1, *fact.input))
            except ValueError:  # torch: "Expected more than 1 value per channel when training"
                return fact
    return None
