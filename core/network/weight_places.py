"""Where each weight tensor of a network is: its size, its number, the residual branch around it. An
initializer can depend on that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from core.network.layer import Shape

if TYPE_CHECKING:
    from torch import nn

    from core.network.build import LayerFacts


@dataclass(frozen=True)
class WeightPlace:
    """A weight tensor (out, in, …) that the initializer draws: layer `number`, from 1, of `depth`
    such tensors, in the order of the network; the convolution of a shortcut counts as well.

    `branch_layers` is the number of them in the residual branch around it (0: in none), and
    `ends_branch` whether it is the last one there; the network has `branches` residual branches.
    """

    shape: Shape
    path: str = ""
    number: int = 1
    depth: int = 1
    is_output: bool = False
    branches: int = 0
    branch_layers: int = 0
    ends_branch: bool = False

    @property
    def fan_in(self) -> int:
        """The inputs of one unit.

        >>> place = WeightPlace((16, 6, 5, 5))
        >>> place.fan_in, place.fan_out
        (150, 400)
        """
        return prod(self.shape[1:])

    @property
    def fan_out(self) -> int:
        """The outputs that one input reaches."""
        return self.shape[0] * prod(self.shape[2:])


@dataclass(frozen=True)
class _Branch:
    """The residual branch around a weight tensor."""

    layers: int
    ends: frozenset[str]


def find_weight_places(model: "nn.Module", facts: Sequence["LayerFacts"]) -> dict[str, WeightPlace]:
    """Return the place of each weight matrix of a model, which may be without values, except in
    normalizations: by the path of its module.
    """
    from torch import nn

    inner = {fact.path: fact.layer for fact in _walk(facts)}
    drawn = {}
    for path, module in model.named_modules():
        weight = getattr(module, "weight", None)
        is_matrix = isinstance(weight, nn.Parameter) and weight.ndim > 1
        if is_matrix and not (path in inner and inner[path].is_normalization):
            drawn[path] = module
    blocks = [fact for fact in _walk(facts) if fact.layer.adds_input]
    branches = {
        path: branch
        for fact in blocks  # the inner ones last, so that they count
        for chain in fact.chains
        for path, branch in _branch(chain, drawn.keys()).items()
    }
    places = {}
    for number, (path, module) in enumerate(drawn.items(), 1):
        branch = branches.get(path)
        places[path] = WeightPlace(
            tuple(module.weight.shape),
            path,
            number,
            len(drawn),
            is_output=path in inner and inner[path].is_output,
            branches=len(blocks),
            branch_layers=branch.layers if branch else 0,
            ends_branch=bool(branch) and path in branch.ends,
        )
    return places


def _walk(facts: Iterable["LayerFacts"]) -> Iterable["LayerFacts"]:
    """Yield all facts, each followed by those inside it."""
    for fact in facts:
        yield fact
        for chain in fact.chains:
            yield from _walk(chain)


def _branch(chain: Sequence["LayerFacts"], drawn: Iterable[str]) -> dict[str, _Branch]:
    """Return the branch for the path of each of its weight tensors."""
    paths, longest, ends = _follow(chain, drawn)
    return dict.fromkeys(paths, _Branch(longest, frozenset(ends)))


def _follow(
    chain: Sequence["LayerFacts"], drawn: Iterable[str]
) -> tuple[list[str], int, list[str]]:
    """Return the weight tensors of a chain without those of residual blocks inside it, how many are
    in a row, and the last one, or the last ones of parallel chains.
    """
    paths: list[str] = []
    longest, ends = 0, []
    for fact in chain:
        if fact.layer.adds_input:
            continue
        if fact.path in drawn:
            found = [([fact.path], 1, [fact.path])]
        else:
            found = [_follow(inner, drawn) for inner in fact.chains]
        paths += [path for inner, _, _ in found for path in inner]
        if any(inner for inner, _, _ in found):
            longest += max(count for _, count, _ in found)
            ends = [path for _, _, last in found for path in last]
    return paths, longest, ends
