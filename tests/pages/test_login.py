"""Lab mode: its configuration, the login page, an expired login, and the return to the page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.access import ownership
from core.base.errors import BadInput, NotAllowed
from core.jobs import runner
from core.jobs.lane import Lane
from core.runs.store import Store
from pages.kit import login, person
from tests.conftest import ROOT, in_a_loop

ANN = {
    "is_logged_in": True, "iss": "https://id.example", "sub": "a-1", "name": "Ann *A*",
    "email": "ann@school.example", "email_verified": True, "exp": 1000,
}  # fmt: skip
WHOLE = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": 32 * "x",
    "client_id": "lab",
    "client_secret": "secret",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A store in lab mode at time 0, where no run is trained."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_MODE", "lab")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(person, "clock", lambda: 0.0)
    return Store(tmp_path)


def open_page(user, page=None):
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    app.user = user
    app.run()
    if page:
        app.switch_page(page).run()
    assert not app.exception, app.exception
    return app


def labels(app):
    return [button.label for button in app.button]


@pytest.mark.parametrize("user", [{}, {"is_logged_in": False}, ANN | {"exp": 0}])
def test_only_the_login_page_is_shown_without_a_valid_login(lab, user):
    app = open_page(user)
    assert labels(app) == ["Log in"]
    message = app.markdown[0].value
    assert ("expired" in message) == bool(user.get("exp") == 0)


def test_the_sidebar_names_the_person_and_has_a_log_out_button(lab):
    app = open_page(ANN)
    assert "Log out" in labels(app) and "Train on digits" in labels(app)
    assert any(r"Ann \*A\*" in caption.value for caption in app.sidebar.caption)
    assert not [badge for badge in app.sidebar.markdown if "Teacher" in badge.value]


def test_a_run_belongs_to_its_login_and_a_teacher_can_stop_it(lab, monkeypatch):
    next(b for b in open_page(ANN).button if b.label == "Train on digits").click().run()
    (run,) = lab.ids()
    assert ownership.owner(lab, run) == ownership.digest("https://id.example a-1")

    def stoppable(user):
        app = open_page(user, "watch.py")
        return [not b.disabled for b in app.button if b.label == "Stop"]

    ben = ANN | {"sub": "b-1", "email": "ben@school.example"}
    assert stoppable(ANN) == [True] and stoppable(ben) == [False]
    monkeypatch.setenv("LAB_TEACHERS", "ben@school.example")
    assert stoppable(ben) == [True]
    assert any("Teacher" in each.value for each in open_page(ben).sidebar.markdown)


def test_a_login_that_expires_on_an_open_page_can_do_nothing_more(lab, monkeypatch):
    app = open_page(ANN)
    monkeypatch.setattr(person, "clock", lambda: 1000.0)
    next(b for b in app.button if b.label == "Train on digits").click().run()
    assert labels(app) == ["Log in"] and not lab.ids()


def test_an_action_after_a_login_has_expired_is_refused(monkeypatch):
    monkeypatch.setenv("LAB_MODE", "lab")
    monkeypatch.setattr(person, "claims", lambda: ANN)
    monkeypatch.setattr(person, "clock", lambda: 1000.0)
    with pytest.raises(NotAllowed) as error:
        person.me()
    assert error.value.code == "login_expired"


# --- the configuration


def secrets(monkeypatch, **values):
    monkeypatch.setenv("LAB_MODE", "lab")
    monkeypatch.setattr(login.st, "secrets", {"auth": values})


def test_without_secrets_all_required_values_are_listed(monkeypatch):
    secrets(monkeypatch)
    with pytest.raises(BadInput, match=", ".join(WHOLE)) as error:
        login.check_configuration()
    assert error.value.code == "secrets_missing"


@pytest.mark.parametrize("lacking", [*WHOLE, *(("client_id", "client_secret"),)])
def test_missing_secrets_are_listed(monkeypatch, lacking):
    names = {lacking} if isinstance(lacking, str) else set(lacking)
    secrets(monkeypatch, **{k: v for k, v in WHOLE.items() if k not in names})
    with pytest.raises(BadInput, match=": " + ", ".join(n for n in WHOLE if n in names)) as error:
        login.check_configuration()
    assert error.value.code == "secrets_missing"
    assert not any(name in str(error.value).split(". ")[0] for name in WHOLE.keys() - names)


@pytest.mark.parametrize(
    ("change", "code", "value"),
    [
        ({"redirect_uri": "http://localhost:8501/"}, "redirect_uri_invalid", "localhost:8501/"),
        ({"redirect_uri": "/oauth2callback"}, "redirect_uri_invalid", "'/oauth2callback'"),
        (
            {"redirect_uri": "https://lab.example/oauth2callback"},
            "redirect_host_refused",
            "--server.allowedHosts lab.example",
        ),
        ({"cookie_secret": "short"}, "cookie_secret_too_short", "5 characters"),
    ],
)
def test_secrets_that_cannot_work_are_refused(monkeypatch, change, code, value):
    secrets(monkeypatch, **WHOLE | change)
    with pytest.raises(BadInput) as error:
        login.check_configuration()
    assert error.value.code == code and value in str(error.value)
    secrets(monkeypatch, **WHOLE)
    login.check_configuration()


def test_without_authlib_the_error_names_the_file_to_install(monkeypatch):
    secrets(monkeypatch, **WHOLE)
    monkeypatch.setattr(login, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install -r requirements-login\.txt") as error:
        login.check_configuration()
    assert error.value.code == "authlib_missing"
    monkeypatch.setenv("LAB_MODE", "class")
    login.check_configuration()  # nobody needs it there


@pytest.mark.usefixtures("quick_processes")
def test_an_invalid_secrets_file_ends_the_server_with_a_message(tmp_path: Path):
    file = tmp_path / "secrets.toml"
    file.write_text("[auth\n")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    more = {"LAB_MODE": "lab", "LAB_HOME": str(tmp_path), "STREAMLIT_SECRETS_FILES": str(file)}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert "secrets.toml is not valid TOML" in done.stderr.splitlines()[-1]


# --- the return to the page


def answer(path, status=302, cookies=(), **headers):
    """Status, location and cookie that a browser gets, for this response of the app itself."""
    sent = []

    async def app(scope, receive, send):
        lines = [(b"location", b"/"), *((b"set-cookie", each.encode()) for each in cookies)]
        await send({"type": "http.response.start", "status": status, "headers": lines})

    async def send(message):
        sent.append(message)

    place, _, query = path.partition("?")
    lines = [(k.encode(), v.encode()) for k, v in ({"host": "lab:8501"} | headers).items()]
    scope = {"type": "http", "path": place, "query_string": query.encode(), "headers": lines}
    in_a_loop(login.LoginRedirect(app)(scope, None, send))
    (start,) = sent
    lines = [(k.decode(), v.decode()) for k, v in start["headers"]]
    found = {k: v for k, v in lines if k == "location"}
    back = [v for k, v in lines if k == "set-cookie" and v.startswith(login.RETURN_COOKIE)]
    return start["status"], found.get("location"), back[0].split(";")[0] if back else None


IN = "_streamlit_user=abc; Path=/"
OUT = '_streamlit_user=""; Max-Age=0'


@pytest.mark.parametrize(
    ("referer", "kept"),
    [
        ("http://lab:8501/watch?run=20260101-1&d=0f", "%2Fwatch%3Frun%3D20260101-1%26d%3D0f"),
        ("http://lab:8501/", "%2F"),
        ("http://evil.example/watch", "%2F"),
        ("http://lab:8501//evil.example", "%2F"),
        ("", "%2F"),
    ],
)
def test_the_page_where_the_login_began_is_stored(referer, kept):
    status, place, cookie = answer("/auth/login?provider=x", referer=referer)
    assert (status, place, cookie) == (302, "/", f"{login.RETURN_COOKIE}={kept}")


@pytest.mark.parametrize(
    ("asked", "cookies", "kept", "place"),
    [
        ("?code=1&state=2", [IN], "%2Fwatch%3Frun%3D1", "/watch?run=1"),
        ("?code=1&state=2", [IN], None, "/"),
        ("?code=1&state=2", [IN], "%2F%2Fevil.example", "/"),
        ("?code=1&state=2", [IN], "https%3A%2F%2Fevil.example", "/"),
        ("?code=1&state=2", [IN], "%2Fa%0D%0AX%3A1", "/"),
        ("?code=1&state=2", [OUT], "%2Ftrain%3Fd%3D1", "/train?d=1&login_failed=1"),
        ("?error=access_denied", [], "%2Ftrain", "/train?login_failed=1"),
        ("", [], "%2Ftrain", "/train"),
    ],
)
def test_a_login_returns_to_its_page_and_to_no_other_site(asked, cookies, kept, place):
    known = {"cookie": f"a=b; {login.RETURN_COOKIE}={kept}"} if kept else {}
    status, found, cookie = answer(f"/oauth2callback{asked}", cookies=cookies, **known)
    assert (status, found, cookie) == (302, place, f'{login.RETURN_COOKIE}=""')


def test_a_provider_that_does_not_answer_returns_to_the_page():
    status, place, _ = answer("/auth/login", 400, referer="http://lab:8501/train")
    assert (status, place) == (302, "/train?login_failed=1")


def test_other_addresses_are_not_changed():
    assert answer("/watch", 200) == (200, "/", None)
