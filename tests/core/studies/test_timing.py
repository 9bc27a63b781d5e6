"""Timing by the fastest interval, without preparation."""

import pytest

from core.studies import timing


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test advances."""
    now = [0.0]
    monkeypatch.setattr(timing, "clock", lambda: now[0])
    return now


def test_seconds_per_unit_is_that_of_the_fastest_interval_after_the_first_value(clock):
    def training():
        for step, seconds in ((10, 9.0), (20, 2.0), (40, 2.0), (50, 5.0)):
            clock[0] += seconds
            yield step

    assert timing.seconds_per_unit(training()) == pytest.approx(0.1)


def test_the_shortest_repetition_counts(clock):
    lasting = iter((3.0, 1.0, 2.0))

    def work():
        clock[0] += next(lasting)

    assert timing.shortest_time(work) == 1.0
