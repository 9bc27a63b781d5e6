"""Who sits here: the cookie that a browser keeps in class mode, the teacher's PIN in the sidebar,
and the login of lab mode.
"""

import secrets
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie

import streamlit as st

from core.errors import LabError
from core.jobs import access
from pages.ui import state
from pages.ui.form import escape

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
        if not wanted or state.COOKIE.encode() in headers.get(b"cookie", b""):
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
    made = SimpleCookie({state.COOKIE: secrets.token_hex(16)})
    made[state.COOKIE].update(
        {"path": "/", "max-age": YEAR, "httponly": True, "samesite": "Lax", "secure": secure}
    )
    return made.output(header="").strip()


def admitted() -> bool:
    """Whether the pages may be shown; in lab mode asks for a login first."""
    try:
        if access.mode() != access.OIDC or state.logged_in():
            return True
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return False
    st.title("Descent Lab", anchor=False)
    st.markdown("This lab keeps apart whose runs are whose: log in first.")
    if st.button("Log in", type="primary", icon=":material/login:"):
        try:
            st.login()
        except Exception:
            st.error(
                "LAB_MODE is lab, but no login is set up: add an [auth] section to "
                ".streamlit/secrets.toml, or choose class or solo."
            )
    return False


def sidebar() -> None:
    """In class and lab mode: who one is, and the place for the teacher's PIN."""
    if access.mode() == access.SOLO:
        return
    with st.sidebar, st.container(key="seat", gap="xsmall"):
        if state.is_teacher():
            st.badge("Teacher", color="green", icon=":material/school:")
            if st.button("Leave the teacher's seat", type="tertiary", key="seat_leave"):
                state.is_teacher(False)
                st.rerun()
            return
        st.caption("You may change the runs that you started. All others you may watch.")
        with st.popover("Teacher", icon=":material/key:", type="tertiary"):
            _pin()


def _pin() -> None:
    try:
        known = access.pin()
    except LabError as error:
        st.caption(escape(str(error)))
        return
    if not known:
        st.caption("No PIN is set: start the lab with LAB_PIN, at least six characters.")
        return
    with st.form("pin", border=False, enter_to_submit=True):
        given = st.text_input("PIN", type="password", max_chars=64, key="seat_pin")
        pressed = st.form_submit_button("Enter", type="primary")
    st.caption("Until this page is closed or loaded anew.")
    if not pressed:
        return
    try:
        access.door.enter(given, state.me())
    except LabError as error:
        st.error(escape(str(error)))
        return
    state.is_teacher(True)
    st.rerun()
