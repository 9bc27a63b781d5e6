"""The effects of changes that a study compares in pairs: the answer, a chart of the intervals, and
a row for each change. Watch and Double descent show it.
"""

from pathlib import Path

import streamlit as st

from core.advice.paired_effects import Effect, describe_chance, judge_effect, judge_effects
from core.base.encoding import change, decode, encode
from core.base.errors import LabError
from core.base.numbers import FIXED, duration, short
from core.base.spec import fields
from core.experiment import Experiment
from core.export.verdict import effects_csv
from core.figures import effects as figures
from core.studies.changes import Change
from core.studies.changes_axis import ChangesAxis
from core.studies.effects import effects_of
from core.studies.possible_changes import added, left_out, possible_changes
from core.studies.study import Study
from pages.kit import address, live_chart, score_form, session, state
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.stored_studies import StoredStudy

PARTS = next(f for f in fields(ChangesAxis) if f.name == "measured_on").option_labels
HELP = (
    "Each change is trained with the same seeds as the experiment without it: the same split, "
    "initial weights, order of the samples, dropout and augmentation, as far as the change allows. "
    "The dot is the mean difference over the seeds, the line its 95 % interval (paired t-test, "
    "Student 1908). It covers the choice of the seeds, not that of the samples."
)


def possible(home: Path, experiment: Experiment) -> tuple[Change, ...]:
    """Return the changes that this experiment allows on its data."""
    return _possible(str(home), encode(experiment))


@st.cache_resource(max_entries=32, show_spinner=False)
def _possible(home: str, text: str) -> tuple[Change, ...]:
    experiment = decode(Experiment, text)
    changes = [*left_out(experiment), *added(experiment)]
    return tuple(possible_changes(experiment, changes, experiment.data.facts(Path(home))))


def effects(stored: StoredStudy) -> list[Effect]:
    """Return the effects that a study has measured so far."""
    regression = bool(stored.started and not stored.started.classes)
    return effects_of(stored.study, stored.records, regression=regression, live=stored.live)


def headline(measured: list[Effect]) -> str:
    """Return the answer in one sentence, as Markdown."""
    return escape(judge_effects(measured).text)


def show_effects(stored: StoredStudy) -> None:
    """Draw the chart and the rows; what has no pair yet has a row only."""
    measured, form = effects(stored), score_form.form()
    entries = figures.rows(measured, form)
    if entries:
        title = figures.axis_title(measured[0], form)
        live_chart.drawn(
            lambda mode: figures.figure(entries, mode, title=title),
            key="chart_effects", height=figures.chart_height(len(entries)),
            alt="Effect of each change with its 95 % interval", name=f"{stored.study.name}",
            subject=stored.study.name, csv=effects_csv(measured),
        )  # fmt: skip
    for effect in measured:
        _row(stored.study, effect)
    if chance := describe_chance(measured):
        st.caption(chance)


def _row(study: Study, effect: Effect) -> None:
    """Draw one change with its cost, and for one that helps the button that opens it."""
    judged = judge_effect(effect, score_form.form())
    name, _, text = judged.text.partition(": ")
    cost = ""
    if effect.seconds:
        cost = f" {duration(effect.seconds)} per training (×{FIXED}{short(effect.cost)})."
    label = "Open as draft" if effect.code == "change_helps" else None
    line = f"**{escape(name)}**: {escape(text)}{escape(cost)}"
    if finding(judged.level, line, label, f"effect {effect.name}"):
        open_change(study, effect.name)


def open_change(study: Study, title: str) -> None:
    """Make the experiment with this change the draft, and open Train."""
    try:
        experiment = study.comparison.find(title).apply(study.base)
        experiment = change(experiment, "name", study.base.name)
    except LabError as error:
        session.notice(str(error))
        return
    state.set_draft(encode(experiment), f"Open “{title}”")
    session.notice(f"The draft now has these settings: {title}. Press Start to train it.")
    st.switch_page("train.py", query_params=address.parameters())
