"""Values as text: JSON and back, links, one changed field, and what is wrong as one sentence.

Everything from outside comes in here: files, links, forms, the command line. What is too large or
too deep is refused unparsed.
"""

import base64
import json
import re
import zlib
from math import isfinite, isnan
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core.core_schema import ErrorType

from core.base.errors import BadExperiment
from core.base.numbers import short, whole
from core.base.spec import Value

MAX_DEPTH = 8  # choices inside choices; 3,000 nested ones overflow the validator's stack
MAX_TEXT = 256 * 1024  # characters of JSON, also the size that a link may unpack to

_JSON_DEPTH = 3 * MAX_DEPTH  # a choice costs three brackets at most: its own, a list, its owner's

V = TypeVar("V", bound=Value)


def encode(value: Value) -> str:
    """The value as compact JSON text."""
    return value.model_dump_json()


def decode(cls: type[V], text: str | bytes) -> V:
    """The value from JSON text. Raises BadExperiment with one sentence; too large and too deep are
    refused unparsed.
    """
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if len(text) > MAX_TEXT:
        raise BadExperiment(
            f"The JSON text has {whole(len(text))} characters, at most {whole(MAX_TEXT)} are read: "
            "shorten it."
        )
    if _depth(text) > _JSON_DEPTH:
        raise BadExperiment(f"The JSON text is nested deeper than {MAX_DEPTH} choices: flatten it.")
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadExperiment(f"This is not JSON ({error}): check the place it names.") from None
    return build(cls, data)


def build(cls: type[V], data: Any) -> V:
    """The value from JSON data. Raises BadExperiment with one sentence."""
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
    "greater_than_equal": "must be at least {ge}: choose a larger value.",
    "greater_than": "must be above {gt}: choose a larger value.",
    "less_than_equal": "must be at most {le}: choose a smaller value.",
    "less_than": "must be below {lt}: choose a smaller value.",
    "finite_number": "must be a finite number: write one.",
    "int_parsing": "must be a whole number: write one such as 10.",
    "int_type": "must be a whole number: write one such as 10.",
    "int_from_float": "must be a whole number: write one such as 10.",
    "float_parsing": "must be a number: write one such as 0.01.",
    "float_type": "must be a number: write one such as 0.01.",
    "bool_parsing": "must be true or false: write one of them.",
    "bool_type": "must be true or false: write one of them.",
    "string_type": "must be a text: put it in quotation marks.",
    "string_too_long": "may have at most {max_length} characters: shorten it.",
    "literal_error": "must be {expected}: choose one of them.",
    "model_type": "must be a JSON object: write {{…}}.",
    "tuple_type": "must be a list: write […].",
    "extra_forbidden": "is no field here: check its name.",
    "missing": "is missing: add it.",
}


_PYDANTIC_TYPES = frozenset(get_args(ErrorType))


def explain(error: ValidationError) -> str:
    """The first complaint of a pydantic error as one sentence: place, value, rule, way out."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "The value"
    shown = _said(first["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    rule = _RULES.get(first["type"])
    if rule:
        limits = first.get("ctx", {}).items()
        rule = rule.format(**{k: v if isinstance(v, str) else _said(v) for k, v in limits})
        return (
            f"{place} {rule}"
            if first["type"] in ("extra_forbidden", "missing")
            else f"{place} is {shown}, but it {rule}"
        )
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    if not first["loc"]:
        return f"{message}."
    return (
        f"{place}: {message}."
        if first["type"] == "value_error" or first["type"] not in _PYDANTIC_TYPES
        else f"{place} is {shown}. {message}."
    )


def _said(value: Any) -> str:
    """A value as people write it: 1e9 and not 1000000000.0."""
    if isinstance(value, float):
        return short(value, 6)
    plain = isinstance(value, int) and not isinstance(value, bool)
    return whole(value) if plain else repr(value)


def change(value: V, path: str, new: Any) -> V:
    """A copy with the field at `path` ("optimizer.learning_rate", "network.0.units") replaced and
    everything checked.
    """
    data = value.model_dump(mode="json")
    *parents, last = path.split(".")
    place: Any = data
    for done, part in enumerate([*parents, last]):
        known = (
            list(place)
            if isinstance(place, dict)
            else [str(i) for i in range(len(place))]
            if isinstance(place, list)
            else []
        )
        if part not in known:
            where = ".".join(parents[:done]) or type(value).__name__.lower()
            raise BadExperiment(
                f"{path}: {where} has no {part!r}: choose one of {', '.join(known) or 'nothing'}."
            )
        key: Any = int(part) if isinstance(place, list) else part
        if done == len(parents):
            place[key] = new
        place = place[key]
    return build(type(value), data)


def to_link(value: Value) -> str:
    """The value as a token for an address (K6): compressed JSON in URL-safe base64."""
    return base64.urlsafe_b64encode(zlib.compress(encode(value).encode(), 9)).decode().rstrip("=")


def from_link(cls: type[V], token: str) -> V:
    """The value from a token. Raises BadExperiment; a token that unpacks to more than MAX_TEXT is
    refused.
    """
    try:
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        unpack = zlib.decompressobj()
        text = unpack.decompress(packed, MAX_TEXT + 1)
    except (ValueError, zlib.error):
        raise BadExperiment(
            "The link is damaged (its experiment cannot be unpacked): copy it again, whole."
        ) from None
    return decode(cls, text)


# --- numbers that JSON does not have

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
    return json.dumps(to_json_data(value), separators=(",", ":"), allow_nan=False)


def from_json_text(text: str | bytes) -> Any:
    """Read JSON text; see `from_json_data`. Raises ValueError."""
    return from_json_data(json.loads(text))
