"""`make benchmark` runs every benchmark, and each of them can be imported and has a description."""

import importlib
import re

import pytest

from tests.conftest import ROOT

MAIN = 'if __name__ == "__main__":'
HELPERS = {"clients"}  # a process that another benchmark starts
FILES = (ROOT / "benchmarks").glob("*.py")
NAMES = sorted({path.stem for path in FILES if MAIN in path.read_text()} - HELPERS)


def test_make_benchmark_runs_every_benchmark_once():
    recipe = (ROOT / "Makefile").read_text().partition("\nbenchmark:")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"-m benchmarks\.(\w+)", recipe)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported_and_has_a_description(name):
    assert importlib.import_module(f"benchmarks.{name}").__doc__
