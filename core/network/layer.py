"""Layer: the family of everything that a network is assembled from, without its members. Choices
only; each names the torch module it stands for.

Shapes here leave out the batch: (C, H, W) for pictures, (F,) for flat values. `layers.py` brings
all members together.
"""

from typing import ClassVar

from core.spec import Call, Choice

Shape = tuple[int, ...]


def times(shape: Shape) -> str:
    """A shape as people read it.

    >>> times((16, 5, 5))
    '16 × 5 × 5'
    """
    return " × ".join(str(n) for n in shape)


class Layer(Choice, family="layer"):
    """One step of the network, from a tensor to a tensor."""

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

    def problem(self, shape: Shape) -> str | None:
        """Why it cannot take this input, and what to do; None when it can."""
        return None


def wants_pictures(what: str, shape: Shape) -> str | None:
    if len(shape) == 3:
        return None
    return (
        f"{what} needs pictures (channels × height × width), got {times(shape)} values: "
        "put it before Flatten."
    )
