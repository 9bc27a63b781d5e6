"""Values and calls as Python code in lines of at most WIDTH characters, and comments.

>>> print(code(Call("builtins.dict", {"a": [1, 2.5], "b": "text"}), str))
builtins.dict(a=[1, 2.5], b="text")
"""

import importlib
import inspect
import json
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.base.spec import Call, Choice
from core.export.script.formulas import readable

WIDTH = 100
Name = Callable[[str], str]  # how the script names an object, from its full name


@dataclass(frozen=True)
class Bracketed:
    """Code in brackets, whose parts can be on lines of their own."""

    start: str
    parts: tuple["str | Bracketed", ...]
    end: str

    def with_prefix(self, prefix: str) -> "Bracketed":
        return Bracketed(prefix + self.start, self.parts, self.end)


Code = str | Bracketed


def code(value: Any, name: Name, *positional: str, indent: int = 0, before: str = "") -> str:
    """Return a value or a call as code; `before` precedes it, such as an assignment. Further lines
    are indented by `indent` spaces more than the first one.
    """
    tree = _tree(value, name)
    if positional and isinstance(tree, Bracketed):
        tree = Bracketed(tree.start, (*positional, *tree.parts), tree.end)
    return layout(_prefixed(tree, before), indent)


def layout(tree: Code, indent: int = 0, after: str = "") -> str:
    """Return the code in one line if it fits, else with each part on its own line."""
    flat = _flat(tree) + after
    if isinstance(tree, str) or indent + len(flat) <= WIDTH or not tree.parts:
        return flat
    inner = indent + 4
    parts = [" " * inner + layout(part, inner, ",") for part in tree.parts]
    return "\n".join([tree.start, *parts, " " * indent + tree.end + after])


def literal(value: Any) -> str:
    """Return a number, a string or a collection of them as code.

    >>> literal(("a", 1.0)), literal({0: None})
    ('("a", 1.0)', '{0: None}')
    """
    return _flat(_tree(value, str))


def _tree(value: Any, name: Name) -> Code:
    if isinstance(value, Call):
        # Defaults of torch's modules are left out, those of the lab's own definitions too.
        shown = name(value.target)
        arguments = without_defaults(value)
        parts = [_prefixed(_tree(inner, name), f"{key}=") for key, inner in arguments.items()]
        return Bracketed(f"{shown}(", tuple(parts), ")")
    if isinstance(value, Mapping):
        items = [_prefixed(_tree(v, name), f"{literal(k)}: ") for k, v in value.items()]
        return Bracketed("{", tuple(items), "}")
    if isinstance(value, tuple):
        items = [_tree(inner, name) for inner in value]
        if len(items) == 1:
            return Bracketed("(", (_flat(items[0]) + ",",), ")")
        return Bracketed("(", tuple(items), ")")
    if isinstance(value, list):
        return Bracketed("[", tuple(_tree(inner, name) for inner in value), "]")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def without_defaults(call: Call) -> dict[str, Any]:
    """Return the arguments that differ from the defaults of the constructor. A learning rate is
    always named.
    """
    module, _, name = call.target.rpartition(".")
    if module.startswith("keras"):  # it need not be installed
        return call.arguments
    function = getattr(importlib.import_module(module), name)
    try:
        known = inspect.signature(function).parameters
    except (TypeError, ValueError):  # built in
        known = {}
    return {
        key: value
        for key, value in call.arguments.items()
        if key == "lr" or key not in known or known[key].default != value
    }


def _prefixed(tree: Code, prefix: str) -> Code:
    return tree.with_prefix(prefix) if isinstance(tree, Bracketed) else prefix + tree


def _flat(tree: Code) -> str:
    if isinstance(tree, str):
        return tree
    return f"{tree.start}{', '.join(map(_flat, tree.parts))}{tree.end}"


def comment(text: str, indent: int = 0) -> str:
    """Return paragraphs as lines of a comment."""
    mark = " " * indent + "# "
    paragraphs = [
        textwrap.wrap(p, WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)
        for p in text.split("\n")
        if p.strip()
    ]
    return "\n".join(line for lines in paragraphs for line in lines)


def describe(choice: Choice) -> str:
    """Return a comment that names a choice: its label, description, formula and source."""
    about = " ".join(choice.doc().partition("\n\n")[0].split())
    lines = [f"{choice.label}: {about}"]
    lines += [readable(choice.formula)] if choice.formula else []
    lines += [f"{choice.papers()}."] if choice.papers() else []
    return comment("\n".join(lines))
