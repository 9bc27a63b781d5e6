"""Choices and families: how everything that a person can pick is declared and checked.

A choice is a frozen pydantic class; a family is the open set of classes that may stand in one
place. Defining a class registers it. Knows pydantic only: a menu opens before torch is loaded.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticUndefined, core_schema

_within: ContextVar[frozenset[str]] = ContextVar(
    "families whose JSON schema is being written", default=frozenset()
)


@dataclass(frozen=True)
class Call:
    """A constructor by name, with its keyword arguments: made here, printed by an exported script.
    An argument may be a call itself, also within lists and dicts.

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
        module, _, name = self.target.rpartition(".")
        made = _made(self.arguments)
        return getattr(importlib.import_module(module), name)(*positional, **made, **more)

    def code(self, *positional: str) -> str:
        named = (f"{name}={_code(value)}" for name, value in self.arguments.items())
        return f"{self.target}({', '.join([*positional, *named])})"


def _made(value: Any) -> Any:
    """The value with every call in it made."""
    if isinstance(value, dict):
        return {key: _made(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_made(inner) for inner in value]
    return value.make() if isinstance(value, Call) else value


def _code(value: Any) -> str:
    """The value as code, with every call in it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_code(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_code, value))}]"
    return value.code() if isinstance(value, Call) else repr(value)


class Value(BaseModel):
    """A frozen, closed pydantic model: unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Choice(Value):
    """One thing a person can pick. A family is a subclass made with `family="name"`; its subclasses
    are its members.

    A member sets `kind: Literal["..."] = "..."` (its JSON tag) and `label` (its menu entry); its
    docstring is its help.
    """

    family: ClassVar[str] = ""
    members: ClassVar[dict[str, type["Choice"]]] = {}
    label: ClassVar[str] = ""
    formula: ClassVar[str] = ""  # LaTeX
    source: ClassVar[str] = ""  # paper or deck, with the year
    technique: ClassVar[str] = ""  # its row in the table of techniques
    page: ClassVar[str] = ""  # the one on which a person switches it on

    def __init_subclass__(cls, **kwargs: Any) -> None:  # pydantic hands `family` to both hooks
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
        """A member from a member, its JSON object, or its bare kind. A pydantic error names what is
        wrong.
        """
        if isinstance(value, cls):
            return value
        value = {"kind": value} if isinstance(value, str) else value
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in cls.members:
            named = kind if isinstance(value, dict) else value
            shown = {
                "family": cls.family,
                "kind": repr(named)[:60],
                "kinds": ", ".join(sorted(cls.members)),
            }
            raise PydanticCustomError(
                "unknown_kind", "{kind} is no {family}: choose one of {kinds}", shown
            )
        return cls.members[kind].model_validate(value)

    @classmethod
    def doc(cls) -> str:
        """The docstring, for help texts."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def papers(cls) -> str:
        """The papers of `source`, without the decks, which only those have who wrote it."""
        parts = (part.strip() for part in cls.source.split(";"))
        return "; ".join(part for part in parts if not re.match(r"decks? [A-Z]\b", part))

    @classmethod
    def symbols(cls) -> str:
        """What the letters of the family's formulas mean; empty where it has none."""
        family = next((base for base in cls.__mro__ if "members" in vars(base)), cls)
        return family.doc() if cls.formula and ": " in family.doc() else ""

    @property
    def summary(self) -> str:
        """A few words for a folded row or the draft line."""
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


def _json_schema(family: type[Choice], write: Any) -> dict[str, Any]:
    """One schema for each member; inside itself a family is written as its list of kinds."""
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
    """A field with its limits (`low`/`high` included, `above`/`below` not), its unit and its
    symbol.
    """
    extra = {"label": label, "symbol": symbol, "unit": unit, "log": log}
    extra["option_labels"] = option_labels or {}
    return Field(
        default, ge=low, le=high, gt=above, lt=below, description=help, json_schema_extra=extra
    )


@dataclass(frozen=True)
class FieldFacts:
    """What a form, a help text and a search need to know of one field."""

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


def fields(cls: type[Value]) -> Iterator[FieldFacts]:
    """The fields that a person sets, in order; `kind` is not one of them."""
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
        )
