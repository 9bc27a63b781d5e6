"""The person who uses this page: the browser in class mode, the login in lab mode, or a teacher.
Everything that a session changes is changed in this person's name.
"""

import secrets
import time

import streamlit as st

from core.access import login, ownership
from core.access.teacher_session import sessions
from core.base.errors import NotAllowed
from core.jobs import runner
from pages.kit import session

COOKIE = "lab_seat"  # the browser's random token; browsers keep it for a year under this name
BROWSER = "browser"  # the key of a token in the session state
clock = time.time


def me() -> str:
    """Return the person in whose name this session acts, as core/access/ownership.py names people.

    That is the lab itself in solo mode, a teacher during a teacher session, and otherwise the login
    or this browser. NotAllowed (login_expired) when a login has expired.
    """
    who, mode = account(), ownership.mode()
    if mode == ownership.SOLO:
        return ownership.LAB
    if has_teacher_session():
        return ownership.TEACHER
    return login.person(claims()) if mode == ownership.OIDC else who


def account() -> str:
    """Return the login or the browser of this session, a teacher's too; the lab itself in solo
    mode. NotAllowed (login_expired) when a login has expired.
    """
    mode = ownership.mode()
    if mode == ownership.SOLO:
        return ownership.LAB
    if mode == ownership.OIDC and not is_logged_in():
        raise NotAllowed(
            "Your login has expired. Reload this page and log in again.", code="login_expired"
        )
    return login.subject(claims()) if mode == ownership.OIDC else _browser()


def claims() -> dict[str, object]:
    """Return the claims of the login; empty without one."""
    return st.user.to_dict()


def is_logged_in() -> bool:
    """Whether somebody is logged in and the login has not expired."""
    return login.is_valid(claims(), clock())


def is_teacher() -> bool:
    """Whether this session may act as a teacher."""
    return me() == ownership.TEACHER


def has_teacher_session() -> bool:
    """Whether the PIN was entered in this browser, or, in lab mode, on this page."""
    return sessions.is_active(_browser())


def start_teacher_session() -> None:
    """Let this browser (in lab mode, this page) act as a teacher."""
    sessions.start(_browser())


def end_teacher_session() -> None:
    """End the teacher session of this browser; nothing where there is none."""
    sessions.end(_browser())


def _browser() -> str:
    """The digest of this browser's token.

    A browser without cookies has a token for as long as the page is open. So does every browser in
    lab mode, where another person may log in.
    """
    cookies = dict(st.context.cookies) if ownership.mode() == ownership.CLASS else {}
    token = cookies.get(COOKIE) or session.get(BROWSER)
    if not token:
        token = secrets.token_hex(16)
        session.set(BROWSER, token)
    return ownership.digest(token)


def barred(job: str) -> str:
    """Return why this session may not change the run or study; empty if it may."""
    try:
        return runner.current().barred(job, by=me())
    except NotAllowed as error:  # the login has expired
        return str(error)
