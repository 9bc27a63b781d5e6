"""The time of a study: probed once beside the pages, told when it is known, never fetching data."""

import pytest

from core.base.encoding import change
from core.jobs import runner, tasks
from core.studies import duration
from core.studies.duration import Expected
from core.studies.study import shipped
from pages.parts.double_descent import times

STUDY = shipped()["random-features"]


@pytest.fixture
def probed(tmp_path, monkeypatch):
    """The studies that were probed, in a lab of their own."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(tasks, "_current", None)
    for kept in ("_asked", "_known"):
        monkeypatch.setattr(times, kept, {})
    seen = []

    def probe(home, study):
        seen.append(study)
        return Expected(8.0, 105, "Digits", "")

    monkeypatch.setattr(duration, "expected", probe)
    yield seen
    tasks.current(tmp_path).close()


def finish(home):
    for id in times._asked.values():
        tasks.current(home).wait(id)


def test_a_study_is_probed_once_and_its_time_is_told(probed, tmp_path):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    assert times.known(digits) is None
    assert times.expect([digits])
    times.expect([digits])
    finish(tmp_path)
    assert times.known(digits) == Expected(8.0, 105, "Digits", "")
    assert not times.expect([digits])
    assert probed == [digits]


def test_a_probe_that_fails_says_why_and_is_not_repeated(probed, tmp_path, monkeypatch):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    monkeypatch.setattr(duration, "expected", lambda home, study: 1 / 0)
    times.expect([digits])
    finish(tmp_path)
    assert "ZeroDivisionError" in times.known(digits).problem
    assert not times.expect([digits])


def test_two_sessions_may_hear_of_the_end_at_once(probed, tmp_path, monkeypatch):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    times.expect([digits])
    finish(tmp_path)
    look = tasks.Tasks.look

    def second(work, id):
        if times._asked.pop(times._name(digits), None):  # the other one was quicker
            times.known(digits)
        return look(work, id)

    monkeypatch.setattr(tasks.Tasks, "look", second)
    assert times.known(digits).points == 105


def test_data_that_is_not_here_is_not_fetched_for_it(probed):
    mnist = change(STUDY, "base.data", {"kind": "mnist"})
    assert not times.expect([mnist])
    assert not probed and times.known(mnist) is None
