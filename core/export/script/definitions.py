"""The lab's own definitions in a script: each is copied from its source file with everything that
it uses, and what the script does not use is left out.

Knows Python source, no choices. A definition that needs more than other definitions and installed
packages cannot be copied: CannotExport.
"""

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType

from core.base.errors import BadInput

ALIASES = {"torch.nn": "nn"}  # modules that a script imports under a name of their own
ALWAYS = {"forward"}  # methods that nobody calls by their name

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
    return _attributes(ast.parse(code))


def _attributes(tree: ast.AST) -> frozenset[str]:
    return frozenset(n.id if isinstance(n, ast.Name) else n.attr for n in _reads(tree))


def _reads(tree: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node


def is_own(module: str) -> bool:
    """Whether a module belongs to the lab or to its extensions, and not to an installed package."""
    top = module.partition(".")[0]
    if top == "core":
        return True
    if top in sys.stdlib_module_names:
        return False
    return "site-packages" not in (_file(importlib.import_module(module)) or "site-packages")


def _file(module: ModuleType) -> str | None:
    return getattr(module, "__file__", None)


@dataclass
class Definitions:
    """The definitions and imports of one script. A `draft` is only shown: no large file is read for
    it.
    """

    draft: bool = False
    sources: dict[str, str] = field(default_factory=dict)  # in the order in which they are needed
    imports: Names = field(default_factory=dict)

    def name(self, target: str) -> str:
        """Return how the script names an object such as "torch.nn.Linear" or
        "core.network.modules.DropoutModule", and define or import it.
        """
        module, _, name = target.rpartition(".")
        if is_own(module):
            self.define(module, name)
            return name
        for package, alias in ALIASES.items():
            if f"{module}.".startswith(f"{package}."):
                outer, _, inner = package.rpartition(".")
                self.imports[alias] = f"from {outer} import {inner}"
                return f"{alias}{target.removeprefix(package)}"
        top = module.partition(".")[0]
        self.imports[top] = f"import {top}"
        return target

    def define(self, module: str, name: str) -> None:
        """Copy a definition of a module of the lab, after those that it uses."""
        if name in self.sources:
            return
        source = read_module(module)
        if name not in source.nodes:
            if name in source.imports and (parts := source.imports[name].split())[0] == "from":
                self.define(parts[1], parts[3])
                return
            raise CannotExport(f"{module}.{name} has no source that a script could contain.")
        text = self.hoist_imports(source.text(source.nodes[name]))
        self.sources[name] = ""  # it is being copied: definitions may use each other
        self.resolve(module, text, but=name)
        del self.sources[name]
        self.sources[name] = text

    def resolve(self, module: str, code: str, but: str = "") -> None:
        """Define or import the names of `module` that the code uses."""
        source = read_module(module)
        for name in sorted(used_names(textwrap.dedent(code)) - {but}):
            if name in source.nodes:
                self.define(module, name)
            elif statement := source.imports.get(name):
                self.add_import(name, statement)

    def add_import(self, name: str, statement: str) -> None:
        """Add an import statement, or the definition that it imports from the lab."""
        parts = statement.split()
        if not is_own(parts[1]):
            self.imports[name] = statement
        elif parts[0] == "from" and parts[-1] == parts[3]:
            self.define(parts[1], parts[3])
        else:
            raise CannotExport(f"“{statement}” cannot be part of a script.")

    def hoist_imports(self, text: str) -> str:
        """Return a function without the imports inside it, which are added to those of the script.
        Types that were text because of them are written as types.
        """
        if "import" not in text:
            return text
        inside = [
            n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)
        ]
        if not inside:
            return text
        lines = text.splitlines()
        for node in sorted(inside, key=lambda node: -node.lineno):
            for name, statement in imported_names(node).items():
                self.add_import(name, statement)
            is_last = not lines[node.end_lineno].strip()  # an empty line follows the imports
            del lines[node.lineno - 1 : node.end_lineno + is_last]
        return re.sub(r'(: |-> )"([\w.|,\[\] ]+)"(?=[,):])', r"\1\2", "\n".join(lines))

    def shaken(self, body: str) -> dict[str, str]:
        """Return the definitions that the body needs, without the methods that nobody calls."""
        sources = {name: text for name, text in self.sources.items() if text}
        while True:
            needed = reachable(body, sources)
            texts = {name: text for name, text in sources.items() if name in needed}
            used = {name: used_attributes(text) for name, text in texts.items()}
            used[""] = used_attributes(body)
            pruned = {
                name: prune(text, set().union(*(u for other, u in used.items() if other != name)))
                for name, text in texts.items()
            }
            if pruned == sources:
                return pruned
            sources = pruned


def reachable(body: str, sources: dict[str, str]) -> set[str]:
    """Return the definitions that the body needs, directly or through others."""
    needed: set[str] = set()
    waiting = used_names(body) & sources.keys()
    while waiting:
        needed |= waiting
        found = set().union(*(used_names(sources[name]) for name in waiting))
        waiting = (found & sources.keys()) - needed
    return needed


def prune(text: str, used_elsewhere: Set[str]) -> str:
    """Return a definition; a class without the methods and values that nobody uses."""
    members = _members(text)
    for member in members:
        if not member.name or member.name in ALWAYS | used_elsewhere or member.name[:2] == "__":
            continue
        if not any(member.name in other.uses for other in members if other is not member):
            return prune(_without(text, member, is_only=len(members) == 1), used_elsewhere)
    return text


@dataclass(frozen=True)
class Member:
    """A statement of a class: the name that it defines, its lines, and what it reads."""

    name: str
    first: int
    last: int
    uses: frozenset[str]


@lru_cache(maxsize=4096)
def _members(text: str) -> tuple[Member, ...]:
    """Return the members of a class; none for other definitions, and for a class with decorators,
    which may use its members.
    """
    (node,) = ast.parse(text).body
    if not isinstance(node, ast.ClassDef) or node.decorator_list:
        return ()
    return tuple(
        Member(
            _member_name(member),
            min([member.lineno, *(d.lineno for d in getattr(member, "decorator_list", ()))]),
            member.end_lineno,
            _attributes(member),
        )
        for member in node.body
    )


def _member_name(member: ast.stmt) -> str:
    if isinstance(member, ast.FunctionDef):
        return member.name
    target = getattr(member, "target", None) or next(iter(getattr(member, "targets", ())), None)
    return target.id if isinstance(target, ast.Name) else ""


def _without(text: str, member: Member, *, is_only: bool) -> str:
    """Return the class without one of its members and the empty lines before it."""
    lines = text.splitlines()
    start = member.first - 1
    while not lines[start - 1].strip():
        start -= 1
    kept = lines[:start] + lines[member.last :]
    if is_only:
        kept.append("    pass")
    return "\n".join(kept)


def import_block(names: Names, code: str) -> Iterator[str]:
    """Yield the lines of imports that the code uses, sorted as ruff sorts them."""
    used = used_names(code)
    statements = {statement for name, statement in names.items() if name.split(".")[0] in used}
    merged: dict[str, list[str]] = {}
    plain = set()
    for statement in statements:
        if statement.startswith("from "):
            module, _, name = statement.removeprefix("from ").partition(" import ")
            merged.setdefault(module, []).append(name)
        else:
            plain.add(statement)
    lines = [(s.split()[1], False, s) for s in plain]
    lines += [
        (module, True, f"from {module} import {', '.join(sorted(found, key=_import_order))}")
        for module, found in merged.items()
    ]
    groups = [[], []]
    for module, _, line in sorted(lines, key=lambda line: (line[1], line[0])):
        groups[module.partition(".")[0] not in sys.stdlib_module_names].append(line)
    yield "\n\n".join("\n".join(group) for group in groups if group)


def _import_order(name: str) -> tuple[int, str]:
    """Constants come first, then classes, then functions, as in isort."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)
