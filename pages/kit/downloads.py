"""The files of a run: weights, curves and settings, each created on download."""

from collections.abc import Callable

import streamlit as st

from core.export.curves import curves_csv
from core.jobs import runner
from core.runs import checkpoint
from pages.kit import feed


def downloads(run: str) -> None:
    """Draw one button per file."""
    store = runner.current().store

    def offer(label: str, name: str, make: Callable[[], bytes | str]) -> None:
        st.download_button(
            label, make, f"{run}-{name}", on_click="ignore", type="tertiary", key=f"get_{name}"
        )

    if store.checkpoints(run):
        offer("Weights (PyTorch)", "weights.pth", lambda: checkpoint.weights(store, run, "pth"))
        offer(
            "Weights (safetensors)",
            "weights.safetensors",
            lambda: checkpoint.weights(store, run, "safetensors"),
        )
    offer("Curves (CSV)", "curves.csv", lambda: curves(run))
    offer("Experiment (JSON)", "experiment.json", lambda: store.experiment(run))


def curves(run: str) -> str:
    """Return every step as a row."""
    with feed.tail(run).read() as history:
        return curves_csv(history)
