"""The expected time of a study: probed once outside the pages, never downloading data."""

import pytest

from core.base.encoding import change, encode
from core.jobs import runner, tasks
from core.jobs.measure import EFFORT
from core.studies import duration
from core.studies.duration import Expected
from core.studies.study import shipped
from pages.kit.shared_results import SharedResults
from pages.parts.double_descent import times

STUDY = shipped()["random-features"]


@pytest.fixture
def probed(tmp_path, monkeypatch):
    """The studies that were probed, in a lab of their own."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(tasks, "_current", None)
    monkeypatch.setattr(times, "probes", SharedResults(EFFORT))
    seen = []

    def probe(home, study):
        seen.append(study)
        yield
        return Expected(8.0, 105, "Digits", "")

    monkeypatch.setattr(duration, "expected", probe)
    yield seen
    tasks.current(tmp_path).close()


def finish(home):
    for id in list(times.probes.tasks.values()):
        tasks.current(home).wait(id)


def test_a_study_is_probed_once(probed, tmp_path):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    assert times.expected_time(digits) is None
    assert times.start_probes([digits])
    times.start_probes([digits])
    finish(tmp_path)
    assert times.expected_time(digits) == Expected(8.0, 105, "Digits", "")
    assert not times.start_probes([digits])
    assert probed == [digits]


def test_a_failed_probe_has_a_problem_and_is_not_repeated(probed, tmp_path, monkeypatch):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    monkeypatch.setattr(duration, "expected", lambda home, study: 1 / 0)
    times.start_probes([digits])
    finish(tmp_path)
    assert "ZeroDivisionError" in times.expected_time(digits).problem
    assert not times.start_probes([digits])


def test_two_sessions_may_read_the_result_at_the_same_time(probed, tmp_path, monkeypatch):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    times.start_probes([digits])
    finish(tmp_path)
    look = tasks.Tasks.look

    def second(work, id):
        if times.probes.tasks.pop((str(tmp_path), encode(digits)), None):  # the other was quicker
            times.expected_time(digits)
        return look(work, id)

    monkeypatch.setattr(tasks.Tasks, "look", second)
    assert times.expected_time(digits).points == 105


def test_data_that_is_not_on_this_machine_is_not_downloaded(probed):
    mnist = change(STUDY, "base.data", {"kind": "mnist"})
    assert not times.start_probes([mnist])
    assert not probed and times.expected_time(mnist) is None
