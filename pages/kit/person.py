"""Who looks at this page: the browser's cookie in class mode, the login in lab mode, and a teacher
after the PIN. Whatever a session does, it does in this name.
"""

import secrets
import time

import streamlit as st

from core.access import login, ownership
from core.access.teacher_session import sessions
from core.base.errors import NotAllowed
from core.jobs import runner

COOKIE = "lab_seat"  # a random token that a browser keeps, set by pages/kit/teacher_session.py
BROWSER = "browser"  # its token in the session state
clock = time.time


def me() -> str:
    """On whose behalf this session acts, as core/access/ownership.py names people: the lab's own in
    solo mode, a teacher after the PIN, else the login or this browser. NotAllowed when a login has
    ended.
    """
    who, mode = account(), ownership.mode()
    if mode == ownership.SOLO:
        return ownership.LAB
    if gave_pin():
        return ownership.TEACHER
    return login.person(claims()) if mode == ownership.OIDC else who


def account() -> str:
    """The login or the browser at which somebody sits, a teacher's too; the lab's own in solo mode.
    NotAllowed when a login has ended.
    """
    mode = ownership.mode()
    if mode == ownership.SOLO:
        return ownership.LAB
    if mode == ownership.OIDC and not logged_in():
        raise NotAllowed("Your login has ended: load this page anew, and log in again.")
    return login.subject(claims()) if mode == ownership.OIDC else _browser()


def claims() -> dict[str, object]:
    """What the login says; empty without one."""
    return st.user.to_dict()


def logged_in() -> bool:
    """Whether somebody has logged in, and that still holds."""
    return login.holds(claims(), clock())


def teaches() -> bool:
    """Whether a teacher looks at this page."""
    return me() == ownership.TEACHER


def gave_pin(given: bool | None = None) -> bool:
    """Whether this browser has been given the PIN (in lab mode: this page); sets it when told."""
    if given is not None:
        (sessions.start if given else sessions.end)(_browser())
    return sessions.is_active(_browser())


def _browser() -> str:
    """The digest of the token that this browser keeps. One that takes no cookies, and lab mode,
    where the login may change, have one for as long as the page is open.
    """
    cookies = dict(st.context.cookies) if ownership.mode() == ownership.CLASS else {}
    token = cookies.get(COOKIE) or st.session_state.setdefault(BROWSER, secrets.token_hex(16))
    return ownership.digest(token)


def barred(job: str) -> str:
    """Why this session may not change the run or study, in one sentence; empty where it may."""
    try:
        return runner.current().barred(job, by=me())
    except NotAllowed as error:  # the login has ended
        return str(error)
