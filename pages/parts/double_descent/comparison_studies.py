"""The studies that a comparison needs: their cost, their progress, and their points once they are
complete. Incomplete ones are not drawn: the best of the points so far is not the best of all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base.errors import LabError
from core.base.numbers import time_left
from core.descent.point import CurvePoint
from core.runs.state import RunState
from core.studies.causes import CAUSES
from core.studies.study import Study
from pages.kit import stored_studies
from pages.kit.job_controls import describe_wait
from pages.kit.study_log import points_of
from pages.parts.double_descent import studies, times


@dataclass(frozen=True)
class ComparisonStudy:
    """The study without one cause of the peak, under its `label`. `points` are present once it is
    complete. Before that, `status` is its cost while it does not exist (no `id`), or its progress;
    `resumable` ones do not continue by themselves.
    """

    label: str
    study: Study
    id: str = ""
    points: Sequence[CurvePoint] | None = None
    status: str = ""
    resumable: bool = False


def comparison_studies(study: Study) -> dict[str, ComparisonStudy]:
    """For each cause of the peak that this study has, the study without it."""
    control = studies.view(study, None).control
    comparisons = {}
    for name, cause in CAUSES.items():
        other = cause.without(study)
        if other and other != study:
            comparisons[name] = _look_up(cause.label.format(control=control), other)
    return comparisons


def missing_studies(comparisons: Mapping[str, ComparisonStudy]) -> list[Study]:
    """The studies that do not exist yet, so that their time is worth a probe."""
    return [comparison.study for comparison in comparisons.values() if not comparison.id]


def request(comparison: ComparisonStudy) -> str:
    """Start or resume the study. Returns the reason where that is not possible, else an empty
    string.
    """
    try:
        if comparison.id:
            stored_studies.resume(comparison.id)
        else:
            stored_studies.start(comparison.study)
    except LabError as error:
        return str(error)
    return ""


def _look_up(label: str, study: Study) -> ComparisonStudy:
    study_id = stored_studies.find_on_disk(study)
    if not study_id:
        expected = times.expected_time(study)
        cost = studies.describe_cost(expected) if expected else ""
        return ComparisonStudy(label, study, status=cost)
    stored = stored_studies.read(study_id)
    if stored.state == RunState.DONE:
        return ComparisonStudy(label, study, id=study_id, points=stored.points)
    return ComparisonStudy(
        label,
        study,
        id=study_id,
        status=_describe_progress(label, stored),
        resumable=stored.resumable,
    )


def _describe_progress(label: str, stored: stored_studies.StoredStudy) -> str:
    """Best ridge: 126 of 780 points measured, 40 s left."""
    if stored.state == RunState.QUEUED:
        queue = describe_wait(stored.id)
        return f"{label}: {queue[:1].lower()}{queue[1:]}"
    if not stored.live:
        failed = stored.state == RunState.FAILED
        reason = stored.message if failed else "It is drawn once all points are measured."
        return f"{label} stopped after {points_of(stored.progress)}. {reason}"
    if not stored.started:
        return f"{label}: preparing"
    left = time_left(stored.progress.seconds_left)
    return f"{label}: {points_of(stored.progress)} measured{left and f', {left}'}"
