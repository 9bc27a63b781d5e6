"""Choices, stored runs and the command line load neither torch nor NumPy.

Measured on two quiet cores: `python -m core presets` takes 0.31 s, and 1.7 s when torch is loaded
first. The app itself loads torch before it serves its first page, so there the rule saves nothing.
"""

import subprocess
import sys

from tests.conftest import ROOT

HEAVY = ("torch", "numpy", "pandas", "plotly", "streamlit")


MODULES = (
    "core.experiment",  # imports every family of choices
    "core.studies.study",
    "core.network.presets",
    "core.advice.training_checks",
    "core.runs.summary",
    "core.commands",
)


def test_reading_an_experiment_loads_no_heavy_library():
    """One process imports all of them: what is not loaded in the end, none of them loads."""
    code = (
        "import importlib, sys\n"
        f"for name in {MODULES}:\n"
        "    importlib.import_module(name)\n"
        f"    print(name, *[heavy for heavy in {HEAVY} if heavy in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == list(MODULES)
