"""Descent Lab's engine: values, training, runs on disk. It never imports Streamlit.

An Experiment is one frozen value; `train(experiment, data)` is an iterator of events; a run is a
folder that holds the value and its events. Everything else reads or writes one of the three.
"""

import os

from core.base import lazy_compiler

# Read when torch is loaded: its threads sleep while they wait for each other. By default they spin,
# and one busy neighbour on two cores makes a training up to 40 × as slow (measured: LeNet, 230
# steps a second alone, 6 beside another process; with this 150 and 42).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

lazy_compiler.install()

__version__ = "0.1.0"
