"""The chart of the selected runs on the Runs page: their curves with a legend and a note on how to
read it.
"""

from collections import Counter

import streamlit as st

from core.advice.run_status import describe_no_epoch
from core.base.encoding import decode
from core.experiment import Experiment
from core.figures import overlay, overlay_curves
from core.figures.overlay_differences import differences as differences_to
from core.jobs import runner
from core.runs.baseline import is_comparable
from core.runs.compare import differences
from core.runs.state import RunState
from pages.kit import feed, score_form
from pages.kit.form import escape
from pages.kit.layout import STACK
from pages.kit.screen import theme_mode
from pages.parts.runs.table import Row, numbered

AXES = {"Epoch": "epoch", "Step": "step", "Time": "seconds"}
NO_DIFFERENCE = (
    "No selected run has an epoch in common with the baseline on the same validation samples. "
    "Select other runs, or pin another baseline."
)
LONGEST_VALUE = 24  # characters of a setting in the legend


def curves(selected: list[Row], experiments: list[Experiment], baseline: Row | None) -> list[int]:
    """Draw the validation loss, or the score if the losses are of different kinds, or their
    differences to the baseline. Returns the number of validation samples of each run, 0 if unknown.
    """
    entries, samples = [], []
    names = legend_names(selected, experiments)
    for number, (row, experiment) in enumerate(zip(selected, experiments, strict=True), 1):
        samples.append(0)
        if number <= overlay.MOST:
            label = str(number) if len(selected) > 1 else ""
            entry, samples[-1] = read_run(row, experiment, names[number - 1], label)
            entries.append(entry)
    with st.container(**STACK, gap="small"):
        title = st.empty()  # It repeats choices that are drawn after it.
        subtract = baseline is not None and st.toggle(
            "Difference to the baseline", key="overlay_difference", persist_state="session"
        )
        train = st.toggle("Training", value=True, key="overlay_train", persist_state="session")
        axis = st.segmented_control(
            "X-axis",
            list(AXES),
            default="Epoch",
            required=True,
            label_visibility="collapsed",
            key="overlay_axis",
            persist_state="session",
        )
    field = AXES[axis or "Epoch"]
    base, extra, others = None, [], []
    if subtract and baseline:
        base, is_selected = read_baseline(baseline, selected, entries)
        extra = [] if is_selected else [base]
        fits = [is_comparable(row.summary, baseline.summary) for row in selected]
        pairs = list(zip(entries, fits, strict=False))
        others = [entry.name for entry, able in pairs if not able]
        entries = [entry for entry, able in pairs if able]
    measure, shared, left_out = overlay_curves.comparable([*entries, *extra], score_form.form())
    comparable = [entry for entry in shared if not any(entry is each for each in extra)]
    drawn = overlay_curves.rows(comparable, measure, axis=field, train=train)
    if base:
        zero = overlay_curves.rows([base], measure, axis=field, train=train)
        drawn = differences_to(drawn, zero[0]) if zero else []
    text = f"Training and validation {measure}"
    title.subheader(f"{text} − baseline" if base else text, anchor=False, width="stretch")
    if drawn:
        mode = theme_mode()
        st.plotly_chart(
            overlay.figure(drawn, mode, measure, field, difference=bool(base)),
            theme=None,
            config={"displayModeBar": False},
            alt=f"{text} of the selected runs {'minus the baseline ' if base else ''}by "
            f"{overlay.AXIS_TITLES[field]}",
            key="overlay",
        )
    else:
        live = any(row.state.is_live for row in selected)
        with st.container(height=overlay.chart_height(), border=False):
            st.caption(NO_DIFFERENCE if base else describe_no_epoch(live=live))
    visible = {curve.name for curve in drawn if curve.is_visible}
    empty = [entry.name for entry in comparable if entry.name not in visible]
    explain_chart(drawn, measure, left_out, empty, len(selected), others)
    return samples


def read_baseline(
    baseline: Row, selected: list[Row], entries: list[overlay_curves.OverlayRun]
) -> tuple[overlay_curves.OverlayRun, bool]:
    """Return the curves of the baseline, and whether it is one of the drawn runs."""
    runs = [row.summary.run for row in selected[: len(entries)]]
    if baseline.summary.run in runs:
        return entries[runs.index(baseline.summary.run)], True
    experiment = decode(Experiment, runner.current().store.experiment(baseline.summary.run))
    return read_run(baseline, experiment, baseline.summary.name, "")[0], False


def legend_names(selected: list[Row], experiments: list[Experiment]) -> list[str]:
    """Return the names of the runs in the legend. Those of one name also have the value of the
    setting that distinguishes most of them.
    """
    names = [numbered(number, row, selected) for number, row in enumerate(selected, 1)]
    counts = Counter(row.summary.name for row in selected)
    shared = [i for i, row in enumerate(selected) if counts[row.summary.name] > 1]
    settings_of_shared = [experiments[i] for i in shared]
    rows = [values for _, values in differences(settings_of_shared)] if shared else []
    values = max(rows, key=lambda row: len(set(row)), default=())
    for i, value in zip(shared, values, strict=False):
        short = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
        names[i] += f", {short}"
    return names


def read_run(
    row: Row, experiment: Experiment, name: str, label: str
) -> tuple[overlay_curves.OverlayRun, int]:
    """Return the curves of a run, and its number of validation samples as in `curves`."""
    with feed.tail(row.summary.run).read() as history:
        entry = overlay_curves.from_history(
            name,
            experiment.loss.kind,
            history,
            diverged=row.state == RunState.DIVERGED,
            label=label,
        )
        sizes = history.started.sizes if history.started else {}
    return entry, sizes.get("validation", 0)


def explain_chart(
    drawn: list[overlay_curves.OverlayCurve],
    measure: str,
    left_out: list[str],
    empty: list[str],
    count: int,
    others: list[str],
) -> None:
    """Explain how to read the chart, and what it does not show."""
    notes = []
    if any(curve.values for curve in drawn):
        star = "a star at the best epoch (lowest validation loss)"
        notes.append(f"Dashed: validation {measure}, with {star}.")
    if any(curve.train for curve in drawn):
        notes.append(f"Thin and solid: training {measure}.")
    if overlay.is_cut(drawn, measure):
        notes.append("The y-axis fits the validation curves, so a training curve leaves the plot.")
    if any(curve.diverged for curve in drawn):
        notes.append("A cross marks where a run diverged.")
    if measure != "loss":
        notes.append("The runs have different loss functions, so their scores are compared.")
    if left_out:
        names = ", ".join(left_out)
        notes.append(
            f"Not shown because classification and regression have no common scale: {names}."
        )
    if others:
        names = ", ".join(others)
        notes.append(f"Not shown because the baseline was measured on different samples: {names}.")
    if empty and drawn:
        notes.append(f"Not shown because there is no {measure} to draw: {', '.join(empty)}.")
    if count > overlay.MOST:
        notes.append(f"Only the first {overlay.MOST} runs are shown.")
    if notes:
        st.caption(escape(" ".join(notes)))
