"""A method of a choice as a function: numbers become constants in place of `self.field`, and
branches for other options are left out.

>>> from core.optim.decays import Exponential
>>> definitions = Definitions()
>>> name = Specializer(Exponential(gamma=0.5), definitions).define("base_schedule", "rate")
>>> print(*definitions.sources.values(), sep="\\n")
GAMMA = 0.5
def rate(base, step, *, steps, epoch_steps):
    return base * GAMMA ** (step // epoch_steps)
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from core.base.spec import Choice
from core.export.script.definitions import Definitions
from core.export.script.python_source import CannotExport
from core.export.script.rendering import literal

Edit = tuple[ast.AST, str]  # a node and the code in its place


class Specializer:
    """Writes the methods of one choice into the definitions of a script."""

    def __init__(self, choice: Choice, definitions: Definitions, prefix: str = ""):
        """`prefix` begins the names of functions that the methods call."""
        self.choice, self.definitions, self.prefix = choice, definitions, prefix

    def define(self, method: str, name: str, docstring: str = "") -> str:
        """Add the function of a method to the definitions. Returns its name."""
        if name not in self.definitions.sources:
            self.definitions.sources[name] = ""
            text = self.function(method, name, docstring)
            del self.definitions.sources[name]
            self.definitions.sources[name] = text
        return name

    def function(self, method: str, name: str, docstring: str = "") -> str:
        """Return the source of a method as a function of this name."""
        member = getattr(type(self.choice), method)
        try:
            text = textwrap.dedent(inspect.getsource(member))
        except (OSError, TypeError):
            raise CannotExport(
                f"{self.choice.label} has no source file that a script could contain. Define it in "
                "a file of the lab to export the run."
            ) from None
        text = _edit(text, lambda tree: self._header(tree, name))
        text = _edit_all(text, self._value)
        text = _edit_all(text, _folded)
        text = self.definitions.hoist_imports(text)
        if docstring:
            text = _with_docstring(text, docstring)
        self.definitions.resolve(member.__module__, text, but=name)
        return text

    def _header(self, tree: ast.Module, name: str) -> Edit:
        """Rename the function and drop `self` and the types."""
        (function,) = tree.body
        arguments = function.args
        arguments.args = arguments.args[1:]
        for argument in (*arguments.args, *arguments.kwonlyargs):
            argument.annotation = None
        return function, f"def {name}({ast.unparse(arguments)}):"

    def _value(self, tree: ast.Module) -> Edit | None:
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Attribute) and _is_self(node.value)):
                continue
            value = getattr(self.choice, node.attr)
            if _is_number(value) and node.attr in type(self.choice).model_fields:
                return node, self._constant(node.attr, literal(value))
            if not inspect.ismethod(value):
                return node, _literal(value, node.attr, self.choice)
            name = node.attr.strip("_")
            return node, self.define(node.attr, f"{self.prefix}_{name}" if self.prefix else name)
        if any(_is_self(node) for node in ast.walk(tree)):
            raise CannotExport(
                f"{self.choice.label} uses itself as a value, which a script cannot contain. "
                "Choose another one to export the run."
            )
        return None

    def _constant(self, field: str, value: str) -> str:
        """Define a constant with the value of a field. Returns its name."""
        sources = self.definitions.sources
        names = (field.upper(), f"{self.choice.kind}_{field}".upper())
        for name in names:
            if sources.get(name, f"{name} = {value}") == f"{name} = {value}":
                sources[name] = f"{name} = {value}"
                return name
        return value


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _literal(value: Any, name: str, choice: Choice) -> str:
    plain = (int, float, str, bool, tuple, list, dict, type(None))
    if not isinstance(value, plain):
        raise CannotExport(
            f"{choice.label} uses {name}, which is not a plain value, so it cannot be part of a "
            "script. Choose another one to export the run."
        )
    text = literal(value)
    return f"({text})" if text.startswith("-") else text


def _folded(tree: ast.Module) -> Edit | None:
    """Return the branch that counts, for a condition of constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp) and (truth := _truth(node.test)) is not None:
            chosen = node.body if truth else node.orelse
            return node, chosen
        if isinstance(node, ast.If) and (truth := _truth(node.test)) is not None:
            return node, node.body if truth else node.orelse
    return None


def _truth(test: ast.expr) -> bool | None:
    """Return the value of a condition that has only constants; None for any other."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        sides = (test.left, test.comparators[0])
        if all(isinstance(side, ast.Constant) for side in sides):
            left, right = (side.value for side in sides)
            known = {ast.Eq: left == right, ast.NotEq: left != right}
            return known.get(type(test.ops[0]))
    return bool(test.value) if isinstance(test, ast.Constant) else None


# --- changes of source text, which keep its layout


def _edit_all(text: str, find: Callable[[ast.Module], Edit | None]) -> str:
    """Apply edits until there is none left."""
    while True:
        edited = _edit(text, find)
        if edited == text:
            return text
        text = edited


def _edit(text: str, find: Callable[[ast.Module], Edit | None]) -> str:
    """Apply one edit: code, or nodes, in place of a node. In place of a whole function, only its
    first line is replaced.
    """
    edit = find(ast.parse(text))
    if not edit:
        return text
    node, new = edit
    lines = text.splitlines()
    if isinstance(node, ast.FunctionDef):
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        return "\n".join([*lines[: first - 1], str(new), *lines[node.body[0].lineno - 1 :]])
    if isinstance(node, ast.If):
        kept: list[str] = []
        for statement in new:
            block = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            kept += textwrap.indent(textwrap.dedent(block), " " * node.col_offset).splitlines()
        return "\n".join([*lines[: node.lineno - 1], *kept, *lines[node.end_lineno :]])
    if isinstance(new, ast.AST):
        new = ast.get_source_segment(text, new)
    start, end = node.lineno - 1, node.end_lineno - 1
    before = lines[start].encode()[: node.col_offset].decode()
    after = lines[end].encode()[node.end_col_offset :].decode()
    return "\n".join([*lines[:start], before + new + after, *lines[end + 1 :]])


def _with_docstring(text: str, docstring: str) -> str:
    (function,) = ast.parse(text).body
    lines = text.splitlines()
    first = function.body[0]
    start = first.lineno - 1
    has_docstring = ast.get_docstring(function) is not None
    rest = lines[first.end_lineno if has_docstring else start :]
    return "\n".join([*lines[:start], f'    """{docstring}"""', *rest])
