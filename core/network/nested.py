"""Layers that contain layers: the residual block and parallel branches. Choices only.

`core.network.build.trace` reports a misfit at the inner layer; here a misfit only keeps the block
from having an output shape.
"""

from dataclasses import replace
from math import isclose
from typing import ClassVar, Literal

from pydantic import Field

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.base.text import counted, format_shape
from core.network.activations import ReLU
from core.network.chains import (
    Layers,
    describe_depth,
    find_strides,
    first_misfit,
    layer_calls,
    output_shape,
    summarize,
)  # fmt: skip
from core.network.convolution import Conv2d
from core.network.layer import Layer, Misfit, Shape
from core.network.normalizations import BatchNorm

PLAIN = (Conv2d(maps=16, padding=1), BatchNorm(), ReLU(), Conv2d(maps=16, padding=1), BatchNorm())
MAX_INNER_LAYERS = 100  # layers of one block
MAX_BRANCHES = 16


class Nested(Layer):
    """A layer with layers inside; the base, not a member of the family."""

    technique: ClassVar[str] = "N1"
    group: ClassVar[str] = "Blocks"


class Residual(Nested):
    """Adds its input to the output of the layers inside, so that they only learn a correction and
    the gradient can bypass them.

    If they change the shape, the input passes through a 1 × 1 convolution with the required stride
    (a linear layer for flat values). Stochastic depth: during training, the layers inside are
    skipped with probability p for each sample, and scaled by 1/(1 − p) otherwise.
    """

    kind: Literal["residual"] = "residual"
    label: ClassVar[str] = "Residual block"
    formula: ClassVar[str] = r"z = x + \tfrac{m}{1-p} F(x),\; m \sim \mathrm{Bernoulli}(1-p)"
    source: ClassVar[str] = "He et al. 2016; stochastic depth: Huang et al. 2016"
    technique: ClassVar[str] = "N6"
    name_prefix: ClassVar[str] = "residual"
    icon: ClassVar[str] = "alt_route"
    draws_random_numbers: ClassVar[bool] = True
    has_stochastic_depth: ClassVar[bool] = True
    layers: Layers = Field(
        PLAIN, min_length=1, max_length=MAX_INNER_LAYERS, description="The layers inside."
    )
    shortcut: bool = ranged(True, help="Adds the input. When off, the layers form a plain chain.")
    normalize: bool = ranged(
        True,
        help="Batch normalization after the 1 × 1 convolution, if there is one.",
    )
    drop: float = ranged(
        0.0,
        0,
        below=1,
        symbol="p",
        label="Drop probability",
        help="Stochastic depth: how often the layers inside are skipped during training.",
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        after = output_shape(self.layers, shape, outputs)
        shortcut = self._projection(shape, after) if self.shortcut and after != shape else []
        arguments = {
            "layers": layer_calls(self.layers, shape, outputs),
            "shortcut": shortcut if self.shortcut else None,
            "p": self.drop,
        }
        return Call("core.network.modules.ResidualModule", arguments)

    def output(self, shape: Shape, outputs: int) -> Shape:
        return output_shape(self.layers, shape, outputs)

    @property
    def adds_input(self) -> bool:
        return self.shortcut

    @property
    def join_sign(self) -> str:
        return "+" if self.shortcut else ""

    def chains(self) -> tuple[Layers, ...]:
        return (self.layers,)

    def with_chains(self, chains: tuple[Layers, ...]) -> "Residual":
        return self.model_copy(update={"layers": chains[0]})

    def chain_location(self, chain: int) -> tuple[str, str]:
        return "", "layers"

    def last_fixes(self) -> tuple[tuple[str, Layer], ...]:
        return (("Remove the shortcut", self.model_copy(update={"shortcut": False})),)

    def misfit(self, shape: Shape) -> Misfit | None:
        if inner := first_misfit(self.layers, shape):
            return replace(inner, text=f"Inside the block, {inner.text}")
        after = output_shape(self.layers, shape)
        if not self.shortcut or after == shape:
            return None
        change = f"The block turns {format_shape(shape)} into {format_shape(after)}"
        evidence = {"shape": list(shape), "output": list(after)}
        if len(after) != len(shape):
            text = (
                f"{change}, so its input cannot be added. Move the layer that flattens behind the "
                "block."
            )
            return Misfit("shortcut_across_flatten", text, evidence)
        if find_strides(shape, after) is not None:
            return None
        text = (
            f"{change}, and no stride of the shortcut gives this size. Set the padding of its "
            "convolutions to (kernel size − 1)/2."
        )
        return Misfit("shortcut_size", text, evidence)

    def note(self, shape: Shape, outputs: int) -> str:
        after = output_shape(self.layers, shape, outputs)
        if not self.shortcut or after == shape:
            return ""
        if len(shape) == 1:
            sizes = f"{format_shape(shape)} to {format_shape(after)}"
            return f"The shortcut is a linear layer from {sizes} values."
        stride = max(find_strides(shape, after) or (1,))
        return "The shortcut is a 1 × 1 convolution" + (
            f" with stride {stride}." if stride > 1 else "."
        )

    def _projection(self, before: Shape, after: Shape) -> list[Call]:
        if len(before) == 1:
            sizes = {"in_features": before[0], "out_features": after[0], "bias": False}
            return [Call("torch.nn.Linear", sizes)]
        sizes = {"in_channels": before[0], "out_channels": after[0], "kernel_size": 1}
        more = {"stride": find_strides(before, after), "bias": False}
        norm = Call("torch.nn.BatchNorm2d", {"num_features": after[0]})
        return [Call("torch.nn.Conv2d", {**sizes, **more}), *[norm] * self.normalize]

    @property
    def summary(self) -> str:
        return ", ".join([summarize(self.layers), *self._settings()])

    @property
    def outline(self) -> str:
        return ", ".join([describe_depth(self.layers), *self._settings()])

    def _settings(self) -> list[str]:
        dropped = [f"drop {short(self.drop)}"] * (self.drop > 0)
        return dropped + ["no shortcut"] * (not self.shortcut)


class Branches(Nested):
    """Several chains of layers in parallel on the same input. Their outputs are concatenated along
    the channels, or added. An empty chain passes its input on unchanged.
    """

    kind: Literal["branches"] = "branches"
    label: ClassVar[str] = "Branches"
    formula: ClassVar[str] = r"z = [F_1(x); F_2(x); \dots] \text{ or } \textstyle\sum_i F_i(x)"
    source: ClassVar[str] = "Szegedy et al. 2015 (Inception)"
    name_prefix: ClassVar[str] = "branches"
    icon: ClassVar[str] = "call_split"
    has_branches: ClassVar[bool] = True
    allows_empty_chains: ClassVar[bool] = True
    branches: tuple[Layers, ...] = Field(
        ((Conv2d(kernel=1), ReLU()), (Conv2d(padding=1), ReLU())),
        min_length=1,
        max_length=MAX_BRANCHES,
        description="The parallel chains of layers.",
    )
    join: Literal["concatenate", "sum"] = ranged(
        "concatenate", help="How the outputs of the branches are combined."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        made = [layer_calls(branch, shape, outputs) for branch in self.branches]
        return Call("core.network.modules.BranchesModule", {"branches": made, "join": self.join})

    def output(self, shape: Shape, outputs: int) -> Shape:
        ends = [output_shape(branch, shape, outputs) for branch in self.branches]
        joined = ends[0][0] if self.join == "sum" else sum(end[0] for end in ends)
        return (joined, *ends[0][1:])

    @property
    def join_sign(self) -> str:
        if len(self.branches) == 1:
            return ""
        return "+" if self.join == "sum" else "‖"

    def chains(self) -> tuple[Layers, ...]:
        return self.branches

    def with_chains(self, chains: tuple[Layers, ...]) -> "Branches":
        return self.model_copy(update={"branches": chains})

    def chain_location(self, chain: int) -> tuple[str, str]:
        return f".{chain + 1}", f"branches.{chain}"

    def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, Layer], ...]:
        joined = self.model_copy(update={"join": "concatenate"})
        return (("Concatenate the branches", joined),) if self.join == "sum" else ()

    def misfit(self, shape: Shape) -> Misfit | None:
        for number, branch in enumerate(self.branches, 1):
            if inner := first_misfit(branch, shape):
                return replace(inner, text=f"In branch {number}, {inner.text}")
        ends = [output_shape(branch, shape) for branch in self.branches]
        first = 0 if self.join == "sum" else 1  # concatenated branches may differ in channels
        other = next((end for end in ends if not _agree(end, ends[0], first)), None)
        if other is None:
            return None
        number = ends.index(other) + 1
        verb = "added" if self.join == "sum" else "concatenated"
        text = (
            f"Branch 1 gives {format_shape(ends[0])} and branch {number} gives "
            f"{format_shape(other)}, which cannot be {verb}. Give branch {number} the same "
            "number of units, padding and stride as branch 1."
        )
        evidence = {"branch": number, "shapes": [list(ends[0]), list(other)]}
        return Misfit("branches_differ", text, evidence)

    @property
    def summary(self) -> str:
        return f"{' | '.join(map(summarize, self.branches))}, {self._joined()}"

    @property
    def outline(self) -> str:
        return f"{counted(len(self.branches), 'branch')}, {self._joined()}"

    def _joined(self) -> str:
        return "added" if self.join == "sum" else "concatenated"


def set_stochastic_depth(layers: Layers, last: float) -> Layers:
    """Set the drop probability of block l of L to l/L · `last` (Huang et al. 2016)."""
    blocks = sum(layer.has_stochastic_depth for layer in layers)
    seen, changed = 0, []
    for layer in layers:
        if layer.has_stochastic_depth:
            seen += 1
            layer = layer.model_copy(update={"drop": last * seen / blocks})
        changed.append(layer)
    return tuple(changed)


def get_stochastic_depth(layers: Layers) -> tuple[float, bool] | None:
    """Return the drop probability of the last of several residual blocks and whether it grows
    linearly up to there; None for fewer than two blocks. Blocks inside others do not count.
    """
    drops = [layer.drop for layer in layers if layer.has_stochastic_depth]
    if len(drops) < 2:
        return None
    linear = (drops[-1] * (i + 1) / len(drops) for i in range(len(drops)))
    return drops[-1], all(map(isclose, drops, linear))


def _agree(left: Shape, right: Shape, first: int) -> bool:
    """Return whether two shapes agree from dimension `first` on."""
    return len(left) == len(right) and left[first:] == right[first:]
