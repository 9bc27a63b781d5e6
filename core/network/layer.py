"""Layer: the family of everything that a network is assembled from, without its members. Choices
only; each names the torch module it stands for.

Shapes here leave out the batch: (C, H, W) for pictures, (F,) for flat values. `layers.py` brings
all members together.
"""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from core.base.spec import Call, Choice
from core.base.text import format_shape

Shape = tuple[int, ...]


class Layer(Choice, family="layer"):
    """One step of the network, from a tensor to a tensor."""

    page: ClassVar[str] = "Network"
    stem: ClassVar[str] = ""  # of its name in the state_dict: conv1, conv2, linear1 …
    icon: ClassVar[str] = "layers"  # Material

    def call(self, shape: Shape, outputs: int) -> Call:
        """The module for an input of this shape (without batch); `outputs` is what the last layer
        must give.
        """
        raise NotImplementedError

    def output(self, shape: Shape, outputs: int) -> Shape:
        """The output's shape, by formula: what the module gives, known before torch is loaded."""
        return shape

    @property
    def outline(self) -> str:
        """Its fields in a few words; of a block how much is within it."""
        return self.summary

    def inside(self) -> tuple[tuple["Layer", ...], ...]:
        """The chains of layers within it; none for most."""
        return ()

    def holding(self, chains: tuple[tuple["Layer", ...], ...]) -> "Layer":
        """The same layer with other chains within it; only for those that have some."""
        raise NotImplementedError

    def within(self, chain: int) -> tuple[str, str]:
        """Of chain `chain` (from 0): what its layers' numbers have behind that of this layer, and
        where it lies in the module.
        """
        raise NotImplementedError

    def note(self, shape: Shape, outputs: int) -> str:
        """A sentence about what it adds by itself for this input; empty for most."""
        return ""

    def problem(self, shape: Shape) -> str | None:
        """Why it cannot take this input, and what to do; None when it can."""
        return None


def names(layers: Sequence[Layer]) -> list[str]:
    """A name for each layer, as in its state_dict: conv1, relu1, …; `output` alone is not
    numbered.
    """
    total, seen, result = Counter(layer.stem for layer in layers), Counter(), []
    for layer in layers:
        seen[layer.stem] += 1
        alone = layer.stem == "output" and total[layer.stem] == 1
        result.append(layer.stem if alone else f"{layer.stem}{seen[layer.stem]}")
    return result


def wants_pictures(what: str, shape: Shape) -> str | None:
    if len(shape) == 3:
        return None
    return (
        f"{what} needs pictures (channels × height × width), got {format_shape(shape)} values: "
        "put it before Flatten."
    )
