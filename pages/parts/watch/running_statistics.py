"""After a training: the running statistics of batch normalization, where the network has some."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.base.errors import LabError
from core.base.numbers import short
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import flat, trace
from core.network.layers import BatchNorm, every
from core.runs.store import Store
from pages.kit.form import escape
from pages.kit.layout import finding, told

if TYPE_CHECKING:
    from core.analysis.running_statistics import Range, Running  # torch is loaded when it is needed

TOLD = (
    "Gathered while training, from batch after batch. At inference they stand in for the mean μ "
    "and the deviation σ of the batch, so that a picture gets the same answer alone as among "
    "others. Least and most over the maps; γ and β are the learned scale and shift."
)


def running_statistics(run: str, experiment: Experiment) -> None:
    """A folded table, one row a layer; nothing for a network without batch normalization."""
    if not any(isinstance(layer, BatchNorm) for layer in every(experiment.network)):
        return
    store = runner.current().store
    kept = store.checkpoints(run)
    if not kept:
        return
    with st.expander("**Running statistics of batch normalization**", icon=":material/equalizer:"):
        st.caption(TOLD)
        try:
            found = _running(str(store.home), run, kept[0].stat().st_mtime)
        except LabError as error:
            finding("bad", escape(told(error)))
            return
        numbers = _numbers(experiment, store.home)
        rows = [
            {
                "Layer": " ".join([*numbers.get(one.path, ()), one.path.replace(".layers", "")]),
                "Maps": one.maps,
                "Running mean μ": _said(one.mean),
                "Running deviation σ": _said(one.std),
                "Scale γ": _said(one.scale),
                "Shift β": _said(one.shift),
            }
            for one in found
        ]
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, height="content" if len(rows) < 12 else 460
        )


@st.cache_data(max_entries=8, show_spinner=False)
def _running(home: str, run: str, written: float) -> tuple["Running", ...]:
    """`written` is when, so that another checkpoint of the same run is read anew."""
    from core.analysis.running_statistics import running
    from core.runs.checkpoint import load

    return running(load(Store(home), run) or {"best": None, "model": {}})


def _numbers(experiment: Experiment, home: Path) -> dict[str, tuple[str]]:
    """The number of each layer by its path; none where the data, and so its shape, is not here."""
    try:
        facts = experiment.data.facts(home)
    except LabError:
        return {}
    traced = trace(experiment.network, facts.shape, facts.outputs)
    return {fact.path: (fact.number,) for fact in flat(traced)}


def _said(ends: "Range") -> str:
    low, high = map(short, ends)
    return low if low == high else f"{low} … {high}"
