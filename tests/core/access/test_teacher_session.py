"""The teacher's seat: for the browser that gave the PIN and no other, for some hours, until it is
left.
"""

from core.access.teacher_session import Seats


def test_the_seat_is_one_browser_s_until_it_leaves_or_the_hours_are_over() -> None:
    now = [0.0]
    seats = Seats(hours=2, clock=lambda: now[0])
    seats.take("ann")
    assert seats.taken("ann") and not seats.taken("ben") and not seats.taken("")
    seats.leave("ben")
    now[0] = 7199.0
    assert seats.taken("ann")
    now[0] = 7200.0
    assert not seats.taken("ann")
    seats.take("ben")
    seats.leave("ben")
    assert not seats.taken("ben") and not seats.taken("ann")
