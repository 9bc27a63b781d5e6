"""The expected time of a study on this machine, measured by a short probe: once for all sessions,
outside the pages.
"""

from collections.abc import Iterable

from core.access import ownership
from core.base.encoding import encode
from core.jobs import tasks
from core.jobs.tasks import TaskState
from core.studies.duration import Expected
from core.studies.study import Study
from pages.kit.study_log import store

CACHE_SIZE = 200  # expected times that are cached

_probes: dict[tuple[str, str], str] = {}  # (home, study) -> the task that probes it
_times: dict[tuple[str, str], Expected] = {}


def expected_time(study: Study) -> Expected | None:
    """The result of its probe; None before that."""
    key = _key(study)
    probe = _probes.get(key)  # other sessions change both dictionaries meanwhile
    if key in _times or not probe:
        return _times.get(key)
    task = tasks.current(store().home).look(probe)
    if task is None or task["over"]:  # a forgotten task is started again
        _probes.pop(key, None)
    ended = (TaskState.DONE, TaskState.FAILED)  # nobody waits for a stopped one
    if task and task["state"] in ended:
        if len(_times) > CACHE_SIZE:
            _times.clear()
        result = task["found"] or {"problem": task["problem"]}
        _times[key] = Expected(**result)
    return _times.get(key)


def start_probes(studies: Iterable[Study]) -> bool:
    """Probe the studies whose time is unknown; whether one still is. Probes download nothing, so a
    study whose data is not on this machine has no expected time.
    """
    home = store().home
    unknown = [
        study
        for study in studies
        if study.base.data.is_available(home) and expected_time(study) is None
    ]
    for study in unknown:
        if _key(study) not in _probes:
            probe = tasks.current(home).begin("effort", encode(study), by=ownership.LAB)
            _probes[_key(study)] = probe
    return bool(unknown)


def _key(study: Study) -> tuple[str, str]:
    return str(store().home), encode(study)
