"""The files of a run: weights, curves, settings and tables, each created on download."""

from collections.abc import Callable

import streamlit as st

from core.base.text import file_name
from core.export.curves import curves_csv, layers_csv
from core.jobs import runner
from core.runs import checkpoint
from core.runs.history import History
from pages.kit import feed
from pages.kit.layout import run_name


def downloads(run: str) -> None:
    """Draw one button per file."""
    store, name = runner.current().store, file_name(run_name(run))

    def offer(label: str, suffix: str, make: Callable[[], bytes | str]) -> None:
        st.download_button(
            label, make, f"{name} {suffix}", on_click="ignore", type="tertiary",
            key=f"get_{suffix}",
        )  # fmt: skip

    def read(table: Callable[[History], str]) -> str:
        with feed.tail(run).read() as history:
            return table(history)

    if store.checkpoints(run):
        offer("Weights (PyTorch)", "weights.pth", lambda: checkpoint.saved_model(store, run).pth())
        offer(
            "Weights (safetensors)",
            "weights.safetensors",
            lambda: checkpoint.saved_model(store, run).safetensors(),
        )
    offer("Curves (CSV)", "curves.csv", lambda: read(curves_csv))
    offer("Layers (CSV)", "layers.csv", lambda: read(layers_csv))
    offer("Experiment (JSON)", "experiment.json", lambda: store.experiment(run))


def csv_button(run: str, content: str, make: Callable[[], str]) -> None:
    """Draw the button for a table of a card; the file is named after the run and its content."""
    st.download_button(
        "CSV", make, f"{file_name(run_name(run))} {content}.csv", on_click="ignore",
        icon=":material/download:", type="tertiary", key=f"{content} csv",
    )  # fmt: skip
