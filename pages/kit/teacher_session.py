"""Who sits here: the cookie that a browser keeps in class mode, the teacher's PIN in the sidebar,
and the login of lab mode.
"""

import secrets
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie

import streamlit as st

from core.access import ownership
from core.access.pin import pin_limiter
from core.access.teacher_session import HOURS
from core.base.errors import LabError
from core.base.settings import settings
from pages.kit import login, person
from pages.kit.buttons import button, submit_button
from pages.kit.form import escape

YEAR = 365 * 86_400  # seconds


class Seat:
    """ASGI middleware: a browser that comes without a token gets one. Scripts cannot read it, and
    other sites' pages do not send it.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        headers = dict(scope.get("headers", []))
        wanted = scope["type"] == "http" and b"text/html" in headers.get(b"accept", b"")
        if not wanted or person.COOKIE.encode() in headers.get(b"cookie", b""):
            await self.app(scope, receive, send)
            return
        secure = b"https" in (scope["scheme"].encode(), headers.get(b"x-forwarded-proto"))

        async def marked(message: dict) -> None:
            if message["type"] == "http.response.start":
                line = (b"set-cookie", cookie(secure=secure).encode())
                message = {**message, "headers": [*message.get("headers", []), line]}
            await send(message)

        await self.app(scope, receive, marked)


def cookie(*, secure: bool) -> str:
    """A new token of 128 random bits as a Set-Cookie line."""
    made = SimpleCookie({person.COOKIE: secrets.token_hex(16)})
    made[person.COOKIE].update(
        {"path": "/", "max-age": YEAR, "httponly": True, "samesite": "Lax", "secure": secure}
    )
    return made.output(header="").strip()


def admitted() -> bool:
    """Whether the pages may be shown; in lab mode asks for a login first."""
    if ownership.mode() != ownership.OIDC or person.logged_in():
        return True
    person.gave_pin(False)
    login.page()
    return False


def sidebar() -> None:
    """In class and lab mode: who one is, and the place for the teacher's PIN."""
    if ownership.mode() == ownership.SOLO:
        return
    by_login = ownership.mode() == ownership.OIDC
    with st.sidebar, st.container(key="seat", gap="xsmall"):
        if by_login:
            login.place()
        if person.teaches():
            st.badge("Teacher", color="green", icon=":material/school:")
        else:
            st.caption("You may change the runs that you started. All others you may watch.")
        if person.gave_pin():
            if button("Leave the teacher's seat", type="tertiary", key="seat_leave"):
                person.gave_pin(False)
                st.rerun()
        elif not (person.teaches() or (by_login and not settings().pin)):
            with st.popover("Teacher", icon=":material/key:", type="tertiary"):
                _pin()


def _pin() -> None:
    with st.container(width=260):  # it stays as wide when a sentence comes
        if not settings().pin:
            st.caption("No PIN is set: start the lab with LAB_PIN, at least six characters.")
            return
        with st.form("pin", border=False, enter_to_submit=True):
            given = st.text_input("PIN", type="password", max_chars=64, key="seat_pin")
            pressed = submit_button("Enter", type="primary")
        place = st.empty()
        if not pressed:
            place.caption(f"A teacher may change every run, {_until()}.")
            return
        try:
            pin_limiter.enter(given, person.me())
        except LabError as error:
            place.error(escape(str(error)))
            return
    person.gave_pin(True)
    st.rerun()


def _until() -> str:
    """How long the seat is kept."""
    if ownership.mode() == ownership.OIDC:
        return "until this page is closed or reloaded"
    return f"in this browser, for {HOURS:.0f} hours or until you leave the seat or the lab ends"
