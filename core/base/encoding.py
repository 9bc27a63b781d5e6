"""Values as text: JSON, links, the change of one field, and the explanation of an invalid value.

All input from outside is decoded here: files, links, forms, the command line. Text that is too
large or too deeply nested is refused before it is parsed.
"""

import base64
import json
import re
import zlib
from functools import lru_cache
from math import isfinite, isnan
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core.core_schema import ErrorType

from core.base.errors import BadExperiment
from core.base.numbers import short, whole
from core.base.spec import Choice, Value

MAX_DEPTH = 8  # choices within choices; 3000 nested ones overflow the validator's stack
MAX_TEXT = 256 * 1024  # characters of JSON, also of a decompressed link
MAX_CACHED = 16 * 1024  # characters of a text whose value stays in memory

_JSON_DEPTH = 3 * MAX_DEPTH  # a choice has at most three brackets: its own, a list's, its owner's

V = TypeVar("V", bound=Value)


def encode(value: Value) -> str:
    """Return the value as compact JSON text."""
    return value.model_dump_json()


def decode(cls: type[V], text: str | bytes) -> V:
    """Return the value from JSON text. Raises BadExperiment (json_too_large, json_too_deep,
    not_json, or the code of the violated rule).
    """
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if len(text) > MAX_TEXT:
        raise BadExperiment(
            f"The JSON text has {whole(len(text))} characters. At most {whole(MAX_TEXT)} are "
            "accepted. Shorten it.",
            code="json_too_large",
        )
    if len(text) > MAX_CACHED:
        return _decode(cls, text)
    return _decode_again(cls, text, Choice.definitions)


def _decode(cls: type[V], text: str) -> V:
    if _depth(text) > _JSON_DEPTH:
        raise BadExperiment(
            f"The JSON text is nested deeper than {MAX_DEPTH} choices. Use fewer nested blocks.",
            code="json_too_deep",
        )
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadExperiment(
            f"This text is not valid JSON ({error}). Correct it at this position.", code="not_json"
        ) from None
    return build(cls, data)


@lru_cache(maxsize=128)
def _decode_again(cls: type[V], text: str, definitions: int) -> V:
    """Return the same frozen value for the same text: a page decodes its draft thirty times. A text
    may mean another value after the definition of a choice.
    """
    return _decode(cls, text)


def build(cls: type[V], data: Any) -> V:
    """Return the value from JSON data. Raises BadExperiment with the code of the violated rule."""
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        code = error.errors(include_url=False)[0]["type"]
        raise BadExperiment(explain(error), code=code) from None


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', text):
        depth += bool(bracket[0]) - bool(bracket[1])
        deepest = max(deepest, depth)
    return deepest


_RULES = {
    "greater_than_equal": "must be at least {ge}. Choose a larger value.",
    "greater_than": "must be above {gt}. Choose a larger value.",
    "less_than_equal": "must be at most {le}. Choose a smaller value.",
    "less_than": "must be below {lt}. Choose a smaller value.",
    "finite_number": "must be a finite number. Write one such as 0.01.",
    "int_parsing": "must be a whole number. Write one such as 10.",
    "int_type": "must be a whole number. Write one such as 10.",
    "int_from_float": "must be a whole number. Write one such as 10.",
    "float_parsing": "must be a number. Write one such as 0.01.",
    "float_type": "must be a number. Write one such as 0.01.",
    "bool_parsing": "must be true or false. Choose one of them.",
    "bool_type": "must be true or false. Choose one of them.",
    "string_type": "must be text. Put it in quotation marks.",
    "string_too_long": "can have at most {max_length} characters. Shorten it.",
    "literal_error": "must be {expected}. Choose one of them.",
    "model_type": "must be a JSON object. Write {{…}}.",
    "tuple_type": "must be a list. Write […].",
    "extra_forbidden": "is not a field here. Check its name.",
    "missing": "is missing. Add it.",
}


_PYDANTIC_TYPES = frozenset(get_args(ErrorType))


def explain(error: ValidationError) -> str:
    """Describe the first error of pydantic: the field, its value, the rule and how to fix it."""
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "The value"
    shown = _shown(first["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    rule = _RULES.get(first["type"])
    if rule:
        limits = first.get("ctx", {}).items()
        rule = rule.format(**{k: v if isinstance(v, str) else _shown(v) for k, v in limits})
        return (
            f"{path} {rule}"
            if first["type"] in ("extra_forbidden", "missing")
            else f"{path} is {shown}, but it {rule}"
        )
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    if not first["loc"]:
        return f"{message}."
    return (
        f"{path}: {message}."
        if first["type"] == "value_error" or first["type"] not in _PYDANTIC_TYPES
        else f"{path} is {shown}. {message}."
    )


def _shown(value: Any) -> str:
    """Return a value as people write it: 1e9, not 1000000000.0, and grouped thousands."""
    if isinstance(value, float):
        return whole(value) if 1e3 <= abs(value) < 1e6 else short(value, 6)
    plain = isinstance(value, int) and not isinstance(value, bool)
    return whole(value) if plain else repr(value)


def change(value: V, path: str, new: Any) -> V:
    """Return a validated copy with the field at `path` ("optimizer.learning_rate",
    "network.0.units") replaced. Raises BadExperiment (unknown_path, or the code of the violated
    rule).
    """
    data = value.model_dump(mode="json")
    *parents, last = path.split(".")
    node: Any = data
    for done, part in enumerate([*parents, last]):
        if isinstance(node, dict):
            names = list(node)
        else:
            names = [str(i) for i in range(len(node))] if isinstance(node, list) else []
        if part not in names:
            where = ".".join(parents[:done]) or type(value).__name__.lower()
            raise BadExperiment(
                f"Path {path}: {where} has no field {part!r}. "
                f"Choose one of {', '.join(names) or 'its parents'}.",
                code="unknown_path",
            )
        key: Any = int(part) if isinstance(node, list) else part
        if done == len(parents):
            node[key] = new
        node = node[key]
    return build(type(value), data)


def read(value: Value, path: str) -> Any:
    """Return the field at `path`, as `change` names it; None if there is no such field.

    >>> from core.experiment import Experiment
    >>> read(Experiment(), "optimizer.learning_rate"), read(Experiment(), "network.0.nothing")
    (0.001, None)
    """
    node: Any = value
    for part in path.split("."):
        if isinstance(node, tuple):
            node = node[int(part)] if part.isdecimal() and int(part) < len(node) else None
        else:
            known = isinstance(node, Value) and part in type(node).model_fields
            node = getattr(node, part) if known else None
    return node


def to_link(value: Value) -> str:
    """Return the value as a token for an address: compressed JSON in URL-safe base64."""
    return base64.urlsafe_b64encode(zlib.compress(encode(value).encode(), 9)).decode().rstrip("=")


def from_link(cls: type[V], token: str) -> V:
    """Return the value from a token. Raises BadExperiment (link_damaged, or as `decode` does). Of a
    token, at most MAX_TEXT bytes are decompressed.
    """
    try:
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        unpack = zlib.decompressobj()
        text = unpack.decompress(packed, MAX_TEXT + 1)
    except (ValueError, zlib.error):
        raise BadExperiment(
            "The link is damaged: its experiment cannot be decompressed. Copy the complete link "
            "again.",
            code="link_damaged",
        ) from None
    return decode(cls, text)


# --- numbers that JSON does not have

_STRICT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def to_json_data(value: Any) -> Any:
    """Convert nested dicts, lists and tuples to strict JSON data: NaN and infinite floats become
    the strings "NaN", "Infinity" and "-Infinity", tuples become lists.

    >>> to_json_data({"loss": (0.5, float("inf"))})
    {'loss': [0.5, 'Infinity']}
    """
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: to_json_data(inner) for name, inner in value.items()}
    return [to_json_data(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def from_json_data(value: Any) -> Any:
    """Convert back: the three strings of `to_json_data` become floats. Lists stay lists.

    >>> from_json_data({"loss": [0.5, "Infinity"]})
    {'loss': [0.5, inf]}
    """
    if isinstance(value, str):
        return _SPECIAL.get(value, value)
    if isinstance(value, dict):
        return {name: from_json_data(inner) for name, inner in value.items()}
    return [from_json_data(inner) for inner in value] if isinstance(value, list) else value


def to_json_text(value: Any) -> str:
    """Write one line of compact, strict JSON; see `to_json_data`."""
    try:
        return _STRICT.encode(value)  # without a copy, which takes longer than the rest
    except ValueError:  # a number that JSON does not have
        return _STRICT.encode(to_json_data(value))


def from_json_text(text: str | bytes) -> Any:
    """Read JSON text; see `from_json_data`. Raises ValueError."""
    return from_json_data(json.loads(text))
