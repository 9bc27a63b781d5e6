"""Python source: the definitions and imports of a module, and the names that code uses."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from core.base.errors import BadInput

Names = dict[str, str]  # a name, and the import statement that defines it


class CannotExport(BadInput):
    """A part of an experiment that cannot be written as a script."""

    code = "cannot_export"


@dataclass(frozen=True)
class Module:
    """The source of a module: its definitions by name, and its imports."""

    lines: tuple[str, ...]
    nodes: dict[str, ast.stmt]
    imports: Names

    def text(self, node: ast.stmt) -> str:
        """Return the lines of a definition, with its decorators."""
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        return "\n".join(self.lines[first - 1 : node.end_lineno])


@lru_cache(maxsize=256)
def read_module(name: str) -> Module:
    """Read the source of a module. Raises CannotExport if it has none."""
    try:
        source = inspect.getsource(importlib.import_module(name))
    except (ImportError, OSError, TypeError):
        raise CannotExport(
            f"{name} has no source file that a script could contain. Define the choice in a file "
            "of the lab to export the run."
        ) from None
    nodes: dict[str, ast.stmt] = {}
    imports: Names = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            nodes |= dict.fromkeys(named, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports |= imported_names(node)
    return Module(tuple(source.splitlines()), nodes, imports)


def imported_names(node: ast.Import | ast.ImportFrom) -> Names:
    """Return the names that an import statement defines, each with a separate statement.

    >>> imported_names(ast.parse("from torch import Tensor, nn").body[0])
    {'Tensor': 'from torch import Tensor', 'nn': 'from torch import nn'}
    """
    start = f"from {node.module} import " if isinstance(node, ast.ImportFrom) else "import "
    return {
        alias.asname or alias.name: start + alias.name + f" as {alias.asname}" * bool(alias.asname)
        for alias in node.names
    }


@lru_cache(maxsize=4096)  # the same definitions are in most scripts
def used_names(code: str) -> frozenset[str]:
    """Return the names that the code reads, without those of attributes."""
    return frozenset(node.id for node in _reads(ast.parse(code)) if isinstance(node, ast.Name))


@lru_cache(maxsize=4096)
def used_attributes(code: str) -> frozenset[str]:
    """Return the names and attributes that the code reads."""
    return attributes_of(ast.parse(code))


def attributes_of(tree: ast.AST) -> frozenset[str]:
    return frozenset(n.id if isinstance(n, ast.Name) else n.attr for n in _reads(tree))


def _reads(tree: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node
