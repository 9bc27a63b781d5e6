"""What the folder of a search holds, read once for all who look: cached by its log's length."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import streamlit as st

from core.base.numbers import time_left, whole
from core.base.text import counted
from core.jobs import runner
from core.runs.state import RunState
from core.studies.records import Progress
from core.studies.search.folder import Searches
from core.studies.search.records import SearchStarted, SearchTrial, progress, trials
from core.studies.search.search import Search


@dataclass(frozen=True)
class StoredSearch:
    """A search on disk with its state, its trials so far and the message of its end."""

    id: str
    search: Search
    state: RunState
    started: SearchStarted | None
    trials: tuple[SearchTrial, ...]
    progress: Progress
    message: str

    @property
    def live(self) -> bool:
        return self.state.is_live

    @cached_property
    def running(self) -> tuple[SearchTrial, ...]:
        """The trials at work; those of a search that is not live will be resumed."""
        return tuple(trial for trial in self.trials if not trial.is_finished)


def store() -> Searches:
    """The searches of this lab."""
    return Searches(runner.current().store.home)


def search(search_id: str) -> Search:
    """Return what a search computes. NotFound when there is none, BadExperiment when this version
    cannot read it.
    """
    return _search(str(store().home), search_id)


def read(search_id: str) -> StoredSearch:
    """Read a search. NotFound when there is none, BadExperiment when this version cannot read
    it.
    """
    searches = store()
    started, every, so_far, message = _read(str(searches.home), search_id, searches.size(search_id))
    return StoredSearch(
        id=search_id,
        search=search(search_id),
        state=runner.current().status(search_id),
        started=started,
        trials=every,
        progress=so_far,
        message=message,
    )


def describe_progress(search_id: str) -> tuple[float, str]:
    """Return the fraction of a search's trials that have ended, and its name with its progress in
    words: "Digits, search · 12 of 30 trials · 40 s left".
    """
    stored = read(search_id)
    parts = [name_of(stored.search), trials_of(stored.progress)]
    parts.append(time_left(stored.progress.seconds_left))
    return stored.progress.fraction, " · ".join(filter(None, parts))


def name_of(search: Search) -> str:
    """Return what a search is called in lists."""
    return search.name or f"{search.base.title}, search"


def trials_of(so_far: Progress) -> str:
    """12 of 30 trials."""
    return f"{whole(so_far.points)} of {counted(so_far.total, 'trial')}"


@st.cache_resource(max_entries=256, show_spinner=False)
def _search(home: str, search_id: str) -> Search:
    return Searches(Path(home)).search(search_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(
    home: str, search_id: str, size: int
) -> tuple[SearchStarted | None, tuple[SearchTrial, ...], Progress, str]:
    """`size` says how much was written: another one is read anew."""
    events, _ = Searches(Path(home)).events(search_id)
    started = next((e for e in reversed(events) if isinstance(e, SearchStarted)), None)
    last = events[-1] if events and isinstance(events[-1], dict) else {}
    return started, tuple(trials(events)), progress(events), last.get("message", "")
