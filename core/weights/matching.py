"""Which stored tensor belongs to which tensor of a network: by name, or by shape and order where
names differ. Works on names and shapes alone; no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.base.layer_paths import covers
from core.base.text import few, format_shape, join_words
from core.weights.start import Start

Shapes = Mapping[str, tuple[int, ...]]
OPTIONAL = "num_batches_tracked"  # a counter that other tools leave out; no output depends on it
SHOWN = 3  # rows of a sentence


class Source(StrEnum):
    """What the stored weights hold of one layer or block."""

    ALL = "all"
    PART = "part"
    MISSING = "missing"
    WRONG_SHAPE = "wrong shape"


@dataclass(frozen=True)
class Mismatch:
    """One line of the table of what does not fit; `have` is None for a missing tensor, `want` for
    an unexpected one.
    """

    name: str
    problem: str
    have: tuple[int, ...] | None
    want: tuple[int, ...] | None


@dataclass(frozen=True)
class Matching:
    """`pairs` are (tensor of the network, stored tensor) to copy; `rows` say what does not fit.
    Tensors without a place in the network do no harm.
    """

    pairs: tuple[tuple[str, str], ...]
    rows: tuple[Mismatch, ...]

    @property
    def renamed(self) -> tuple[str, ...]:
        """The layers whose weights have another name in the file, in order."""
        names = (layer_of(name) for name, stored in self.pairs if name != stored)
        return tuple(dict.fromkeys(names))

    @property
    def renamed_text(self) -> str:
        """A sentence about the layers that have another name in the file; empty if none has."""
        if not self.renamed:
            return ""
        layers, verb = join_words(self.renamed), "is" if len(self.renamed) == 1 else "are"
        return f"{layers} {verb} matched by shape and order, because the names in the file differ."

    @property
    def fits(self) -> bool:
        """Whether a training can start: each layer has its weights, and some are loaded."""
        return bool(self.pairs) and not self.layers

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that lack weights of their shape, in order."""
        names = (layer_of(row.name) for row in self.rows if row.want is not None)
        return tuple(dict.fromkeys(names))

    @property
    def is_usable(self) -> bool:
        """Whether some layers have all of their weights, so that the others can be new."""
        lacking = set(self.layers)
        return any(layer_of(name) not in lacking for name, _ in self.pairs)

    def source(self, path: str) -> Source:
        """Return what is stored of the layer or block with this path, which has weights."""
        lacking = [row for row in self.rows if row.want is not None and covers((path,), row.name)]
        loaded = {layer_of(name) for name, _ in self.pairs if covers((path,), name)}
        if not lacking:
            return Source.ALL
        if loaded - {layer_of(row.name) for row in lacking}:
            return Source.PART
        if any(row.have is not None for row in lacking):
            return Source.WRONG_SHAPE
        return Source.PART if loaded else Source.MISSING

    @property
    def text(self) -> str:
        """What does not fit, in a few words."""
        parts = [_describe(row) for row in self.rows[:SHOWN]]
        more = len(self.rows) - SHOWN
        return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def layer_of(tensor: str) -> str:
    """Return the layer that a tensor belongs to.

    >>> layer_of("block1.conv1.weight")
    'block1.conv1'
    """
    return tensor.rpartition(".")[0]


def match(want: Shapes, have: Shapes, start: Start) -> Matching:
    """Match the tensors `want` of a network to the stored ones `have`. Layers that `start` draws
    anew need none. Stored tensors of layers that the network lacks are unexpected.
    """
    names = _match_names(want, have, start)
    pairs, rows = [], []
    for name, shape in want.items():
        if start.is_new(name):
            continue
        if name not in names:
            if not name.endswith(OPTIONAL):
                rows.append(Mismatch(name, "missing", None, shape))
        elif tuple(have[names[name]]) != tuple(shape):
            rows.append(Mismatch(name, "wrong shape", tuple(have[names[name]]), shape))
        else:
            pairs.append((name, names[name]))
    used = {*names.values()}
    for name in have:
        if name not in used and not start.is_new(name) and not name.endswith(OPTIONAL):
            rows.append(Mismatch(name, "unexpected", tuple(have[name]), None))
    return Matching(tuple(pairs), tuple(rows))


def _match_names(want: Shapes, have: Shapes, start: Start) -> dict[str, str]:
    """Return the stored tensor of each tensor of the network.

    Where as many tensors remain on both sides after those of equal names, they are matched in
    order if that fits. Otherwise layers of equal shapes are matched first: a safetensors file is
    sorted by name, so that `classifier` comes before `features`. If no name is equal, the rest is
    matched in order, which names what has the wrong shape.
    """
    names = {name: name for name in want if name in have}
    wanted = {name: tuple(want[name]) for name in _counted(want) if name not in names}
    stored = {name: tuple(have[name]) for name in _counted(have) if name not in names}
    if len(wanted) != len(stored):
        return names
    in_order = dict(zip(wanted, stored, strict=True))
    if all(wanted[a] == stored[b] or start.is_new(a) for a, b in in_order.items()):
        return names | in_order
    others = _match_shapes(wanted, stored)
    if not names:
        rest = [name for name in stored if name not in others.values()]
        others |= zip((name for name in wanted if name not in others), rest, strict=True)
    return names | others


def _match_shapes(wanted: Shapes, stored: Shapes) -> dict[str, str]:
    """Return for each layer the tensors of the first free layer of the same shapes."""
    free, names = _layers(stored), {}
    for tensors in _layers(wanted).values():
        shapes = [wanted[name] for name in tensors]
        for layer, candidates in free.items():
            if [stored[name] for name in candidates] == shapes:
                names |= zip(tensors, free.pop(layer), strict=True)
                break
    return names


def _layers(shapes: Shapes) -> dict[str, list[str]]:
    """Return the names of the tensors of each layer."""
    layers: dict[str, list[str]] = {}
    for name in shapes:
        layers.setdefault(layer_of(name), []).append(name)
    return layers


def _counted(shapes: Shapes) -> list[str]:
    return [name for name in shapes if not name.endswith(OPTIONAL)]


def _describe(row: Mismatch) -> str:
    """Return one line of the table as part of a sentence."""
    if row.have is None:
        return f"{row.name} ({_shape(row.want)}) is missing"
    if row.want is None:
        return f"{few([row.name])} ({_shape(row.have)}) has no place in the network"
    return f"{row.name} has shape {_shape(row.have)}, the network needs {_shape(row.want)}"


def _shape(shape: tuple[int, ...] | None) -> str:
    return format_shape(shape or ()) or "one number"
