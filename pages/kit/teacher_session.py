"""Identity in class and lab mode: the cookie that identifies a browser, the teacher's PIN in the
sidebar, and the account of a login.
"""

import secrets
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie

import streamlit as st

from core.access import ownership
from core.access.pin import pin_limiter
from core.access.teacher_session import HOURS
from core.base.errors import LabError
from core.base.settings import PIN_LENGTH, settings
from pages.kit import hosts, lesson, login, person
from pages.kit.buttons import button, submit_button
from pages.kit.form import escape

YEAR = 365 * 86_400  # seconds
PIN_WIDTH = 176  # px; from 180 px on, Streamlit writes a hint over the end of the field


class BrowserIdentity:
    """ASGI middleware that gives a token to each browser that has none.

    Scripts cannot read the cookie, and requests from other sites do not carry it.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        headers = dict(scope.get("headers", []))
        is_page = scope["type"] == "http" and b"text/html" in headers.get(b"accept", b"")
        if not is_page or person.COOKIE.encode() in headers.get(b"cookie", b""):
            await self.app(scope, receive, send)
            return
        secure = b"https" in (scope["scheme"].encode(), headers.get(b"x-forwarded-proto"))

        async def send_with_cookie(message: dict) -> None:
            if message["type"] == "http.response.start":
                line = (b"set-cookie", make_cookie(secure=secure).encode())
                message = {**message, "headers": [*message.get("headers", []), line]}
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def make_cookie(*, secure: bool) -> str:
    """Return a new token of 128 random bits as the value of a Set-Cookie header."""
    cookie = SimpleCookie({person.COOKIE: secrets.token_hex(16)})
    cookie[person.COOKIE].update(
        {"path": "/", "max-age": YEAR, "httponly": True, "samesite": "Lax", "secure": secure}
    )
    return cookie.output(header="").strip()


def admit() -> bool:
    """Whether the pages may be shown. In lab mode, show the login page if nobody is logged in."""
    if ownership.mode() != ownership.OIDC or person.is_logged_in():
        return True
    person.end_teacher_session()
    login.show_login_page()
    return False


def sidebar() -> None:
    """In class and lab mode, show in the sidebar who is using the page, and the PIN form."""
    if ownership.mode() == ownership.SOLO:
        return
    by_login = ownership.mode() == ownership.OIDC
    with st.sidebar, st.container(key="identity", gap="xsmall"):
        if by_login:
            login.show_account()
        if person.is_teacher():
            st.badge("Teacher", color="green", icon=":material/school:")
            if hosts.is_open_to_network() and (urls := hosts.shared_urls()):
                st.caption("Address of this lab for students:")
                st.code(urls[0], language=None, wrap_lines=True)
        else:
            st.caption("You can change the runs that you started and view everyone else's.")
        if person.has_teacher_session():
            if button("End teacher session", type="tertiary", key="end_teacher_session"):
                person.end_teacher_session()
                st.rerun()
        elif not (person.is_teacher() or (by_login and not settings().pin)):
            with st.popover("Teacher", icon=":material/key:"):
                _pin_form()


def _pin_form() -> None:
    with st.container(width=260):  # the width does not change when a message appears
        if not settings().pin:
            st.caption(
                "No PIN is set. Restart the server with LAB_PIN set to at least "
                f"{PIN_LENGTH} characters."
            )
            return
        with st.form("pin", border=False, enter_to_submit=True):
            attempt = st.text_input(
                "PIN", type="password", max_chars=64, key="teacher_pin", width=PIN_WIDTH
            )
            is_submitted = submit_button("Start teacher session", type="primary")
        below = st.empty()
        if not is_submitted:
            below.caption(f"A teacher can change every run. {_session_length()}")
            return
        try:
            pin_limiter.enter(attempt, person.me())
        except LabError as error:
            below.error(escape(str(error)))
            return
    person.start_teacher_session()
    lesson.teach()
    st.rerun()


def _session_length() -> str:
    if ownership.mode() == ownership.OIDC:
        return "The session ends when this page is closed or reloaded."
    return (
        f"The session lasts {HOURS:.0f} hours in this browser. It ends earlier if you end it or "
        "the server stops."
    )
