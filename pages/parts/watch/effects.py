"""The tab Effects of a run: train again without a part of its settings, or with another one, and
compare in pairs.
"""

import streamlit as st

from core.base.errors import LabError
from core.base.numbers import duration_range
from core.base.text import counted
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.runs.history import History
from core.runs.lineage import effective_experiment
from core.runs.state import RunState
from core.studies.changes import Change, Without
from core.studies.draft_studies import PAIRS, compare_changes, from_the_start
from core.studies.study import Study
from core.training.checks import part_sizes
from pages.kit import address, feed, lesson, session, stored_studies, study_log
from pages.kit.buttons import button
from pages.kit.effects import HELP, PARTS, effects, headline, possible, show_effects
from pages.kit.form import escape
from pages.kit.incomplete import show_incomplete
from pages.kit.job_controls import act, describe_wait, while_here
from pages.kit.layout import card_title, finding
from pages.kit.screen import every
from pages.kit.stored_studies import StoredStudy

MOST_SEEDS = 50
USUAL = 5  # changes that are chosen at first: what can be left out
FORKED = (
    "This run continues another one. Its settings are compared in trainings from the beginning, "
    "because each seed needs its own initial weights."
)


def tab(run: str) -> None:
    """Draw the form of a new comparison, and the newest one of this run or the chosen one."""
    own = effective_experiment(runner.current().store, run)
    experiment = from_the_start(own)
    ids = _comparisons(experiment)
    with st.container(border=True):
        _form(run, experiment, study_log.study(ids[0]) if ids else None)
        if own.fork:
            st.caption(FORKED)
    if not ids:
        return
    with st.container(border=True):
        study_id = _choose(ids)
        is_live = stored_studies.status(study_id).is_live
        st.fragment(while_here(_result), run_every=every(1) if is_live else None)(study_id, is_live)


def _form(run: str, experiment: Experiment, newest: Study | None) -> None:
    """Draw what is compared, on how many seeds and on which set, and the button that starts it. At
    first these are the choices of the newest comparison.
    """
    card_title("Again without …, again with …", help=HELP)
    store = runner.current().store
    try:
        facts = experiment.data.facts(store.home)
        changes = possible(store.home, experiment)
        _, validation, test = part_sizes(experiment, facts)
    except LabError as error:
        finding("bad", escape(str(error)))
        return
    titles = {one.title: one for one in changes}
    axis = newest.comparison if newest else None
    usual = [title for title, one in titles.items() if isinstance(one, Without)][:USUAL]
    before = [one.title for one in axis.changes if one.title in titles] if axis else usual
    chosen = st.multiselect(
        "Changes", list(titles), before,
        key=f"effects changes {run}", placeholder="Choose what to leave out, add or replace",
        help="Each change is compared with this run’s settings, and differs from them in this "
        "alone. Another optimizer has its own default learning rate.",
    )  # fmt: skip
    sets = [part for part, size in (("validation", validation), ("test", test)) if size]
    if not sets:
        finding("warn", "This run held out no samples. Set a validation fraction on the Data page.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        seeds = st.number_input(
            "Seeds", 1, MOST_SEEDS, min(newest.repeats, MOST_SEEDS) if newest else PAIRS,
            key=f"effects seeds {run}", width=120,
            help="A difference is claimed from several seeds only; five find what is large.",
        )  # fmt: skip
        part = st.segmented_control(
            "Measured on", sets, required=True,
            default=axis.measured_on if axis and axis.measured_on in sets else sets[0],
            format_func=PARTS.get,
            key=f"effects part {run}",
            help="Choose one before you look: a test set that selects settings no longer shows how "
            "well they do on new samples.",
        )  # fmt: skip
        label = f"Compare {counted(len(chosen), 'change')}"
        lock = escape(lesson.training_lock())
        pressed = button(
            label, key=f"effects start {run}", type="primary", disabled=bool(lock) or not chosen,
            help=lock or None,
        )  # fmt: skip
    with feed.tail(run).read() as history:
        st.caption(describe_cost(history, len(chosen), int(seeds or PAIRS)))
    if pressed:
        _start(experiment, [titles[title] for title in chosen], int(seeds or PAIRS), part)


def describe_cost(history: History, changes: int, seeds: int) -> str:
    """Return the number of trainings and about how long they take, from the time of the run."""
    if not changes:
        return "Choose at least one change."
    trainings = seeds * (1 + changes)
    text = f"{counted(trainings, 'training')}: {counted(seeds, 'seed')} of this run’s settings, "
    text += f"shared by all comparisons, and of {counted(changes, 'change')}"
    seconds = history.ended.seconds if history.ended else 0.0
    if not seconds:
        return f"{text}."
    return f"{text}. Takes {duration_range(0.5 * trainings * seconds, 2 * trainings * seconds)}."


def _start(experiment: Experiment, changes: list[Change], seeds: int, part: str) -> None:
    try:
        study = compare_changes(experiment, changes, repeats=seeds, measured_on=part)
        study_id = stored_studies.start(study)
        session.set_ui(SHOWN, study_id)
    except LabError as error:
        session.notice(str(error))
    st.rerun()


SHOWN = "comparison shown"  # screen state: the comparison that was started last


def _comparisons(experiment: Experiment) -> list[str]:
    """Return the studies that compare changes of these settings, the newest first."""
    found = []
    for study_id in study_log.store().ids():
        try:
            study = study_log.study(study_id)
        except LabError:  # damaged, or written by another version of the lab
            continue
        if study.comparison and _settings(study.base) == _settings(experiment):
            found.append(study_id)
    return found


def _settings(experiment: Experiment) -> Experiment:
    return experiment.model_copy(update={"name": "", "about": ""})


def _choose(ids: list[str]) -> str:
    """Return the comparison to show: of several, the chosen one, at first the newest."""
    if len(ids) == 1:
        return ids[0]
    started = session.get_ui(SHOWN)
    index = ids.index(started) if started in ids else 0
    return st.selectbox(
        "Comparison", ids, index, format_func=lambda i: describe(study_log.study(i)),
        key=f"effects shown {started}",
    )  # fmt: skip


def describe(study: Study) -> str:
    """Return a comparison in one line."""
    axis = study.comparison
    names = ", ".join(one.title for one in axis.changes)
    return f"{names} · {counted(study.repeats, 'seed')} · {PARTS[axis.measured_on].lower()}"


def _result(study_id: str, was_live: bool) -> None:
    """Draw the answer of a comparison so far, with its progress or why it is incomplete."""
    stored = stored_studies.read(study_id)
    if stored.live != was_live:
        st.rerun()
    title = card_title("Effects, the largest first", help=HELP)
    with title:
        if stored.live:  # on the left, so that the other button stays where it is
            act("Stop", "stop", runner.current().stop, study_id)
        if button("Open study", icon=":material/open_in_new:", type="tertiary"):
            st.switch_page("double_descent.py", query_params=address.parameters(study=study_id))
    _progress(stored)
    measured = effects(stored)
    if any(effect.differences or effect.lost for effect in measured):
        st.markdown(headline(measured))
        show_effects(stored)


def _progress(stored: StoredStudy) -> None:
    """Draw the progress of a comparison in progress, and why another one is incomplete."""
    so_far = stored.progress
    if stored.live:
        waits = stored.state is RunState.QUEUED
        text = describe_wait(stored.id) if waits else study_log.describe_progress(stored.id)[1]
        st.progress(so_far.fraction, text=text)
    else:
        progress = study_log.points_of(so_far) if stored.points else ""
        show_incomplete(stored.id, STUDY, stored.state, progress, stored.message)
