"""The expected time of a study on this machine, measured by a short probe: once for all sessions,
outside the pages.
"""

from collections.abc import Iterable

from core.base.encoding import encode
from core.jobs.measure import EFFORT
from core.studies.duration import Expected
from core.studies.study import Study
from pages.kit.shared_results import SharedResults
from pages.kit.study_log import store

probes = SharedResults(EFFORT)


def expected_time(study: Study) -> Expected | None:
    """The result of its probe; None before that."""
    result = probes.find(encode(study))
    return Expected(**result) if result else None


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
        probes.start(encode(study))
    return bool(unknown)
