"""The lab's own definitions in a script: each is copied from its source file with everything that
it uses, and what the script does not use is left out.

Knows Python source, no choices. A definition that needs more than other definitions and installed
packages cannot be copied: CannotExport.
"""

import ast
import importlib
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

from core.export.script.python_source import (
    CannotExport,
    Names,
    imported_names,
    read_module,
    used_attributes,
    used_names,
)
from core.export.script.unused_code import prune, reachable

ALIASES = {"torch.nn": "nn"}  # modules that a script imports under a name of their own


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
