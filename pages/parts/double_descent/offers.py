"""The studies that a comparison needs: what each would cost, how far it is, and its points once it
is whole. A part of them is not shown: the best of what is there so far is not the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base.errors import LabError
from core.base.numbers import duration
from core.descent.point import Point
from core.studies.causes import CAUSES
from core.studies.study import Study
from pages.kit.job_controls import waiting
from pages.kit.study_log import points_of
from pages.parts.double_descent import studies, times


@dataclass(frozen=True)
class Offer:
    """The study without one cause of the peak, under its `label`. `points` are there once it is
    whole. Before, `said` is its price while it was not made (no `id`), else how far it is; `halted`
    is one that does not go on by itself.
    """

    label: str
    study: Study
    id: str = ""
    points: Sequence[Point] | None = None
    said: str = ""
    halted: bool = False


def offers(study: Study) -> dict[str, Offer]:
    """For each cause of the peak that this study has, the one without it."""
    control = studies.view(study, None).control
    found = {}
    for name, cause in CAUSES.items():
        other = cause.without(study)
        if other and other != study:
            found[name] = _offer(cause.label.format(control=control), other)
    return found


def unmade(found: Mapping[str, Offer]) -> list[Study]:
    """Those that a press would begin, so that their time is worth a probe."""
    return [offer.study for offer in found.values() if not offer.id]


def want(offer: Offer) -> str:
    """Begins the study, or goes on with it; why that cannot be, in a sentence, empty where it
    can.
    """
    try:
        studies.resume(offer.id) if offer.id else studies.start(offer.study)
    except LabError as error:
        return str(error)
    return ""


def _offer(label: str, study: Study) -> Offer:
    study_id = studies.shown(study)
    if not study_id:
        known = times.known(study)
        return Offer(label, study, said=studies.effort(known) if known else "")
    shown = studies.of(study_id)
    if shown.word == "done":
        return Offer(label, study, study_id, shown.points)
    return Offer(label, study, study_id, None, _far(label, shown), shown.resumable)


def _far(label: str, shown: studies.StudyView) -> str:
    """Measuring best ridge: 126 of 780 points, 40 s left."""
    if shown.word == "queued":
        told = waiting(shown.id)
        return f"{label}: {told[:1].lower()}{told[1:]}"
    if not shown.live:
        why = shown.message if shown.word == "failed" else "It is drawn once all are there."
        return f"{label} ended at {points_of(shown.progress)}. {why}"
    if not shown.begun:
        return f"Measuring {label.lower()}: preparing"
    left = shown.progress.left
    time = "" if left is None else f", {duration(left)} left"
    return f"Measuring {label.lower()}: {points_of(shown.progress)}{time}"
