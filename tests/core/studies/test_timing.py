"""What a probe reads off the clock: the fastest stretch, preparations left out."""

import pytest

from core.studies import timing


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on as the test says."""
    now = [0.0]
    monkeypatch.setattr(timing, "clock", lambda: now[0])
    return now


def test_the_pace_is_that_of_the_fastest_stretch_after_the_first_value(clock):
    def training():
        for step, seconds in ((10, 9.0), (20, 2.0), (40, 2.0), (50, 5.0)):
            clock[0] += seconds
            yield step

    assert timing.seconds_per_unit(training()) == pytest.approx(0.1)


def test_the_shortest_of_a_few_goes_counts(clock):
    lasting = iter((3.0, 1.0, 2.0))

    def work():
        clock[0] += next(lasting)

    assert timing.shortest_time(work) == 1.0
