"""The layers of a trained network and what they compute for a batch."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
from torch import Tensor, nn

from core.analysis.trained import TrainedRun
from core.network.build import LayerFacts, walk_facts

MANY = 24  # layers on one page


def all_layers(trained: TrainedRun) -> list[LayerFacts]:
    """Return every layer that changes values during inference, also those inside blocks, in the
    order of the calculation.
    """
    return [fact for fact in walk_facts(trained.setup.facts) if fact.layer.changes_values]


def shown_layers(trained: TrainedRun) -> list[LayerFacts]:
    """Return at most MANY layers to be shown one below the other: all of them, or those that are
    not inside blocks, or some of these, evenly spaced from the first to the last.
    """
    layers = [fact for fact in all_layers(trained) if not fact.chains]
    if len(layers) > MANY:
        layers = [fact for fact in trained.setup.facts if fact.layer.changes_values]
    chosen = np.linspace(0, len(layers) - 1, min(MANY, len(layers))).round().astype(int)
    return [layers[i] for i in chosen]


def convolutional_layers(trained: TrainedRun) -> list[LayerFacts]:
    """Return the layers with weights whose outputs are maps: convolutions, and blocks with some."""
    return [f for f in walk_facts(trained.setup.facts) if f.has_weights and len(f.output) == 3]


def title(fact: LayerFacts) -> str:
    """Return the number and the name of a layer, such as "2 conv1"."""
    return f"{fact.number} {fact.name}"


@contextmanager
def recorded(model: nn.Module, paths: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Record the outputs (N, …) of the layers at these paths while the model computes."""
    outputs: dict[str, Tensor] = {}

    def recorder(path: str):
        return lambda module, inputs, output: outputs.__setitem__(path, output)

    with ExitStack() as stack:
        for path in paths:
            handle = model.get_submodule(path).register_forward_hook(recorder(path))
            stack.callback(handle.remove)
        yield outputs
