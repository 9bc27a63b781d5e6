"""Every error raised in the data package has a specific code in snake_case."""

import ast
import re

import pytest

from tests.conftest import ROOT

ERRORS = {"BadData", "BadExperiment", "BadInput", "NotFound", "Unavailable"}
FILES = sorted((ROOT / "core" / "data").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_error_has_a_code(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
            codes = [word.value for word in node.keywords if word.arg == "code"]
            assert codes, f"line {node.lineno}: no code"
            if isinstance(codes[0], ast.Constant):
                assert re.fullmatch(r"[a-z][a-z0-9_]+", codes[0].value), f"line {node.lineno}"
