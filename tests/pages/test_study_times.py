"""The time of a study: probed once beside the pages, told when it is known, never fetching data."""

import pytest

from core import runner
from core.encoding import change
from core.jobs import tasks
from core.studies import expected
from core.studies.expected import Expected
from core.study import shipped
from pages.ui import study_times

STUDY = shipped()["random-features"]


@pytest.fixture
def probed(tmp_path, monkeypatch):
    """The studies that were probed, in a lab of their own."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(tasks, "_current", None)
    for kept in ("_asked", "_known"):
        monkeypatch.setattr(study_times, kept, {})
    seen = []

    def probe(home, study):
        seen.append(study)
        return Expected(8.0, 105, "Digits", "")

    monkeypatch.setattr(expected, "expected", probe)
    yield seen
    tasks.current(tmp_path).close()


def finish(home):
    for id in study_times._asked.values():
        tasks.current(home).wait(id)


def test_a_study_is_probed_once_and_its_time_is_told(probed, tmp_path):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    assert study_times.known(digits) is None
    assert study_times.expect([digits])
    study_times.expect([digits])
    finish(tmp_path)
    assert study_times.known(digits) == Expected(8.0, 105, "Digits", "")
    assert not study_times.expect([digits])
    assert probed == [digits]


def test_a_probe_that_fails_says_why_and_is_not_repeated(probed, tmp_path, monkeypatch):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    monkeypatch.setattr(expected, "expected", lambda home, study: 1 / 0)
    study_times.expect([digits])
    finish(tmp_path)
    assert "ZeroDivisionError" in study_times.known(digits).problem
    assert not study_times.expect([digits])


def test_two_sessions_may_hear_of_the_end_at_once(probed, tmp_path, monkeypatch):
    digits = change(STUDY, "base.data", {"kind": "digits"})
    study_times.expect([digits])
    finish(tmp_path)
    look = tasks.Tasks.look

    def second(work, id):
        if study_times._asked.pop(study_times._name(digits), None):  # the other one was quicker
            study_times.known(digits)
        return look(work, id)

    monkeypatch.setattr(tasks.Tasks, "look", second)
    assert study_times.known(digits).points == 105


def test_data_that_is_not_here_is_not_fetched_for_it(probed):
    mnist = change(STUDY, "base.data", {"kind": "mnist"})
    assert not study_times.expect([mnist])
    assert not probed and study_times.known(mnist) is None
