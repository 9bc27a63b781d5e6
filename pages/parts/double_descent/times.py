"""How long a study will take here, as a short probe tells: probed once for all sessions, beside the
pages.
"""

from collections.abc import Iterable

from core.base.encoding import encode
from core.jobs import tasks
from core.studies.duration import Expected
from core.studies.study import Study
from pages.kit.study_log import store

MOST = 200  # times that are remembered

_asked: dict[tuple[str, str], str] = {}  # (home, study) -> the task that probes it
_known: dict[tuple[str, str], Expected] = {}


def known(study: Study) -> Expected | None:
    """What its probe said; None before that."""
    named = _name(study)
    asked = _asked.get(named)  # other sessions do the same meanwhile
    if named in _known or not asked:
        return _known.get(named)
    task = tasks.current(store().home).look(asked)
    if task is None or task["over"]:  # one that was forgotten is asked again
        _asked.pop(named, None)
    if task and task["state"] in ("done", "failed"):  # not one that was stopped: nobody waited
        if len(_known) > MOST:
            _known.clear()
        found = task["found"] or {"problem": task["problem"]}
        _known[named] = Expected(**found)
    return _known.get(named)


def expect(studies: Iterable[Study]) -> bool:
    """Has those probed whose time is not known; whether one still is not. A probe fetches no data:
    where that is not here, no time is told.
    """
    home = store().home
    unknown = [one for one in studies if one.base.data.here(home) and known(one) is None]
    for one in unknown:
        if _name(one) not in _asked:
            _asked[_name(one)] = tasks.current(home).begin("effort", encode(one))
    return bool(unknown)


def roughly(seconds: float) -> str:
    """8 s, 2 min, 3 h: a forecast has one digit or two."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{round(seconds / 3600)} h"


def _name(study: Study) -> tuple[str, str]:
    return str(store().home), encode(study)
