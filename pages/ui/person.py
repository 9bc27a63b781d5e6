"""Who looks at this page: the browser's cookie in class mode, the login in lab mode, and a teacher
after the PIN. Whatever a session does, it does in this name.
"""

import secrets
import time

import streamlit as st

from core.errors import NotAllowed
from core.jobs import access, login
from pages.ui import state

COOKIE = "lab_seat"  # a random token that a browser keeps, set by pages/ui/seat.py
SEAT, TEACHER = "seat", "teacher"  # kept in the session
clock = time.time


def me() -> str:
    """On whose behalf this session acts, as core/jobs/access.py names people: the lab's own in solo
    mode, a teacher after the PIN, else the login or this browser. NotAllowed when a login has
    ended.
    """
    mode = access.mode()
    if mode == access.SOLO:
        return access.LAB
    if mode == access.OIDC and not logged_in():
        raise NotAllowed("Your login has ended: load this page anew, and log in again.")
    if state.keep(TEACHER):
        return access.TEACHER
    if mode == access.OIDC:
        return login.person(claims())
    kept = st.context.cookies.get(COOKIE)
    if not kept:  # a browser that takes no cookies: as long as the page is open
        kept = state.keep(SEAT) or state.keep(SEAT, secrets.token_hex(16))
    return access.digest(kept)


def claims() -> dict[str, object]:
    """What the login says; empty without one."""
    return st.user.to_dict()


def logged_in() -> bool:
    """Whether somebody has logged in, and that still holds."""
    return login.holds(claims(), clock())


def teaches() -> bool:
    """Whether a teacher looks at this page."""
    return me() == access.TEACHER


def gave_pin(given: bool | None = None) -> bool:
    """Whether this page has been given the PIN; sets it when told."""
    if given is not None:
        state.keep(TEACHER, "given" if given else "")
    return bool(state.keep(TEACHER))


access.ask(me)
