"""The examples in docstrings print what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
    if "\n" + " " * 4 + ">>> " in path.read_text() or "\n>>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_right(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted and not found.failed


def test_there_are_examples() -> None:
    assert len(MODULES) > 50
