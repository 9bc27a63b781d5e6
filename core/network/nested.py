"""Layers that hold layers: the residual block and parallel branches. Choices only.

What is wrong inside is said at the inner layer by `core.network.build.trace`; here it only keeps
the block from having a shape.
"""

from math import isclose
from typing import ClassVar, Literal

from pydantic import Field

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.base.text import counted, format_shape
from core.network.activations import ReLU
from core.network.chains import Layers, calls, chain, misfit, strides, told
from core.network.convolution import Conv2d
from core.network.layer import Layer, Shape
from core.network.normalizations import BatchNorm

PLAIN = (Conv2d(maps=16, padding=1), BatchNorm(), ReLU(), Conv2d(maps=16, padding=1), BatchNorm())
MOST = 100  # layers of one block


class Nested(Layer):
    """A layer with layers inside; the base, no member by itself."""

    technique: ClassVar[str] = "N1"


class Residual(Nested):
    """Adds its input to what the layers inside make of it, so that they learn a correction only and
    the gradient has a way around them.

    Where they change the shape, the input goes through a 1 × 1 convolution with the stride that is
    needed (a linear layer for flat values). Stochastic depth: while training, the layers inside are
    left out for each example with probability p, and scaled by 1/(1 − p) for the others.
    """

    kind: Literal["residual"] = "residual"
    label: ClassVar[str] = "Residual block"
    formula: ClassVar[str] = r"z = x + \tfrac{m}{1-p} F(x),\; m \sim \mathrm{Bernoulli}(1-p)"
    source: ClassVar[str] = "He et al. 2016; stochastic depth: Huang et al. 2016"
    technique: ClassVar[str] = "N6"
    stem: ClassVar[str] = "residual"
    icon: ClassVar[str] = "alt_route"
    layers: Layers = Field(PLAIN, min_length=1, max_length=MOST, description="The layers inside.")
    shortcut: bool = ranged(True, help="Adds the input; off, the layers are a plain chain.")
    normalize: bool = ranged(
        True, help="Batch normalization behind the 1 × 1 convolution, where there is one."
    )
    drop: float = ranged(
        0.0, 0, below=1, symbol="p", label="Drop probability", help="Stochastic depth."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        after = chain(self.layers, shape, outputs)
        around = self._projection(shape, after) if self.shortcut and after != shape else []
        arguments = {
            "layers": calls(self.layers, shape, outputs),
            "shortcut": around if self.shortcut else None,
            "p": self.drop,
        }
        return Call("core.network.modules.ResidualModule", arguments)

    def output(self, shape: Shape, outputs: int) -> Shape:
        return chain(self.layers, shape, outputs)

    def inside(self) -> tuple[Layers, ...]:
        return (self.layers,)

    def holding(self, chains: tuple[Layers, ...]) -> "Residual":
        return self.model_copy(update={"layers": chains[0]})

    def within(self, chain: int) -> tuple[str, str]:
        return "", "layers"

    def problem(self, shape: Shape) -> str | None:
        if wrong := misfit(self.layers, shape):
            return f"Inside, {wrong}"
        after = chain(self.layers, shape)
        if not self.shortcut or after == shape:
            return None
        if len(after) != len(shape):
            return (
                f"The block turns {format_shape(shape)} into {format_shape(after)} values, "
                "to which its input cannot be added: put the layer that flattens behind the block."
            )
        return None if strides(shape, after) is not None else _out_of_reach(shape, after)

    def note(self, shape: Shape, outputs: int) -> str:
        after = chain(self.layers, shape, outputs)
        if not self.shortcut or after == shape:
            return ""
        if len(shape) == 1:
            change = f"{format_shape(shape)} to {format_shape(after)}"
            return f"The input goes through a linear layer, {change}."
        step = max(strides(shape, after) or (1,))
        return "The input goes through a 1 × 1 convolution" + (
            f" with stride {step}." if step > 1 else "."
        )

    def _projection(self, before: Shape, after: Shape) -> list[Call]:
        if len(before) == 1:
            sizes = {"in_features": before[0], "out_features": after[0], "bias": False}
            return [Call("torch.nn.Linear", sizes)]
        sizes = {"in_channels": before[0], "out_channels": after[0], "kernel_size": 1}
        more = {"stride": strides(before, after), "bias": False}
        norm = Call("torch.nn.BatchNorm2d", {"num_features": after[0]})
        return [Call("torch.nn.Conv2d", {**sizes, **more}), *[norm] * self.normalize]

    @property
    def summary(self) -> str:
        return ", ".join([told(self.layers), *self._more()])

    @property
    def outline(self) -> str:
        return ", ".join([counted(len(self.layers), "layer"), *self._more()])

    def _more(self) -> list[str]:
        return [f"drop {short(self.drop)}"] * (self.drop > 0) + ["no shortcut"] * (
            not self.shortcut
        )


class Branches(Nested):
    """Several chains of layers side by side on the same input; what they give is put one behind
    the other, channel by channel, or added. An empty chain passes the input on as it is.
    """

    kind: Literal["branches"] = "branches"
    label: ClassVar[str] = "Branches"
    formula: ClassVar[str] = r"z = [F_1(x); F_2(x); \dots] \text{ or } \textstyle\sum_i F_i(x)"
    source: ClassVar[str] = "Szegedy et al. 2015 (Inception)"
    stem: ClassVar[str] = "branches"
    icon: ClassVar[str] = "call_split"
    branches: tuple[Layers, ...] = Field(
        ((Conv2d(kernel=1), ReLU()), (Conv2d(padding=1), ReLU())),
        min_length=1,
        max_length=16,
        description="The chains of layers, side by side.",
    )
    join: Literal["concatenate", "sum"] = ranged(
        "concatenate", help="How the outputs of the branches become one."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        made = [calls(branch, shape, outputs) for branch in self.branches]
        return Call("core.network.modules.BranchesModule", {"branches": made, "join": self.join})

    def output(self, shape: Shape, outputs: int) -> Shape:
        ends = [chain(branch, shape, outputs) for branch in self.branches]
        joined = ends[0][0] if self.join == "sum" else sum(end[0] for end in ends)
        return (joined, *ends[0][1:])

    def inside(self) -> tuple[Layers, ...]:
        return self.branches

    def holding(self, chains: tuple[Layers, ...]) -> "Branches":
        return self.model_copy(update={"branches": chains})

    def within(self, chain: int) -> tuple[str, str]:
        return f".{chain + 1}", f"branches.{chain}"

    def problem(self, shape: Shape) -> str | None:
        for number, branch in enumerate(self.branches, 1):
            if wrong := misfit(branch, shape):
                return f"In branch {number}, {wrong}"
        ends = [chain(branch, shape) for branch in self.branches]
        kept = 0 if self.join == "sum" else 1  # the channels may differ when they are put in a row
        other = next((end for end in ends if _differ(end, ends[0], kept)), None)
        if other is None:
            return None
        place = ends.index(other) + 1
        return (
            f"Branches give {format_shape(ends[0])} (1) and {format_shape(other)} ({place}), "
            f"which cannot be {'added' if self.join == 'sum' else 'put in a row'}: "
            f"make branch {place} like the first in units, padding and stride."
        )

    @property
    def summary(self) -> str:
        return f"{' | '.join(map(told, self.branches))}, {self._joined()}"

    @property
    def outline(self) -> str:
        return f"{counted(len(self.branches), 'branch')}, {self._joined()}"

    def _joined(self) -> str:
        return "added" if self.join == "sum" else "in a row"


def deepening(layers: Layers, last: float) -> Layers:
    """Stochastic depth as in its paper: block l of L is left out with probability l/L · last."""
    blocks = sum(isinstance(layer, Residual) for layer in layers)
    seen, new = 0, []
    for layer in layers:
        if isinstance(layer, Residual):
            seen += 1
            layer = layer.model_copy(update={"drop": last * seen / blocks})
        new.append(layer)
    return tuple(new)


def deepest(layers: Layers) -> tuple[float, bool] | None:
    """The drop probability of the last of several residual blocks, and whether it grows to there
    evenly; None for fewer than two blocks. Blocks within others do not count.
    """
    drops = [layer.drop for layer in layers if isinstance(layer, Residual)]
    if len(drops) < 2:
        return None
    even = (drops[-1] * (i + 1) / len(drops) for i in range(len(drops)))
    return drops[-1], all(map(isclose, drops, even))


def _differ(one: Shape, other: Shape, kept: int) -> bool:
    return len(one) != len(other) or one[kept:] != other[kept:]


def _out_of_reach(before: Shape, after: Shape) -> str:
    return (
        f"The block turns {format_shape(before)} into {format_shape(after)}, "
        "to which no stride brings its input: set the padding of its convolutions to "
        "(kernel − 1)/2."
    )
