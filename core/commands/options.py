"""Options: every field of a Reading as an option of the command line, and a fix in those words.

A new field needs no line here.
"""

import shlex
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import Any

from core.base.encoding import build
from core.base.errors import BadInput
from core.base.spec import FieldFacts, fields
from core.data.reading import Reading


def add(command: ArgumentParser) -> None:
    """--transpose, --label-column NAME, --shape 3x32x32, --form table …"""
    group = command.add_argument_group("how the spreadsheets are read, where it is not found out")
    for fact in fields(Reading):
        group.add_argument(_option(fact.name), default=None, help=fact.help, **_kind(fact))


def _kind(fact: FieldFacts) -> dict[str, Any]:
    """What argparse needs to know of a field."""
    if fact.type is bool:
        return {"action": BooleanOptionalAction}
    if fact.options:
        return {"choices": fact.options}
    metavar = {"shape": "HxW or CxHxW", "label_column": "NAME", "sheet": "NAME"}
    return {"metavar": metavar.get(fact.name, "N")}


def chosen(given: Namespace) -> Reading:
    """The reading that these options ask for. Raises BadExperiment, BadInput."""
    found = {fact.name: getattr(given, fact.name, None) for fact in fields(Reading)}
    said = {name: value for name, value in found.items() if value is not None}
    for name, value in said.items():
        if name == "shape":
            said[name] = parse_shape(value)
        elif name in ("white", "black"):
            said[name] = _number(name, value)
    return build(Reading, said)


def parse_shape(text: str) -> tuple[int, ...]:
    """ "28x28" -> (1, 28, 28), "3×32×32" -> (3, 32, 32). BadInput for anything else."""
    parts = text.lower().replace("×", "x").replace("*", "x").split("x")
    if len(parts) not in (2, 3) or not all(p.strip().isdecimal() for p in parts):
        raise BadInput(f"--shape {text} is none: write one such as 28x28 or 3x32x32.")
    return (*([1] if len(parts) == 2 else []), *(int(p) for p in parts))


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{_option(name)} {text} is no number: write one such as 255.") from None


def spelled(fix: dict[str, Any]) -> str:
    """A change of the Reading as options: {"transpose": True, "white": 255.0} -> "--transpose
    --white 255".
    """
    return " ".join(_spelled(name, value) for name, value in fix.items())


def _spelled(name: str, value: Any) -> str:
    option = _option(name)
    if isinstance(value, bool):
        return option if value else option.replace("--", "--no-", 1)
    if name == "shape":
        return f"{option} {'x'.join(map(str, value))}"
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    sign = "=" if text.startswith("-") else " "  # argparse would take -1e5 for an option
    return option + sign + shlex.quote(text)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
