"""Studies on disk: their state and records, and what can be done with them. Draws nothing."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.descent.point import CurvePoint
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.runs.state import RunState
from core.studies.records import Progress, Record, StudyStarted, curve, progress
from core.studies.study import Study
from pages.kit import address, person, study_log
from pages.kit.study_log import store


@dataclass(frozen=True)
class StoredStudy:
    """A study on disk with its state, its records so far and the message of its end."""

    id: str
    study: Study
    state: RunState
    started: StudyStarted | None
    records: tuple[Record, ...]
    message: str

    @property
    def live(self) -> bool:
        return self.state.is_live

    @property
    def resumable(self) -> bool:
        return self.state.is_resumable

    @cached_property
    def points(self) -> list[CurvePoint]:
        return curve(self.records)

    @property
    def progress(self) -> Progress:
        return progress(self.records, self.started)


def read(study_id: str) -> StoredStudy:
    """Read the study of this ID. NotFound when there is none."""
    started, records, message = study_log.read(study_id)
    return StoredStudy(
        id=study_id,
        study=study_log.study(study_id),
        state=status(study_id),
        started=started,
        records=records,
        message=message,
    )


def find_on_disk(study: Study) -> str:
    """Return the ID of the newest study on disk that computes the same, or an empty string. Its
    name and description do not matter.
    """
    content = _content(study)
    in_address = address.job(STUDY)
    ids = store().ids()
    for study_id in [*([in_address] if in_address in ids else []), *ids]:
        try:
            if _content(study_log.study(study_id)) == content:
                return study_id
        except LabError:
            continue
    return ""


def _content(study: Study) -> str:
    return encode(study.model_copy(update={"name": "", "about": ""}))


def start(study: Study) -> str:
    """Queue the study and return its ID."""
    return runner.current().submit(encode(study), by=person.me(), kind=STUDY)


def status(study_id: str) -> RunState:
    """The state of a study, as of a run."""
    return runner.current().status(study_id)


def resume(study_id: str) -> None:
    """Resume after the last point."""
    runner.current().resume(study_id, by=person.me())


def any_live() -> bool:
    """Whether any study is running or queued."""
    return bool(runner.current().live(STUDY))


def link(study_id: str) -> str:
    """The address of this study for anyone who can reach the lab."""
    return f"{(st.context.url or '').partition('?')[0]}?study={study_id}"
