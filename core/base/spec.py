"""Choices and families: how everything that a person can choose is declared and validated.

A choice is a frozen pydantic class; a family is the open set of classes that one field accepts.
Defining a class registers it. This module imports only pydantic, so that menus open before torch
is loaded.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticUndefined, core_schema

_within: ContextVar[frozenset[str]] = ContextVar(
    "families whose JSON schema is being written", default=frozenset()
)


@dataclass(frozen=True)
class Call:
    """A constructor by name with its keyword arguments. It is called here, and printed in exported
    scripts. An argument can be a call itself, also within lists and dicts.

    >>> Call("fractions.Fraction", {"numerator": 1, "denominator": 3}).make()
    Fraction(1, 3)
    >>> print(Call("torch.optim.SGD", {"lr": 0.1}).code("parameters"))
    torch.optim.SGD(parameters, lr=0.1)
    >>> Call("fractions.Fraction", {"numerator": Call("builtins.int")}).code()
    'fractions.Fraction(numerator=builtins.int())'
    """

    target: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def make(self, *positional: Any, **more: Any) -> Any:
        """Call the constructor. Positional and further keyword arguments are added."""
        module, _, name = self.target.rpartition(".")
        arguments = _make_all(self.arguments)
        return getattr(importlib.import_module(module), name)(*positional, **arguments, **more)

    def code(self, *positional: str) -> str:
        """Return the call as Python code."""
        named = (f"{name}={_code(value)}" for name, value in self.arguments.items())
        return f"{self.target}({', '.join([*positional, *named])})"


def _make_all(value: Any) -> Any:
    """Replace every call within the value by its result."""
    if isinstance(value, dict):
        return {key: _make_all(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_make_all(inner) for inner in value]
    return value.make() if isinstance(value, Call) else value


def _code(value: Any) -> str:
    """Return the value as Python code, with every call within it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_code(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_code, value))}]"
    return value.code() if isinstance(value, Call) else repr(value)


class Value(BaseModel):
    """A frozen pydantic model that refuses unknown fields, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Choice(Value):
    """One option of a menu. A family is a subclass with `family="name"`; its subclasses are its
    members.

    A member sets `kind: Literal["..."] = "..."` (its JSON tag) and `label` (its menu entry); its
    docstring is its help.
    """

    family: ClassVar[str] = ""
    members: ClassVar[dict[str, type["Choice"]]] = {}
    definitions: ClassVar[int] = 0  # of members of all families, so far
    label: ClassVar[str] = ""
    formula: ClassVar[str] = ""  # LaTeX
    source: ClassVar[str] = ""  # papers with their years, separated by semicolons
    technique: ClassVar[str] = ""  # its row in the table of techniques
    page: ClassVar[str] = ""  # the page on which it is selected

    def __init_subclass__(cls, **kwargs: Any) -> None:  # pydantic passes `family` to both hooks
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, *, family: str = "", **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if family:
            cls.family, cls.members = family, {}
        elif "kind" in cls.model_fields:
            _register(cls)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        if "members" not in cls.__dict__ and "kind" in inspect.get_annotations(cls):
            return handler(source)  # a member is an ordinary model

        return core_schema.no_info_plain_validator_function(
            cls.pick,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value.model_dump(mode="json")
            ),
            metadata={"pydantic_js_functions": [lambda schema, write: _json_schema(cls, write)]},
        )

    @classmethod
    def pick(cls, value: Any) -> Self:
        """Return a member from a member, its JSON object, or its kind alone. Raises a pydantic
        error (unknown_kind) for anything else.
        """
        if isinstance(value, cls):
            return value
        value = {"kind": value} if isinstance(value, str) else value
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in cls.members:
            found = kind if isinstance(value, dict) else value
            context = {
                "family": cls.family,
                "kind": repr(found)[:60],
                "kinds": ", ".join(sorted(cls.members)),
            }
            raise PydanticCustomError(
                "unknown_kind", "{kind} is not a known {family}. Choose one of {kinds}", context
            )
        return cls.members[kind].model_validate(value)

    @classmethod
    def doc(cls) -> str:
        """Return the docstring as help text."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def papers(cls) -> str:
        """Return the papers of `source`, without lecture notes, which readers do not have."""
        parts = (part.strip() for part in cls.source.split(";"))
        return "; ".join(part for part in parts if not re.match(r"decks? [A-Z]\b", part))

    @classmethod
    def symbols(cls) -> str:
        """Return the meaning of the symbols in the family's formulas; empty without formulas."""
        family = next((base for base in cls.__mro__ if "members" in vars(base)), cls)
        return family.doc() if cls.formula and ": " in family.doc() else ""

    @property
    def summary(self) -> str:
        """A few words for a collapsed row or the summary of a draft."""
        return self.label


def _register(cls: type[Choice]) -> None:
    kind = cls.model_fields["kind"].default
    if not isinstance(kind, str) or get_args(cls.model_fields["kind"].annotation) != (kind,):
        raise TypeError(
            f'{cls.__qualname__}.kind must be one string: `kind: Literal["name"] = "name"`'
        )
    known = cls.members.get(kind)
    if known and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise TypeError(
            f"{cls.family} {kind!r} is already {known.__module__}.{known.__qualname__}: use "
            "another kind"
        )
    cls.members[kind] = cls
    Choice.definitions += 1


def _json_schema(family: type[Choice], write: Any) -> dict[str, Any]:
    """Write one schema for each member; a family within itself becomes its list of kinds."""
    if family.family in _within.get():
        return {
            "type": "object",
            "properties": {"kind": {"enum": sorted(family.members)}},
            "required": ["kind"],
        }
    token = _within.set(_within.get() | {family.family})
    try:
        return {
            "oneOf": [write(member.__pydantic_core_schema__) for member in family.members.values()]
        }
    finally:
        _within.reset(token)


def ranged(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    help: str,
    above: float | None = None,
    below: float | None = None,
    label: str = "",
    symbol: str = "",
    unit: str = "",
    log: bool = False,
    option_labels: dict[str, str] | None = None,
) -> Any:
    """Declare a field with its limits (`low` and `high` inclusive, `above` and `below` exclusive),
    its unit and its symbol.
    """
    extra = {"label": label, "symbol": symbol, "unit": unit, "log": log}
    extra["option_labels"] = option_labels or {}
    return Field(
        default, ge=low, le=high, gt=above, lt=below, description=help, json_schema_extra=extra
    )


@dataclass(frozen=True)
class FieldFacts:
    """The facts of one field for forms, help texts and searches."""

    name: str
    type: type
    default: Any
    label: str
    symbol: str
    unit: str
    help: str
    low: float | None
    high: float | None
    open_low: bool
    log: bool
    options: tuple[Any, ...]
    option_labels: dict[str, str] = field(default_factory=dict)
    open_high: bool = False


@cache
def fields(cls: type[Value]) -> tuple[FieldFacts, ...]:
    """Return the fields that a person can set, in order; `kind` is not among them."""
    return tuple(_fields(cls))


def _fields(cls: type[Value]) -> Iterator[FieldFacts]:
    for name, info in cls.model_fields.items():
        if name == "kind":
            continue
        limits = {
            k: v
            for m in info.metadata
            for k in ("ge", "gt", "le", "lt")
            if (v := getattr(m, k, None)) is not None
        }
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        options = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
        yield FieldFacts(
            name=name,
            type=type(options[0]) if options else info.annotation,
            default=None if info.default is PydanticUndefined else info.default,
            label=extra.get("label") or name.replace("_", " ").capitalize(),
            symbol=extra.get("symbol", ""),
            unit=extra.get("unit", ""),
            help=info.description or "",
            low=limits.get("ge", limits.get("gt")),
            high=limits.get("le", limits.get("lt")),
            open_low="gt" in limits,
            log=bool(extra.get("log")),
            options=options,
            option_labels=extra.get("option_labels", {}),
            open_high="lt" in limits,
        )
