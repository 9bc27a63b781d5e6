"""The ticked runs of the Runs page side by side: their curves over one another, only the settings
that differ, and one honest sentence about who leads.
"""

import pandas as pd
import streamlit as st

from core.base.encoding import decode, encode
from core.base.errors import LabError
from core.base.numbers import percent
from core.base.text import counted
from core.experiment import Experiment
from core.figures import overlay
from core.jobs import runner
from core.runs import ranking
from core.runs.compare import differences, settings
from core.runs.ranking import Comparison, verdict
from core.runs.summary import ended
from pages.kit import feed, state
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.screen import phone
from pages.parts.runs.table import Row

CARD = 354  # px: as high as the cards that come in its place
AXES = {"Epoch": "epoch", "Step": "step", "Time": "seconds"}


def compare(chosen: list[Row]) -> None:
    """The curves beside the settings; for one run its own, for none what to do."""
    if not chosen:
        height = "content" if phone() else CARD  # on a phone the cards would stand below each other
        with st.container(
            border=True, height=height, horizontal_alignment="center", vertical_alignment="center"
        ):
            words = "Tick a run to see its curve, two or more to compare them."
            st.markdown(words, text_alignment="center")
        return
    store = runner.current().store
    experiments = [decode(Experiment, store.experiment(row.summary.run)) for row in chosen]
    left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        samples = curves(chosen, experiments)
    with right.container(border=True, height="stretch"):
        result(chosen, experiments, samples)


def curves(chosen: list[Row], experiments: list[Experiment]) -> list[int]:
    """Validation loss; the error where the losses are of different kinds. How many validation
    samples each has, 0 where that is not known.
    """
    entries, samples = [], []
    for number, (row, experiment) in enumerate(zip(chosen, experiments, strict=True), 1):
        name = numbered(number, row, chosen)
        if number > overlay.MOST:
            samples.append(0)
            continue
        with feed.tail(row.summary.run).read() as history:
            entries.append(overlay.OverlayRun(name, experiment.loss.kind, list(history.epochs)))
            sizes = history.started.sizes if history.started else {}
            samples.append(sizes.get("validation", 0))
    measure, kept, left_out = overlay.comparable(entries)
    with card_title(f"Validation {measure}, overlaid" if len(chosen) > 1 else "Validation loss"):
        train = st.toggle("Train too", key="overlay_train", persist_state="session")
        axis = st.segmented_control(
            "Axis",
            list(AXES),
            default="Epoch",
            required=True,
            label_visibility="collapsed",
            key="overlay_axis",
            persist_state="session",
        )
    field = AXES[axis or "Epoch"]
    drawn = overlay.rows(kept, measure, axis=field, train=train)
    if drawn:
        mode = "dark" if st.context.theme.type == "dark" else "light"
        st.plotly_chart(
            overlay.figure(drawn, mode, measure, field),
            theme=None,
            config={"displayModeBar": False},
            alt=f"Validation {measure} of the ticked runs by {overlay.AXES[field]}",
            key="overlay",
        )
    else:
        with st.container(height=overlay.HEIGHT, border=False):
            st.caption("No epoch has been measured yet.")
    said(measure, left_out, len(chosen), bool(drawn) and train)
    return samples


def said(measure: str, left_out: list[str], count: int, train: bool) -> None:
    """What the picture does not show, and why."""
    told = []
    if train:
        told.append("Thin solid lines: training.")
    if measure == "error":
        told.append("Errors, for their losses are of different kinds.")
    if left_out:
        told.append(f"Left out, for values and classes share no scale: {', '.join(left_out)}.")
    if count > overlay.MOST:
        told.append(f"The first {overlay.MOST} of them.")
    if told:
        st.caption(escape(" ".join(told)))


def numbered(number: int, row: Row, among: list[Row]) -> str:
    """A run among others has a number: two may have one name."""
    return f"{number}  {row.summary.name}" if len(among) > 1 else row.summary.name


def result(chosen: list[Row], experiments: list[Experiment], samples: list[int]) -> None:
    """The settings that differ, the results as the last rows, then who leads."""
    several = len(chosen) > 1
    with card_title("Only what differs" if several else "Result"):
        every = st.toggle("All settings", key="all_settings", persist_state="session")
    rows = settings(experiments) if every else differences(experiments)
    st.table(difference_table(chosen, rows), border="horizontal", hide_index=True)
    if not several:
        ending(chosen[0])
        return
    entries = [
        ranking.RunResult(
            numbered(number, row, chosen),
            experiment,
            row.summary.validation_error,
            not row.word.is_live,
            n,
        )
        for number, (row, experiment, n) in enumerate(
            zip(chosen, experiments, samples, strict=True), 1
        )
    ]
    found = verdict(entries)
    if finding("info", worded(found), "Run 3 seeds" if found.again else None, key="seeds"):
        run_seeds(found)


def ending(row: Row) -> None:
    """Why the run ended, what keeps it from going on here, and its note."""
    store, run = runner.current().store, row.summary.run
    end = ended(store, run)
    if end and not row.word.is_live:
        finding("bad" if end.reason in ("failed", "diverged") else "info", escape(end.message))
    if row.word.is_resumable and (missing := runner.lacks(store, run)):
        finding("warn", escape(missing))
    if row.summary.note:
        st.caption(escape(row.summary.note))


def worded(found: Comparison) -> str:
    """The sentence as Markdown, the leader's name bold."""
    text = escape(found.text)
    name = escape(found.leader)
    return text.replace(name, f"**{name}**", 1) if found.leader else text


def run_seeds(found: Comparison) -> None:
    """Queues the same settings with other seeds."""
    queued = 0
    try:
        for experiment in found.again:
            runner.current().submit(encode(experiment))
            queued += 1
    except LabError as error:
        state.notice(str(error))
    else:
        state.notice(
            f"{counted(queued, 'run')} with other seeds queued: each setting will have "
            f"{ranking.SEEDS}. Tick them all to compare the means."
        )
    st.rerun()


def difference_table(chosen: list[Row], rows: list[tuple[str, tuple[str, ...]]]) -> pd.DataFrame:
    """The rows, then the results; as Markdown, for a table that breaks long cells into lines."""
    summaries = [row.summary for row in chosen]
    results = {
        "Best validation error": [percent(s.validation_error) for s in summaries],
        "Test error": [percent(s.test_error) for s in summaries],
    }
    columns = ["Setting", *(numbered(i, row, chosen) for i, row in enumerate(chosen, 1))]
    named = ("Network", tuple(s.network for s in summaries))  # where the names tell them apart
    rows = [named if tells(row, named) else row for row in rows]
    lines = [*rows, *results.items()]
    cells = [[escape(cell) for cell in (name, *values)] for name, values in lines]
    return pd.DataFrame(cells, columns=[escape(name) for name in columns])


def tells(row: tuple[str, tuple[str, ...]], named: tuple[str, tuple[str, ...]]) -> bool:
    """Whether the short names say as much as the row of the same setting; "12 layers" is none."""
    pairs = set(zip(row[1], named[1], strict=True))
    presets = not any(name[0].isdigit() for name in named[1])
    return row[0] == named[0] and presets and len(set(row[1])) == len(set(named[1])) == len(pairs)
