"""Roles: which of several named arrays are inputs, which are labels, and which are for testing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip, counted, few, format_shape
from core.data.arrays.contents import ORDER, Contents, Part, join_parts
from core.data.arrays.tables import WORDS, is_vector, to_table
from core.data.reading import Reading

PARTS = (  # what a name of an array or a folder says about its part of the data
    ("test", re.compile(r"testing|test|t10k|tst|(?<=_)te(?![a-z])|(?<=^[xy])te(?![a-z])")),
    ("validation", re.compile(r"validation|valid|val(?!ue)|dev(?![a-z])")),
    ("train", re.compile(r"training|train|trn|(?<=_)tr(?![a-z])|(?<=^[xy])tr(?![a-z])")),
)
_INPUTS = re.compile("x|imgs?|images?|inputs?|features?|pixels?|")
_LABELS = re.compile("y|t|labels?|lbls?|targets?|class(es)?|category")
_CLASS_NAMES = re.compile("name|class|categor")
_FILLER = re.compile(r"idx\d|ubyte|data(set)?|fine|set|all|arr|[^a-z]")


@dataclass(frozen=True)
class _Role:
    part: str  # "train", "validation", "test" or ""
    kind: str  # "inputs", "labels" or ""


def part_of(name: str) -> tuple[str, str]:
    """Return the part that a name belongs to, "" if none, and the rest of the name in lower case.

    >>> part_of("X_train"), part_of("t10k-labels-idx1-ubyte"), part_of("cats")
    (('train', 'x_'), ('test', '-labels-idx1-ubyte'), ('', 'cats'))
    """
    name = name.lower()
    for part, pattern in PARTS:
        if match := pattern.search(name):
            return part, name[: match.start()] + name[match.end() :]
    return "", name


def _role(name: str, array: np.ndarray) -> _Role:
    """Return what the name says, as far as the shape of the array allows it."""
    part, rest = part_of(name)
    rest = _FILLER.sub("", rest)
    if _LABELS.fullmatch(rest) and array.ndim <= 2:
        return _Role(part, "labels")
    named = bool(rest) or name.lower() != rest
    if named and _INPUTS.fullmatch(rest) and not is_vector(array.shape):
        return _Role(part, "inputs")
    return _Role(part, "")


def choose(arrays: Mapping[str, np.ndarray], name: str, reading: Reading) -> Contents:
    """Return the contents of a file with these arrays, by their names and shapes.

    `reading.sheet` names the array of inputs. Raises BadData that lists the arrays.
    """
    arrays = {key: array for key, array in arrays.items() if array.ndim and array.size}
    if not arrays:
        raise BadData(
            f"{name} contains no array of numbers or text. Save the inputs as x and the labels as "
            "y.",
            code="no_arrays",
        )
    roles = {key: _role(key, array) for key, array in arrays.items()}
    if reading.sheet in arrays:
        part = roles[reading.sheet].part
        others = {key: role for key, role in roles.items() if role.kind != "inputs"}
        roles = others | {reading.sheet: _Role(part, "inputs")}
    elif len(arrays) == 1:
        (key,) = arrays
        return Contents(to_table(arrays[key], _shown(name, key)))
    pairs = {
        part: _keys(arrays, roles, part, name)
        for part in sorted(_parts(arrays, roles, name), key=ORDER.index)
    }
    parts = {part: _tables(arrays, keys, name) for part, keys in pairs.items()}
    return join_parts(parts, name, _describe(arrays, pairs))


def _shown(name: str, key: str) -> str:
    return name if key in name else f"{name} ({clip(key)})"


def _parts(arrays: Mapping[str, np.ndarray], roles: dict[str, _Role], name: str) -> set[str]:
    """Return the parts of the data that have inputs. Raises BadData if they are not clear."""
    parts = {role.part for role in roles.values() if role.kind == "inputs"}
    if not parts:  # the names say nothing: the only array that is no vector has the inputs
        inputs = [key for key, array in arrays.items() if not is_vector(array.shape)]
        if len(inputs) != 1:
            raise _unclear(arrays, name, "inputs")
        parts = {roles[inputs[0]].part}
        roles[inputs[0]] = _Role(roles[inputs[0]].part, "inputs")
    return parts


def _keys(
    arrays: Mapping[str, np.ndarray], roles: Mapping[str, _Role], part: str, name: str
) -> tuple[str, str]:
    """Return the names of inputs and labels of one part; the second is empty without labels.

    Raises BadData if they are not clear.
    """
    inputs = [key for key, role in roles.items() if role == _Role(part, "inputs")]
    if len(inputs) > 1:
        raise _unclear(arrays, name, "inputs")
    shape = arrays[inputs[0]].shape
    labels = [key for key, role in roles.items() if role == _Role(part, "labels")] or [
        key
        for key, role in roles.items()
        if role == _Role(part, "") and is_vector(arrays[key].shape)
        if arrays[key].size in (shape[0], shape[-1])
    ]
    if len(labels) > 1:
        raise _unclear(arrays, name, "labels")
    return inputs[0], labels[0] if labels else ""


def _tables(arrays: Mapping[str, np.ndarray], keys: tuple[str, str], name: str) -> Part:
    inputs, labels = keys
    if not labels:
        return to_table(arrays[inputs], _shown(name, inputs)), None
    array = arrays[labels]
    rows = array.size if is_vector(array.shape) else len(array)
    table = to_table(arrays[inputs], _shown(name, inputs), rows)
    return table, to_table(_name_classes(array, arrays), _shown(name, labels))


def _name_classes(labels: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the names of labels 0, 1, … if another array has exactly as many; else the labels."""
    if labels.dtype.kind not in "ui" or not is_vector(labels.shape) or labels.min() != 0:
        return labels
    for key, names in arrays.items():
        fits = names.dtype.kind in WORDS and names.size == labels.max() + 1
        if fits and _CLASS_NAMES.search(key.lower()):
            return names.reshape(-1)[labels]
    return labels


def _describe(arrays: Mapping[str, np.ndarray], pairs: Mapping[str, tuple[str, str]]) -> Finding:
    """Return the finding on the arrays that are used, and those that are not."""
    used = {part: [key for key in keys if key] for part, keys in pairs.items()}
    listed = [key for keys in used.values() for key in keys]
    unused = [key for key in arrays if key not in listed]
    text = f"Arrays: {list_arrays({key: arrays[key] for key in listed})}."
    if unused:
        text += f" Not used: {list_arrays({key: arrays[key] for key in unused})}."
    return Finding("arrays", "ok", text, {"used": listed, "unused": unused})


def _unclear(arrays: Mapping[str, np.ndarray], name: str, wanted: str) -> BadData:
    candidates = [key for key, array in arrays.items() if not is_vector(array.shape)]
    fixes = tuple({"sheet": key} for key in candidates[:4]) if wanted == "inputs" else ()
    return BadData(
        f"{name} contains {counted(len(arrays), 'array')} ({list_arrays(arrays)}), and it is not "
        f"clear which one holds the {wanted}. Save the inputs as x and the labels as y, or "
        "x_train, y_train, x_test and y_test.",
        fixes,
        code="arrays_unclear",
    )


def list_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """List names and shapes: "x (60000 × 28 × 28), y (60000)"."""
    return few([f"{clip(key)} ({format_shape(array.shape)})" for key, array in arrays.items()])
