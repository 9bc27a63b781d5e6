"""The running statistics of batch normalization after a run, for networks that have any."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import LabError
from core.base.numbers import short
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import trace, walk_facts
from core.network.layers import walk_layers
from core.runs.store import Store
from pages.kit.form import escape
from pages.kit.layout import describe_error, finding
from pages.kit.tables import show_table

if TYPE_CHECKING:
    from core.analysis.inside.running_statistics import Range, RunningStatistics  # imports torch

EXPLANATION = (
    "Training accumulates these statistics over the mini-batches. Inference uses them in place of "
    "the mean μ and the standard deviation σ of the batch, so that a prediction does not depend on "
    "the other samples of the batch. Each cell has the minimum and maximum over the channels; γ "
    "and β are the learned scale and shift."
)


def running_statistics(run: str, experiment: Experiment) -> None:
    """A collapsed table with one row per layer; nothing for a network without batch
    normalization.
    """
    if not any(layer.uses_batch_statistics for layer in walk_layers(experiment.network)):
        return
    store = runner.current().store
    checkpoints = store.checkpoints(run)
    if not checkpoints:
        return
    with st.expander("**Running statistics of batch normalization**", icon=":material/equalizer:"):
        st.caption(EXPLANATION)
        try:
            statistics = _running(str(store.home), run, checkpoints[0].stat().st_mtime)
        except LabError as error:
            finding("bad", escape(describe_error(error)))
            return
        numbers = _numbers(experiment, store.home)
        rows = [
            {
                "Layer": " ".join(
                    [*numbers.get(layer.path, ()), layer.path.replace(".layers", "")]
                ),
                "Channels": layer.channels,
                "Running mean μ": _format(layer.mean),
                "Running standard deviation σ": _format(layer.std),
                "Scale γ": _format(layer.scale),
                "Shift β": _format(layer.shift),
            }
            for layer in statistics
        ]
        show_table(rows, height="content" if len(rows) < 12 else 460)


@st.cache_data(max_entries=8, show_spinner=False)
def _running(home: str, run: str, written: float) -> tuple["RunningStatistics", ...]:
    """`written` is the time of the checkpoint, so that a newer one of the same run is read
    again.
    """
    from core.analysis.inside.running_statistics import read_running_statistics
    from core.runs.checkpoint import load

    return read_running_statistics(load(Store(home), run) or {"best": None, "model": {}})


def _numbers(experiment: Experiment, home: Path) -> dict[str, tuple[str]]:
    """Return the number of each layer by its path; none if the data is not on this disk."""
    try:
        facts = experiment.data.facts(home)
    except LabError:
        return {}
    traced = trace(experiment.network, facts.shape, facts.outputs)
    return {fact.path: (fact.number,) for fact in walk_facts(traced)}


def _format(ends: "Range") -> str:
    low, high = map(short, ends)
    return low if low == high else f"{low} … {high}"
