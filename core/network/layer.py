"""Layer: the base class of everything that a network is assembled from. Choices only; each names
the torch module that it stands for.

Shapes here leave out the batch: (C, H, W) for images, (F,) for flat values. `layers.py` brings all
members together.
"""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from core.base.misfit import Misfit
from core.base.spec import Call, Choice, ranged
from core.base.text import format_shape

Shape = tuple[int, ...]


class Layer(Choice, family="layer"):
    """One step of the network, from a tensor to a tensor.

    The class variables are facts that advice, drawings and the training rely on, so that a new
    layer needs no rule elsewhere.
    """

    page: ClassVar[str] = "Network"
    name_prefix: ClassVar[str] = ""  # of its name in the state_dict: conv1, conv2, linear1 …
    icon: ClassVar[str] = "layers"  # Material
    group: ClassVar[str] = "Layers"  # heading in the menu of layers
    is_activation: ClassVar[bool] = False
    is_normalization: ClassVar[bool] = False
    has_weights: ClassVar[bool] = False  # counts towards the depth of the network
    is_dense: ClassVar[bool] = False  # each of its outputs depends on all values of its input
    is_output: ClassVar[bool] = False  # gives the network's scores, so it must be the last one
    passes_gradient: ClassVar[bool] = True  # False if its derivative is 0 almost everywhere
    uses_batch_statistics: ClassVar[bool] = False  # it compares the samples of a mini-batch
    draws_random_numbers: ClassVar[bool] = False  # its module then has an attribute `generator`
    changes_values: ClassVar[bool] = True  # False if inference passes its values on unchanged
    has_branches: ClassVar[bool] = False  # its chains are parallel, and any number of them
    allows_empty_chains: ClassVar[bool] = False  # an empty chain passes its input on
    is_dropout: ClassVar[bool] = False  # it sets values to 0 with probability `p`
    has_stochastic_depth: ClassVar[bool] = False  # it then has a field `drop`

    def call(self, shape: Shape, outputs: int) -> Call:
        """Return the module for an input of this shape (without batch); `outputs` is the number
        of values that the whole network must give.
        """
        raise NotImplementedError

    def output(self, shape: Shape, outputs: int) -> Shape:
        """Return the output's shape by formula, so that it is known before torch is loaded."""
        return shape

    def inner_values(self, shape: Shape) -> int:
        """Return how many values of one sample it stores besides its output; none for most."""
        return 0

    def misfit(self, shape: Shape) -> Misfit | None:
        """Return why the layer cannot take this input; None if it can."""
        return None

    def note(self, shape: Shape, outputs: int) -> str:
        """Return a sentence about what the layer adds for this input; empty for most."""
        return ""

    def fit_bias(self) -> Call | None:
        """Return a function of the bias and the training targets (N,) that sets its initial values;
        None for most.
        """
        return None

    @property
    def acts_in_training_only(self) -> bool:
        """Whether inference passes its values on unchanged, and training draws random numbers."""
        return self.draws_random_numbers and not self.changes_values

    @property
    def outline(self) -> str:
        """The fields in a few words; for a block, how many layers it contains."""
        return self.summary

    @property
    def adds_input(self) -> bool:
        """Whether a shortcut adds the layer's input to its output."""
        return False

    @property
    def join_sign(self) -> str:
        """How its chains and its input are combined: "+" or "‖"; empty if nothing is."""
        return ""

    def chains(self) -> tuple[tuple["Layer", ...], ...]:
        """Return the chains of layers inside this one; none for most."""
        return ()

    def with_chains(self, chains: tuple[tuple["Layer", ...], ...]) -> "Layer":
        """Return the same layer with other chains inside; only for layers that have some."""
        raise NotImplementedError

    def chain_location(self, chain: int) -> tuple[str, str]:
        """Return, for chain `chain` (from 0), what follows this layer's number in the numbers of
        the inner layers, and the chain's path in the module.
        """
        raise NotImplementedError

    def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, "Layer"], ...]:
        """Return changes of this layer that may make it fit, each with the label of its button."""
        return ()

    def preparations(self) -> tuple["Layer", ...]:
        """Return layers each of which may have to be inserted before this one to make it fit."""
        return ()

    def last_fixes(self) -> tuple[tuple[str, "Layer"], ...]:
        """Return further changes that are worth trying only if deleting the layer does not help."""
        return ()

    def adapted(self, shape: Shape) -> "Layer":
        """Return the same layer as a menu inserts it for an input of this shape."""
        return self

    def keeping_size(self) -> "Layer":
        """Return the same layer with an output as large as its input, where its fields allow it."""
        return self


def layer_bias() -> float:
    """The field of layers that move the initial value of their bias."""
    return ranged(
        0.0, -10, 10, symbol="b₀", label="Extra initial bias",
        help="Added to the initial bias, which the initializer sets for all layers.",
    )  # fmt: skip


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """Return a name for each layer, as in its state_dict: conv1, relu1, …; a single output layer
    is not numbered.
    """
    total, seen, result = Counter(layer.name_prefix for layer in layers), Counter(), []
    for layer in layers:
        prefix = layer.name_prefix
        seen[prefix] += 1
        is_plain = layer.is_output and total[prefix] == 1
        result.append(prefix if is_plain else f"{prefix}{seen[prefix]}")
    return result


def image_misfit(label: str, shape: Shape) -> Misfit | None:
    """Return why a layer that works on images cannot take this input; None if it can."""
    if len(shape) == 3:
        return None
    text = (
        f"{label} needs images (channels × height × width), but its input has "
        f"{format_shape(shape)} values. Move it before Flatten."
    )
    return Misfit("needs_images", text, {"shape": list(shape)})


def flat_misfit(label: str, shape: Shape) -> Misfit | None:
    """Return why a layer that works on flat values cannot take this input; None if it can."""
    if len(shape) == 1:
        return None
    text = (
        f"{label} needs a flat input, but its input is {format_shape(shape)}. "
        "Insert Flatten before it."
    )
    return Misfit("needs_flat_input", text, {"shape": list(shape)})
