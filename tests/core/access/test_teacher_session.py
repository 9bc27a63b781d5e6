"""The teacher's seat: for the browser that gave the PIN and no other, for some hours, until it is
left.
"""

from core.access.teacher_session import TeacherSessions


def test_the_seat_is_one_browser_s_until_it_leaves_or_the_hours_are_over() -> None:
    now = [0.0]
    sessions = TeacherSessions(hours=2, clock=lambda: now[0])
    sessions.start("ann")
    assert (
        sessions.is_active("ann") and not sessions.is_active("ben") and not sessions.is_active("")
    )
    sessions.end("ben")
    now[0] = 7199.0
    assert sessions.is_active("ann")
    now[0] = 7200.0
    assert not sessions.is_active("ann")
    sessions.start("ben")
    sessions.end("ben")
    assert not sessions.is_active("ben") and not sessions.is_active("ann")
