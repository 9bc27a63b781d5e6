"""The commands that list what the lab offers: ready-made experiments, choices, techniques and the
terms of the glossary.
"""

import json
import textwrap
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from core.base.spec import Choice, Value, fields
from core.base.text import aligned, few
from core.commands.requested import Answer
from core.commands.terminal import Terminal
from core.experiment import shipped


def presets(arguments: Namespace, terminal: Terminal) -> Answer:
    """List the ready-made experiments, and every family with its choices and their fields."""
    families = {family.family: _choices(family) for family in _families()}
    experiments = {name: experiment.about for name, experiment in shipped().items()}
    terminal.print(*aligned(list(experiments.items())))
    for family, choices in families.items():
        terminal.print("", family)
        for kind, choice in choices.items():
            defaults = [f"{name}={json.dumps(value)}" for name, value in choice["fields"].items()]
            terminal.print(*wrap(kind, defaults))
    return {"experiments": experiments, "families": families}


def techniques(arguments: Namespace, terminal: Terminal) -> Answer:
    """Print the table of techniques in Markdown."""
    from core.export.techniques import markdown, sections

    terminal.print(markdown().removesuffix("\n"))
    return {title: [asdict(row) for row in rows] for title, rows in sections()}


def glossary(arguments: Namespace, terminal: Terminal) -> Answer:
    """Print the best match of a term with its formula and page, or all terms."""
    from core.export.glossary import require_terms

    query = " ".join(arguments.term)
    terms = require_terms(query)
    if query.strip():
        best, *others = terms
        also = f" ({', '.join(best.also)})" if best.also else ""
        formula = [f"Formula: {best.formula}"] if best.formula else []
        terminal.print(f"{best.name}{also}", best.definition, *formula, f"Page: {best.page}")
        if others:
            terminal.print(f"Other matches: {few([term.name for term in others])}")
    else:
        terminal.print(*(f"{term.name}: {term.definition}" for term in terms))
    return {"terms": [term.model_dump(mode="json") for term in terms]}


def wrap(kind: str, defaults: list[str], width: int = 100) -> list[str]:
    """Return a choice and its fields with their defaults in lines of at most `width`.

    >>> wrap("sgd", ["learning_rate=0.05", "momentum=0.9"], 40)
    ['  sgd               learning_rate=0.05', '                    momentum=0.9']
    """
    first, rest = f"  {kind:<17} ", " " * 20
    lines = textwrap.wrap(" ".join(defaults), width, initial_indent=first, subsequent_indent=rest)
    return lines or [first.rstrip()]


def _families() -> Iterator[type[Choice]]:
    return (cls for cls in Choice.__subclasses__() if cls.family)


def _choices(family: type[Choice]) -> Answer:
    return {
        kind: {
            "label": cls.label,
            "help": cls.doc(),
            "source": cls.papers(),
            "fields": {field.name: _as_json(field.default) for field in fields(cls)},
        }
        for kind, cls in sorted(family.members.items())
    }


def _as_json(value: Any) -> Any:
    """Return a field's default as JSON data."""
    if isinstance(value, Value):
        return value.model_dump(mode="json")
    return list(map(_as_json, value)) if isinstance(value, tuple) else value
