"""What the folder of a study holds, read once for all who look: kept by how long its log is."""

from pathlib import Path

import streamlit as st

from core.base.numbers import time_left, whole
from core.base.text import counted
from core.jobs import runner
from core.studies.folder import Studies
from core.studies.records import Progress, Record, StudyStarted, progress
from core.studies.study import Study

Read = tuple[StudyStarted | None, tuple[Record, ...], str]


def store() -> Studies:
    """The studies of this lab."""
    return Studies(runner.current().store.home)


def study(study_id: str) -> Study:
    """What it computes. NotFound when there is none."""
    return _study(str(store().home), study_id)


def read(study_id: str) -> Read:
    """Its last beginning, its points, and the words of its end."""
    found = store()
    return _read(str(found.home), study_id, found.size(study_id))


def describe_progress(study_id: str) -> tuple[float, str]:
    """Return the measured fraction of a study's points, and its name with its progress in words:
    "62 of 85 points · 14 s left".
    """
    begun, records, _ = read(study_id)
    so_far = progress(records, begun)
    parts = [name_of(study_id), points_of(so_far)]
    parts.append(time_left(so_far.seconds_left))
    return so_far.fraction, " · ".join(filter(None, parts))


def name_of(study_id: str) -> str:
    """Return what a study is called in lists."""
    return study(study_id).name.partition(" (")[0] or "Study"


def points_of(far: Progress) -> str:
    """62 of 85 points."""
    return f"{whole(far.points)} of {counted(far.total, 'point')}"


@st.cache_resource(max_entries=512, show_spinner=False)
def _study(home: str, study_id: str) -> Study:
    return Studies(Path(home)).study(study_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(home: str, study_id: str, size: int) -> Read:
    """`size` says how much was written: another one is read anew."""
    events, _ = Studies(Path(home)).events(study_id)
    begun = next((event for event in reversed(events) if isinstance(event, StudyStarted)), None)
    last = events[-1] if events and isinstance(events[-1], dict) else {}
    records = tuple(event for event in events if isinstance(event, Record))
    return begun, records, last.get("message", "")
