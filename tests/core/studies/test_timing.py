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

    assert timing.finish(timing.seconds_per_unit(training())) == pytest.approx(0.1)


def test_what_happens_between_two_pieces_does_not_count(clock):
    def pieces():
        for seconds in (2.0, 3.0, 1.0):
            clock[0] += seconds
            yield clock[0]

    def with_pauses(measuring):
        try:
            while True:
                next(measuring)
                clock[0] += 100.0
        except StopIteration as end:
            return end.value

    assert with_pauses(timing.shortest_pass(pieces, 2)) == 6.0
    start = clock[0]
    progress = (reached - start for reached in pieces())  # a second per unit, and the pauses
    assert with_pauses(timing.seconds_per_unit(progress)) < 1.0


def test_the_shortest_repetition_counts(clock):
    lasting = iter((3.0, 1.0, 2.0))

    def work():
        clock[0] += next(lasting)

    assert timing.finish(timing.shortest_time(work)) == 1.0
