"""A network as columns, for its drawings: each layer with weights or each block, and below it what
follows without weights; equal neighbours become one where there are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.network.layers import Layer, Residual, Shape

if TYPE_CHECKING:
    from core.network.build import LayerFacts

MANY = 9  # columns; with more, equal neighbours are drawn once


@dataclass(frozen=True)
class Column:
    """`lanes`: side by side, the names of the layers in each, one lane for a plain layer. `joined`:
    how lanes become one, "+" or "‖"; empty for a plain layer. `around`: whether the input is added.
    `after`: names of what follows without weights. `shape`: behind it, () where it does not fit.
    `weights`: how many columns with weights came before. `times`: how many such stand here.
    `wrong`: whether the block itself does not fit; a layer that does not has its number before its
    name, "3.2 conv1".
    """

    name: str
    lanes: tuple[tuple[str, ...], ...]
    shape: Shape
    weights: int
    joined: str = ""
    around: bool = False
    after: tuple[str, ...] = ()
    times: int = 1
    wrong: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two columns equal; the numbers in the names do not."""
        bare = [tuple(_bare(one) for one in lane) for lane in self.lanes]
        after = tuple(map(_bare, self.after))
        return (_bare(self.name), *bare, after, self.shape, self.joined, self.around, self.wrong)


def columns(layers: Sequence[Layer], facts: Sequence["LayerFacts"]) -> list[Column]:
    """All columns up to the first layer that does not fit, without the input."""
    found: list[Column] = []
    weights = -1
    for layer, fact in zip(layers, facts, strict=True):
        weighty = fact.parameters and not fact.name.startswith("norm")
        if fact.inside or weighty or not found:
            weights += bool(fact.parameters)
            found.append(_column(layer, fact, max(weights, 0)))
        else:
            last = found[-1]
            after, shape = (*last.after, _named(fact)), fact.output or ()
            found[-1] = replace(last, after=after, shape=shape)
        if fact.output is None or fact.problem:
            break
    return folded(found) if len(found) > MANY else found


def folded(all: Sequence[Column]) -> list[Column]:
    """Equal neighbours as one, with how many they are."""
    result: list[Column] = []
    for one in all:
        if result and one.shape and result[-1].key == one.key:
            result[-1] = replace(result[-1], times=result[-1].times + 1)
        else:
            result.append(one)
    return result


def _column(layer: Layer, fact: "LayerFacts", weights: int) -> Column:
    shape = () if fact.problem else fact.output or ()
    if not fact.inside:
        return Column(fact.name, ((_named(fact),),), shape, weights)
    around = isinstance(layer, Residual) and layer.shortcut
    joined = "‖" if getattr(layer, "join", "sum") == "concatenate" else "+"
    return Column(
        fact.name,
        tuple(tuple(map(_named, chain)) for chain in fact.inside),
        shape,
        weights,
        joined=joined if around or len(fact.inside) > 1 else "",
        around=around,
        wrong=bool(fact.problem) and not any(_is_wrong(one) for c in fact.inside for one in c),
    )


def _named(fact: "LayerFacts") -> str:
    return f"{fact.number} {fact.name}" if _is_wrong(fact) else fact.name


def _is_wrong(fact: "LayerFacts") -> bool:
    return bool(fact.problem) or any(_is_wrong(one) for chain in fact.inside for one in chain)


def _bare(name: str) -> str:
    return name.rstrip("0123456789")
