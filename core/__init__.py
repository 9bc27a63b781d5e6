"""Descent Lab's engine: values, training, runs on disk. It never imports Streamlit.

An Experiment is one frozen value; `train(experiment, data)` is an iterator of events; a run is a
folder that holds the value and its events. Everything else reads or writes one of the three.
"""

__version__ = "0.1.0"
