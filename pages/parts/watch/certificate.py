"""The card Replay certificate of the tab Export: the run is trained again and compared."""

import streamlit as st

from core.analysis import results
from core.analysis.catalogue import ReplayCertificate
from core.analysis.replay_certificate import conclude, describe_environment
from core.base.numbers import duration_range, size
from core.base.text import counted
from core.jobs import runner
from core.runs import kept_checkpoints
from pages.kit import analyses
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import card_title, finding, local_time

HELP = (
    "Hashes of the weights are written every 50 steps. The first difference is reported with its "
    "step, its layers and the versions that differ. On the command line: `python -m core verify "
    "RUN`, also for the archive of a run from another machine."
)


def card(run: str) -> None:
    """The answer with its date and versions, or the button that asks for it."""
    store = runner.current().store
    card_title("Replay certificate", help=HELP)
    st.markdown(
        "Trains the run again and compares every loss, every score and hashes of the weights with "
        "its log, to the last bit."
    )
    end = store.last(run, "reason") or {}
    kept = kept_checkpoints.kept(store, run)
    epochs = [0, *(each.epoch for each in kept if each.step < end.get("step", 0))]
    chosen = 0
    if len(epochs) > 1:
        chosen = st.selectbox(
            "Begin at", epochs, key="watch_replay_from", persist_state="session", width=240,
            format_func=lambda epoch: f"Epoch {epoch}" if epoch else "The start",
        )  # fmt: skip
    certificate = ReplayCertificate(epoch=chosen if chosen in epochs else 0)
    result = analyses.result(run, certificate, ask="Verify run")
    if result is None:
        seconds = end.get("seconds", 0.0)
        st.caption(
            f"The whole run takes about {duration_range(seconds, 2 * seconds)} beside other work. "
            f"{_describe(kept)}"
        )
        return
    found = conclude(result)
    finding(found.level, escape(found.text))
    when = local_time(result["time"]).strftime("%d %b %Y, %H:%M")
    st.caption(escape(f"Verified on {when} with {describe_environment(result['here'])}."))
    if button("Verify again", key=f"verify again {run}", icon=":material/refresh:"):
        results.forget(store, run, certificate)
        st.rerun()


def _describe(kept: list[kept_checkpoints.KeptCheckpoint]) -> str:
    """Return how many checkpoints of the run are kept, and how much of its space they use."""
    if not kept:
        return "No checkpoints of its epochs are kept."
    used = size(sum(each.bytes for each in kept))
    limit = size(kept_checkpoints.budget())
    return f"Kept: {counted(len(kept), 'checkpoint')}, {used} of at most {limit}."
