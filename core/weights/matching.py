"""Which stored tensor belongs to which tensor of a network: by name, or by order where all names
differ. Works on names and shapes alone; no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.base.text import few, format_shape
from core.weights.start import Start

Shapes = Mapping[str, tuple[int, ...]]
OPTIONAL = "num_batches_tracked"  # a counter that other tools leave out; no output depends on it
SHOWN = 3  # rows of a sentence


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
    by_order: bool = False

    @property
    def fits(self) -> bool:
        """Whether a training can start: each layer has its weights, and some are loaded."""
        return bool(self.pairs) and not self.layers

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that lack weights of their shape, in order."""
        names = (row.name.rpartition(".")[0] for row in self.rows if row.want is not None)
        return tuple(dict.fromkeys(names))

    @property
    def is_usable(self) -> bool:
        """Whether some layers have all of their weights, so that the others can be new."""
        lacking = set(self.layers)
        return any(name.rpartition(".")[0] not in lacking for name, _ in self.pairs)

    @property
    def text(self) -> str:
        """What does not fit, in a few words."""
        parts = [_describe(row) for row in self.rows[:SHOWN]]
        more = len(self.rows) - SHOWN
        return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def match(want: Shapes, have: Shapes, start: Start) -> Matching:
    """Match the tensors `want` of a network to the stored ones `have`. Layers that `start` draws
    anew need none. Stored tensors of layers that the network lacks are unexpected.
    """
    by_order = want.keys().isdisjoint(have) and len(_counted(want)) == len(_counted(have))
    if by_order:
        names = dict(zip(_counted(want), _counted(have), strict=True))
    else:
        names = {name: name for name in want if name in have}
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
    return Matching(tuple(pairs), tuple(rows), by_order)


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
