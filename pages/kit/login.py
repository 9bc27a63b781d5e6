"""The login of lab mode, which Streamlit performs with any OpenID Connect provider: the check of
its configuration, the login page, and the return to the page where the login began.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib.util import find_spec
from urllib.parse import parse_qs, quote, unquote, urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.access import login, ownership
from core.base.errors import BadInput
from pages.kit import address, hosts, person
from pages.kit.buttons import button
from pages.kit.form import escape

FILE = ".streamlit/secrets.toml"
REQUIRED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
SECRET_LENGTH = 32  # characters of cookie_secret: anyone who guesses it can sign any login
CALLBACK = "/oauth2callback"  # the path to which a provider returns the browser
LOGIN_COOKIE = b"_streamlit_user="  # the cookie in which Streamlit stores a login
RETURN_COOKIE, RETURN_SECONDS = "lab_back", 900  # the page where a login began
FAILED = "login_failed"  # a parameter of the address


def check_configuration() -> None:
    """Raise BadInput if LAB_MODE is lab and the configuration makes a login impossible."""
    if ownership.mode() != ownership.OIDC:
        return
    if find_spec("authlib") is None:
        raise BadInput(
            "LAB_MODE=lab requires Authlib, which is not installed. Install it with "
            "`python -m pip install -r requirements-login.txt`.",
            code="authlib_missing",
        )
    auth = _read_secrets()
    if missing := [name for name in REQUIRED if not auth.get(name)]:
        raise BadInput(
            f"LAB_MODE=lab requires more values in the section [auth] of {FILE}: "
            f"{', '.join(missing)}. Your OpenID Connect provider issues the client's values and "
            f'its address; redirect_uri is "http://NAME:8501{CALLBACK}" with the name of this '
            f"server, and cookie_secret is a random text of {SECRET_LENGTH} or more characters.",
            code="secrets_missing",
        )
    redirect = urlsplit(str(auth["redirect_uri"]))
    if not redirect.netloc or not redirect.path.endswith(CALLBACK):
        raise BadInput(
            f"redirect_uri in {FILE} is {str(auth['redirect_uri'])[:80]!r}. It must be an address "
            f'of this server that ends in {CALLBACK}: "http://NAME:8501{CALLBACK}".',
            code="redirect_uri_invalid",
        )
    if not hosts.is_allowed(redirect.hostname or ""):
        raise BadInput(
            f"redirect_uri in {FILE} names the host {redirect.hostname}, which this server does "
            f"not accept. Start it with --server.allowedHosts {redirect.hostname}.",
            code="redirect_host_refused",
        )
    if (length := len(str(auth["cookie_secret"]))) < SECRET_LENGTH:
        raise BadInput(
            f"cookie_secret in {FILE} has {length} characters; at least {SECRET_LENGTH} random "
            "characters are required, because anyone who guesses it can log in as anybody. Create "
            "one with: python -c 'import secrets; print(secrets.token_hex())'",
            code="cookie_secret_too_short",
        )


def _read_secrets() -> dict[str, object]:
    """Return the section [auth] of the secrets file; empty without a file."""
    try:
        return dict(st.secrets.get("auth") or {})
    except StreamlitSecretNotFoundError as error:
        if error.error_id == "no-secrets-found":
            return {}
        raise BadInput(
            f"{FILE} is not valid TOML. Correct this error: {error}", code="secrets_not_toml"
        ) from None


class LoginRedirect:
    """ASGI middleware that returns a person to the page where the login began, also if it fails.

    Streamlit alone opens the Start page after every login, and shows an unformatted line where the
    provider does not answer.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        headers = {name.decode("latin-1"): value for name, value in scope.get("headers", [])}

        async def leave(message: MutableMapping) -> None:
            if message["type"] == "http.response.start":
                origin = origin_of(headers)
                if message["status"] >= 400:
                    message = redirected(message, mark_failed(origin))
                message = with_return_cookie(message, quote(origin, safe=""), RETURN_SECONDS)
            await send(message)

        async def come_back(message: MutableMapping) -> None:
            if message["type"] == "http.response.start":
                query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
                lines = set_cookies(message)
                has_login = any(line.startswith(LOGIN_COOKIE) for line in lines)
                has_login &= not any(line.startswith(LOGIN_COOKIE + b'""') for line in lines)
                origin = stored_origin(headers)
                is_attempt = "code" in query or "error" in query
                failed = is_attempt and not has_login
                message = redirected(message, mark_failed(origin) if failed else origin)
                message = with_return_cookie(message, "", 0)
            await send(message)

        if path.endswith("/auth/login"):
            send_back = leave
        else:
            send_back = come_back if path.endswith(CALLBACK) else send
        await self.app(scope, receive, send_back)


def origin_of(headers: dict[str, bytes]) -> str:
    """Return the page of this lab that a request came from, as path and query; else `/`."""
    page = urlsplit(headers.get("referer", b"").decode("latin-1"))
    is_own = page.netloc == headers.get("host", b"").decode("latin-1")
    return local(page._replace(scheme="", netloc="", fragment="").geturl()) if is_own else "/"


def stored_origin(headers: dict[str, bytes]) -> str:
    """Return the page that the cookie names; `/` if that is not a page of this lab."""
    try:
        cookie = SimpleCookie(headers.get("cookie", b"").decode("latin-1")).get(RETURN_COOKIE)
    except CookieError:
        return "/"
    return local(unquote(cookie.value)) if cookie else "/"


def local(path: str) -> str:
    """Return the path if it is one of this server, else `/`: `//elsewhere` is another machine."""
    fits = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fits and len(path) < 3000 else "/"


def mark_failed(path: str) -> str:
    """Return the address of the same page that reports the failed login."""
    return f"{path}{'&' if '?' in path else '?'}{FAILED}=1"


def set_cookies(message: MutableMapping) -> list[bytes]:
    """Return the values of all Set-Cookie headers of a response."""
    return [line for name, line in message.get("headers", []) if name == b"set-cookie"]


def redirected(message: MutableMapping, path: str) -> dict:
    """Return the response as a redirect to the path."""
    headers = [line for line in message.get("headers", []) if line[0] != b"location"]
    location = quote(path, safe="/?&=%-_.~+:,;!*'()$@").encode()
    return {**message, "status": 302, "headers": [*headers, (b"location", location)]}


def with_return_cookie(message: MutableMapping, value: str, seconds: int) -> dict:
    """Return the response with the cookie that holds the page to return to; 0 s deletes it."""
    cookie = SimpleCookie({RETURN_COOKIE: value})
    attributes = {"path": "/", "max-age": seconds, "httponly": True, "samesite": "Lax"}
    cookie[RETURN_COOKIE].update(attributes)
    line = (b"set-cookie", cookie.output(header="").strip().encode())
    return {**message, "headers": [*message.get("headers", []), line]}


def show_login_page() -> None:
    """Show the login button in place of the requested page."""
    st.space("large")
    failed = address.take(FAILED)
    has_expired = person.claims().get("is_logged_in")
    with st.container(horizontal_alignment="center"), st.container(border=True, width=460):
        st.title("Descent Lab", anchor=False)
        if failed:
            st.error(
                "The login failed. Try again. If it fails again, contact the administrator of "
                "this server; its log contains the reason.",
                icon=":material/error:",
            )
        st.markdown(
            "Your login has expired. Runs continue. Log in again to return to this page."
            if has_expired
            else "Log in to start runs. Each run belongs to the person who started it, and "
            "everyone can view it."
        )
        if button("Log in", type="primary", icon=":material/login:"):
            st.login()


def show_account() -> None:
    """Show in the sidebar who is logged in, and the button to log out."""
    claims = person.claims()
    details = [f"E-mail: {escape(str(claims['email']))}"] if claims.get("email") else []
    details.append(f"ID: `{claims.get('sub', '')}` (the `sub` claim, accepted by LAB_TEACHERS)")
    name = f"Logged in as **{escape(login.display_name(claims))}**"
    st.caption(name, help="  \n".join(details))
    st.button(
        "Log out", icon=":material/logout:", type="tertiary", key="log_out", on_click=st.logout
    )
