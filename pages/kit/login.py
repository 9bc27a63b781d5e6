"""The login of lab mode, which Streamlit makes with any OpenID Connect provider: what it needs at
the start, the page that asks for it, and the way back to the page that was wanted.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib.util import find_spec
from urllib.parse import parse_qs, quote, unquote, urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.access import login, ownership
from core.base.errors import BadInput
from pages.kit import hosts, person, state
from pages.kit.buttons import button
from pages.kit.form import escape

FILE = ".streamlit/secrets.toml"
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
LEAST = 32  # characters of cookie_secret: who guesses it can be anybody
RETURN = "/oauth2callback"  # where a provider sends a browser back to
USER = b"_streamlit_user="  # the cookie in which Streamlit keeps a login
BACK, LONG = "lab_back", 900  # a cookie, and the seconds for which it is kept
FAILED = "login_failed"  # said in the address


def check() -> None:
    """BadInput, one sentence, when LAB_MODE is lab and nobody could log in."""
    if ownership.mode() != ownership.OIDC:
        return
    if find_spec("authlib") is None:
        raise BadInput(
            "LAB_MODE is lab, but Authlib is not installed: run "
            "`python -m pip install -r requirements-login.txt`."
        )
    try:
        auth = dict(st.secrets.get("auth") or {})
    except StreamlitSecretNotFoundError as error:
        if error.error_id != "no-secrets-found":
            raise BadInput(f"{FILE} is not valid TOML: correct it. {error}") from None
        auth = {}
    if missing := [name for name in NEEDED if not auth.get(name)]:
        raise BadInput(
            f"LAB_MODE is lab, but [auth] in {FILE} lacks {', '.join(missing)}: your OpenID "
            f"Connect provider gives you the client's values and its address, redirect_uri is "
            f'"http://NAME:8501{RETURN}" with the name of this lab, and cookie_secret is {LEAST} '
            "random characters."
        )
    returns = urlsplit(str(auth["redirect_uri"]))
    if not returns.netloc or not returns.path.endswith(RETURN):
        raise BadInput(
            f"redirect_uri in {FILE} is {str(auth['redirect_uri'])[:80]!r}: it is the lab's own "
            f"address, and ends in {RETURN}."
        )
    if not hosts.answers(returns.hostname or ""):
        raise BadInput(
            f"redirect_uri in {FILE} leads to {returns.hostname}, a name to which the lab does not "
            f"answer: start it with --server.allowedHosts {returns.hostname}."
        )
    if len(str(auth["cookie_secret"])) < LEAST:
        raise BadInput(
            f"cookie_secret in {FILE} has {len(str(auth['cookie_secret']))} characters: give it "
            f"{LEAST} random ones (python -c 'import secrets; print(secrets.token_hex())'), so "
            "that nobody signs a login."
        )


class WayBack:
    """ASGI middleware: who logs in comes back to the page where that began, also when it fails.

    Streamlit itself leads everybody to Start, and shows a bare line where the provider is silent.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        headers = {name.decode("latin-1"): said for name, said in scope.get("headers", [])}

        async def leaving(message: MutableMapping) -> None:
            if message["type"] == "http.response.start":
                here = came_from(headers)
                if message["status"] >= 400:
                    message = moved(message, failed(here))
                message = with_cookie(message, quote(here, safe=""), LONG)
            await send(message)

        async def returning(message: MutableMapping) -> None:
            if message["type"] == "http.response.start":
                asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
                known = any(line.startswith(USER) for line in cookies(message))
                known &= not any(line.startswith(USER + b'""') for line in cookies(message))
                there = kept(headers)
                tried = "code" in asked or "error" in asked
                message = moved(message, there if known or not tried else failed(there))
                message = with_cookie(message, "", 0)
            await send(message)

        said = leaving if path.endswith("/auth/login") else returning
        await self.app(scope, receive, said if path.endswith(("/auth/login", RETURN)) else send)


def came_from(headers: dict[str, bytes]) -> str:
    """The page of this lab on which the link was pressed, as path and query; `/` if it is none."""
    page = urlsplit(headers.get("referer", b"").decode("latin-1"))
    ours = page.netloc == headers.get("host", b"").decode("latin-1")
    return local(page._replace(scheme="", netloc="", fragment="").geturl()) if ours else "/"


def kept(headers: dict[str, bytes]) -> str:
    """The page that the cookie names; `/` if it names none of this lab."""
    try:
        found = SimpleCookie(headers.get("cookie", b"").decode("latin-1")).get(BACK)
    except CookieError:
        return "/"
    return local(unquote(found.value)) if found else "/"


def local(path: str) -> str:
    """The path if it stays in this lab, else `/`: `//elsewhere` is another machine."""
    fits = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fits and len(path) < 3000 else "/"


def failed(path: str) -> str:
    """The same page, which says that the login did not work."""
    return f"{path}{'&' if '?' in path else '?'}{FAILED}=1"


def cookies(message: MutableMapping) -> list[bytes]:
    return [line for name, line in message.get("headers", []) if name == b"set-cookie"]


def moved(message: MutableMapping, path: str) -> dict:
    """The answer as one that leads there."""
    rest = [line for line in message.get("headers", []) if line[0] != b"location"]
    place = quote(path, safe="/?&=%-_.~+:,;!*'()$@").encode()
    return {**message, "status": 302, "headers": [*rest, (b"location", place)]}


def with_cookie(message: MutableMapping, value: str, seconds: int) -> dict:
    made = SimpleCookie({BACK: value})
    made[BACK].update({"path": "/", "max-age": seconds, "httponly": True, "samesite": "Lax"})
    line = (b"set-cookie", made.output(header="").strip().encode())
    return {**message, "headers": [*message.get("headers", []), line]}


def page() -> None:
    """In the place of every page: what this is, and the button."""
    st.space("large")
    failed, ended = state.take_from_address(FAILED), person.claims().get("is_logged_in")
    with st.container(horizontal_alignment="center"), st.container(border=True, width=460):
        st.title("Descent Lab", anchor=False)
        if failed:
            st.error(
                "The login did not work: try again. If it fails once more, ask whoever runs this "
                "lab; its log says why.",
                icon=":material/error:",
            )
        st.markdown(
            "Your login has ended. What trains goes on; log in again and you are back on this page."
            if ended
            else "In this lab a run belongs to the login that started it. Everybody may watch."
        )
        if button("Log in", type="primary", icon=":material/login:"):
            st.login()


def place() -> None:
    """In the sidebar: who is logged in, and the way out."""
    said = person.claims()
    known = [f"Mail {said['email']}"] if said.get("email") else []
    id = f"`{said.get('sub', '')}` is this login's id (sub), by which LAB_TEACHERS may name it."
    name = f"Logged in as **{escape(login.called(said))}**"
    st.caption(name, help="  \n".join([*map(escape, known), id]))
    st.button(
        "Log out", icon=":material/logout:", type="tertiary", key="log_out", on_click=st.logout
    )
