"""The Search page: which settings are best? Sets up a search over the settings of the draft, shows
its trials while they are trained, and what they answer.

Everything below the header is one fragment that refreshes while a search is running, so that a
chart stays as it is and a press is never lost.
"""

from functools import partial

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.base.numbers import duration_range
from core.base.text import file_name
from core.export.trials import trials_csv
from core.figures.search import best_so_far
from core.jobs import runner
from core.jobs.kinds import SEARCH
from core.runs.state import RunState
from core.studies.search.search import Search
from pages.kit import live_chart, search_draft, search_log, session
from pages.kit.bar import PlannedStart, bar
from pages.kit.buttons import button
from pages.kit.cluster_card import cluster_card
from pages.kit.form import escape
from pages.kit.incomplete import resume, show_incomplete
from pages.kit.job_controls import act, describe_preemption, while_here
from pages.kit.layout import card_title, finding, header
from pages.kit.screen import every
from pages.kit.search_log import StoredSearch
from pages.parts.search import cards, drafts, earlier, method, results, space, table, times

TITLE, QUESTION = "Search", "Which settings are best?"
TICK = 1.0  # seconds between two refreshes while a search is running
UNREADABLE = "Choose another one under Searches, or start a new search."
EXAMPLE = (
    "An example: the best result so far, all trials as points, and the band in which random search "
    "would be. Parallel coordinates, the importance of each setting and a table of all trials "
    "follow below it."
)


def main() -> None:
    """Draw the whole page."""
    search_id = drafts.shown()
    stored, problem = None, session.get_ui(search_draft.PROBLEM)
    if search_id:
        try:
            stored = search_log.read(search_id)
        except LabError as error:  # damaged, or written by another version of the lab
            problem = f"{error} {UNREADABLE}"
    search = stored.search if stored else drafts.draft()
    with header(TITLE, facts(stored, search), badge(stored)):
        if stored:
            controls(stored)
        earlier.menu(search_id)
    if problem:
        finding("bad", escape(problem))
    if stored:
        body = st.fragment(while_here(show_search), run_every=every(TICK) if stored.live else None)
        body(stored.id, stored.state)
        cluster_card()
        bar(ready=what_start_resumes(stored))
    else:
        set_up(search)
        cluster_card()
        bar(ready=what_start_begins(search))


def facts(stored: StoredSearch | None, search: Search) -> str:
    """Return the line of facts in the header."""
    if stored is None:
        return QUESTION
    description = stored.started.description if stored.started else search.base.data.summary
    return f"{search_log.name_of(search)} · {description} · {search.summary}"


def badge(stored: StoredSearch | None) -> tuple[str, str, str] | None:
    """Return the state of the search as label, colour and icon."""
    if not stored:
        return None
    label, colour, icon = stored.state.badge
    return label, colour, f":material/{icon}:"


def controls(stored: StoredSearch) -> None:
    """Draw the commands that apply in this state, and the downloads."""
    lab = runner.current()
    if stored.state in (RunState.RUNNING, RunState.PAUSED):
        if stored.state is RunState.PAUSED:
            act("Continue", "play_arrow", lab.proceed, stored.id, key="pause")
        else:
            act("Pause", "pause", lab.pause, stored.id, key="pause")
    if stored.live:
        act("Stop", "stop", lab.stop, stored.id, disabled=stored.state is RunState.STOPPING)
    elif button("Change settings", key="search_change", icon=":material/tune:"):
        results.set_up(stored)
    downloads(stored)


def downloads(stored: StoredSearch) -> None:
    """Offer the trials, the search, and its address."""
    with st.popover("Download", icon=":material/download:"):
        name = file_name(search_log.name_of(stored.search))
        for label, ending, make in (
            ("Trials (CSV)", "trials.csv", lambda: trials_csv(stored.search, stored.trials)),
            ("Search (JSON)", "search.json", lambda: encode(stored.search)),
        ):
            st.download_button(
                label, make, f"{name} {ending}", on_click="ignore", type="tertiary", key=ending
            )
        st.caption("Download a chart as PNG, SVG or CSV below it. Link to this search:")
        st.code(drafts.link(stored.id), language=None, wrap_lines=True)


# --- a search on disk


def show_search(search_id: str, drawn_state: str) -> None:
    """Show a search so far. The page reruns when its state has changed."""
    stored = search_log.read(search_id)
    if stored.state != drawn_state:
        st.rerun()
    if preempted := describe_preemption(search_id) if stored.live else "":
        finding("warn", preempted)
    progress = search_log.trials_of(stored.progress) if stored.trials else ""
    show_incomplete(search_id, SEARCH, stored.state, progress, stored.message)
    results.headline(stored)
    if not stored.trials:
        example()
        return
    scene = cards.make_scene(stored)
    cards.show_cards(scene)
    table.card(scene)


def what_start_resumes(stored: StoredSearch) -> PlannedStart:
    """Start resumes a search that is incomplete."""
    line = f"{search_log.name_of(stored.search)} · {method.describe(stored.search)}"
    if stored.state.is_resumable:
        return PlannedStart(line, partial(resume, stored.id), label="Resume")
    text = "already running or queued" if stored.live else "complete"
    problem = f"This search is {text}. Choose New search under Searches to set up another one."
    return PlannedStart("", partial(resume, stored.id), problem)


# --- the draft search


def set_up(search: Search) -> None:
    """Draw what is searched and how, and an example of what will appear."""
    if not drafts.follows_draft():
        other_experiment(search)
    left, right = st.columns([7, 5], gap="small")
    with left:
        space.card(search)
    with right:
        method.card(search)
    example()


def other_experiment(search: Search) -> None:
    """Say that the draft search keeps the experiment of another search, with a way back."""
    text = f"Varies the settings of an earlier search of “{search.base.title}”, not your draft."
    if finding("info", escape(text), "Search the draft instead", "search_follow"):
        drafts.set_draft(drafts.new_search(), follows=True)
        st.rerun()


def example() -> None:
    """Draw the axes with an example of the chart that will grow."""
    with st.container(border=True, gap="xsmall"):
        card_title("What to expect")
        live_chart.drawn(
            lambda mode: best_so_far.figure(best_so_far.EXAMPLE, mode, title="result", share=False),
            key="search example", height=best_so_far.HEIGHT, name="search example",
            alt="Example of the best result so far",
        )  # fmt: skip
        st.caption(EXAMPLE)


def what_start_begins(search: Search) -> PlannedStart:
    """Start begins the draft search, or opens the one on disk that has the same trials."""
    expected = times.expected_time(search)
    line = f"Search of {search.base.title} · {method.describe(search)}"
    if same := drafts.find_same(search):
        return PlannedStart(f"{line} · already searched", partial(open_search, same), label="Open")
    if expected.problem:
        return PlannedStart("", partial(begin, search), expected.problem)
    basis = "" if expected.measured else " (rough guess)"
    line += f" · {duration_range(expected.low, expected.high)}{basis}"
    return PlannedStart(line, partial(begin, search))


def begin(search: Search) -> None:
    """Queue the search and show it."""
    try:
        drafts.show(drafts.start(search))
    except LabError as error:
        session.notice(str(error))
    st.rerun()


def open_search(search_id: str) -> None:
    """Show a search of the disk."""
    drafts.show(search_id)
    st.rerun()


main()
