"""Unused code: which definitions and which members of classes a script does not need."""

import ast
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache

from core.export.script.python_source import attributes_of, used_names

ALWAYS = {"forward"}  # methods that nobody calls by their name


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
            attributes_of(member),
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
