"""A network as columns for its drawings: each layer with weights or each block, and below it the
layers without weights that follow; where there are many, equal neighbours become one column.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from core.network.layers import Shape

if TYPE_CHECKING:
    from core.network.build import LayerFacts

MANY = 9  # columns; with more, equal neighbours are drawn once


class Cell(NamedTuple):
    """One layer of a column. A layer that does not fit has its number before its name,
    "3.2 conv1".
    """

    name: str
    has_weights: bool = False
    fits: bool = True

    @property
    def bare_name(self) -> str:
        """The name without its number."""
        return self.name.rstrip("0123456789")


@dataclass(frozen=True)
class Column:
    """A layer with weights or a block, and what follows it.

    `lanes`: the layers of each parallel chain, one lane for a plain layer. `joined`: how the lanes
    become one, "+" or "‖"; empty for a plain layer. `shortcut`: whether the input is added.
    `after`: the layers without weights that follow. `shape`: the output shape behind them, () where
    it does not fit. `weights`: how many columns with weights came before. `times`: how many equal
    columns it stands for. `has_misfit`: whether the block itself does not fit.
    """

    name: str
    lanes: tuple[tuple[Cell, ...], ...]
    shape: Shape
    weights: int
    joined: str = ""
    shortcut: bool = False
    after: tuple[Cell, ...] = ()
    times: int = 1
    has_misfit: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two columns equal; the numbers in the names do not count."""
        lanes = tuple(tuple(cell.bare_name for cell in lane) for lane in self.lanes)
        after = tuple(cell.bare_name for cell in self.after)
        name = Cell(self.name).bare_name
        return (name, lanes, after, self.shape, self.joined, self.shortcut, self.has_misfit)


def columns(facts: Sequence["LayerFacts"]) -> list[Column]:
    """Return all columns up to the first layer that does not fit, without the input."""
    result: list[Column] = []
    weights = -1
    for fact in facts:
        if fact.chains or fact.has_weights or not result:
            weights += bool(fact.parameters)
            result.append(_column(fact, max(weights, 0)))
        else:
            last = result[-1]
            after, shape = (*last.after, _cell(fact)), fact.output or ()
            result[-1] = replace(last, after=after, shape=shape)
        if fact.output is None or fact.misfit:
            break
    return fold(result) if len(result) > MANY else result


def fold(columns: Sequence[Column]) -> list[Column]:
    """Return the columns with equal neighbours as one, which counts them."""
    folded: list[Column] = []
    for column in columns:
        if folded and column.shape and folded[-1].key == column.key:
            folded[-1] = replace(folded[-1], times=folded[-1].times + 1)
        else:
            folded.append(column)
    return folded


def _column(fact: "LayerFacts", weights: int) -> Column:
    shape = () if fact.misfit else fact.output or ()
    if not fact.chains:
        return Column(fact.name, ((_cell(fact),),), shape, weights)
    inner = [layer for chain in fact.chains for layer in chain]
    return Column(
        fact.name,
        tuple(tuple(map(_cell, chain)) for chain in fact.chains),
        shape,
        weights,
        joined=fact.layer.join_sign,
        shortcut=fact.layer.adds_input,
        has_misfit=bool(fact.misfit) and all(map(_fits, inner)),
    )


def _cell(fact: "LayerFacts") -> Cell:
    fits = _fits(fact)
    return Cell(fact.name if fits else f"{fact.number} {fact.name}", fact.has_weights, fits)


def _fits(fact: "LayerFacts") -> bool:
    return not fact.misfit and all(_fits(inner) for chain in fact.chains for inner in chain)
