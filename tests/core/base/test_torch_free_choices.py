"""Choices, stored runs and the command line load neither torch nor NumPy.

Measured on two quiet cores: `python -m core presets` takes 0.31 s, and 1.7 s when torch is loaded
first. The app itself loads torch before it serves its first page, so there the rule saves nothing.
"""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

HEAVY = ("torch", "numpy", "pandas", "plotly", "streamlit")


@pytest.mark.parametrize(
    "module",
    [
        "core.experiment",  # imports every family of choices
        "core.studies.study",
        "core.network.presets",
        "core.advice.training_checks",
        "core.runs.summary",
        "core.commands",
    ],
)
def test_reading_an_experiment_loads_no_heavy_library(module: str):
    code = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
