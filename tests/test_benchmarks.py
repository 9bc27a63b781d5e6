"""`make benchmark` runs every benchmark, and each of them starts."""

import importlib
import re

import pytest

from tests.conftest import ROOT

MAIN = 'if __name__ == "__main__":'
PARTS = {"clients"}  # a process that another benchmark starts
FILES = (ROOT / "benchmarks").glob("*.py")
NAMES = sorted({path.stem for path in FILES if MAIN in path.read_text()} - PARTS)


def test_make_benchmark_runs_each_of_them_once():
    recipe = (ROOT / "Makefile").read_text().partition("\nbenchmark:")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"-m benchmarks\.(\w+)", recipe)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_all_that_it_uses(name):
    assert importlib.import_module(f"benchmarks.{name}").__doc__
