"""Teacher sessions: one browser each, limited in time, until they are ended."""

from core.access.teacher_session import TeacherSessions


def test_a_session_belongs_to_one_browser_until_it_ends_or_expires() -> None:
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
