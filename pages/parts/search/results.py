"""The answer of a search above its charts: how far it is, or which settings are best, and what can
be done with them.
"""

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.base.finding import Finding
from core.base.numbers import time_left, whole
from core.base.text import counted, join_words
from core.experiment import Experiment
from core.figures.search.scale import scales
from core.figures.search.trial_marks import describe_result
from core.jobs import runner
from core.runs.state import RunState
from core.runs.summary import ended
from core.studies.search import answer
from core.studies.search.keep import keep_trial
from core.studies.search.records import SearchTrial
from pages.kit import address, forks, person, search_draft, session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.job_controls import describe_wait
from pages.kit.layout import STACK
from pages.kit.search_log import StoredSearch, name_of, trials_of
from pages.parts.search import brush, drafts

USE_HELP = "Gives the draft these settings. Undo, at the bottom, brings the draft back."
NARROW_HELP = (
    "Sets up a new search within the ranges that are brushed below, with everything else as in "
    "this one."
)
FORK_HELP = (
    "Keeps the best trial as a run of this lab and continues it from its best epoch, with settings "
    "that you change."
)


def headline(stored: StoredSearch) -> None:
    """Draw the answer so far, and the buttons for the best settings."""
    best = answer.winner(stored.search, stored.trials)
    if stored.live:
        st.markdown(f"### {escape(describe_progress(stored))}")
    elif best:
        show_winner(stored, best.finding)
    if not best:
        return
    with st.container(**STACK, gap="small"):
        look = {"type": "primary", "help": USE_HELP, "icon": ":material/edit_note:"}
        if button("Use these settings", key="search_use", **look):
            use(stored, best.number)
        ranges = brush.brushes(stored.id)
        look = {"disabled": not ranges, "help": NARROW_HELP, "icon": ":material/zoom_in:"}
        if button("Narrow the space here", key="search_narrow", **look):
            narrow(stored)
        look = {"disabled": stored.live, "help": FORK_HELP, "icon": ":material/fork_right:"}
        if button("Fork the best", key="search_fork", **look):
            fork_trial(stored, best.number)


def show_winner(stored: StoredSearch, found: Finding) -> None:
    """Draw the finding about the best settings, with its button, which sets up another search."""
    if not found.action:
        st.markdown(f"### {escape(found.text)}")
        return
    with st.container(**STACK, gap="small", wrap=False):
        st.markdown(f"### {escape(found.text)}", width="stretch")
        if button(found.action.label, key="search_finding"):
            set_up(stored, **found.action.changes)


def describe_progress(stored: StoredSearch) -> str:
    """Return how far a search is: "12 of 30 trials · best validation loss 0.083 (trial 9) · 2
    running · 40 s left".
    """
    if stored.state is RunState.QUEUED:
        return f"{describe_wait(stored.id)}."
    if not stored.trials:
        return "The first trials will appear in a moment."
    share = stored.search.goal == "validation_error"
    parts = [trials_of(stored.progress)]
    if best := answer.best_trials(stored.trials, 1):
        goal = "error" if share else "loss"
        result = describe_result(best[0].value, share=share)
        parts.append(f"best validation {goal} {result} (trial {whole(best[0].number + 1)})")
    if stored.running:
        is_final = stored.running[0].stage == "finalist"
        count = len(stored.running)
        parts.append(counted(count, "finalist") if is_final else f"{whole(count)} running")
    parts.append(time_left(stored.progress.seconds_left))
    return " · ".join(filter(None, parts))


def use(stored: StoredSearch, number: int) -> None:
    """Give the draft the settings of a trial, and open Train."""
    try:
        experiment = experiment_of(stored, number)
    except LabError as error:
        refuse(str(error))
    state.rebuild(experiment, f"Use trial {whole(number + 1)} of {name_of(stored.search)}")
    session.notice(
        f"The draft has the settings of trial {whole(number + 1)}: {settings_of(stored, number)}. "
        "Press Start to train it, or Undo to bring the draft back."
    )
    st.switch_page("train.py", query_params=address.parameters())


def experiment_of(stored: StoredSearch, number: int) -> Experiment:
    """Return the experiment of a trial. Raises BadExperiment."""
    return stored.search.experiment(find(stored, number).values)


def find(stored: StoredSearch, number: int) -> SearchTrial:
    """Return the trial with this number."""
    return next(trial for trial in stored.trials if trial.number == number)


def settings_of(stored: StoredSearch, number: int) -> str:
    """Return the settings of a trial as words: "learning rate 2e-3 and batch size 64"."""
    values = find(stored, number).values
    words = [
        f"{scale.title.lower()} {scale.write(values[scale.path])}"
        for scale in scales(stored.search)
        if scale.path in values
    ]
    return join_words(words) or "those of the search"


def narrow(stored: StoredSearch) -> None:
    """Set up a search within the brushed ranges."""
    try:
        search = answer.narrowed(stored.search, brush.brushes(stored.id))
    except LabError as error:
        refuse(str(error))
    drafts.set_draft(search, follows=is_of_draft(stored))
    session.notice(
        f"A new search within the ranges of {counted(len(brush.brushes(stored.id)), 'setting')}. "
        "Press Start."
    )
    drafts.show("")
    st.rerun(scope="app")


def set_up(stored: StoredSearch, **changes: object) -> None:
    """Set up a search like this one, with these changes."""
    search = drafts.with_fields(stored.search, **changes)
    drafts.set_draft(search, follows=is_of_draft(stored))
    session.set_ui(search_draft.CHOSEN, "yes")
    drafts.show("")
    st.rerun(scope="app")


def is_of_draft(stored: StoredSearch) -> bool:
    """Whether the search varies the draft experiment as it is now."""
    return encode(stored.search.base) == encode(state.draft().unforked)


def keep(stored: StoredSearch, number: int) -> str:
    """Keep a trial as a run of this lab in the visitor's name; return the run. Raises LabError."""
    return keep_trial(runner.current().store.home, stored.id, number, by=person.me())


def open_trial(stored: StoredSearch, number: int) -> None:
    """Keep a trial as a run, and show it on Watch."""
    try:
        run = keep(stored, number)
    except LabError as error:
        refuse(str(error))
    session.notice(f"Trial {whole(number + 1)} is now one of your runs.")
    st.switch_page("watch.py", query_params=address.parameters(run=run))


def fork_trial(stored: StoredSearch, number: int) -> None:
    """Keep a trial as a run, and make the draft its continuation from the best epoch; of a run of a
    single epoch, its extension.
    """
    try:
        run = keep(stored, number)
    except LabError as error:
        refuse(str(error))
    end, epochs = ended(runner.current().store, run), experiment_of(stored, number).epochs
    epoch = min((end.best_epoch if end else None) or epochs, epochs - 1)
    if epoch:
        forks.open_fork(run, epoch)
    else:
        forks.open_extension(run, epochs)


def refuse(text: str) -> None:
    """Show why something was refused when the page is drawn again."""
    session.notice(text)
    st.rerun(scope="app")
