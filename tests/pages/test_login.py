"""Lab mode: what a start needs, the page that asks for a login, its end, and the way back."""

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
    """A lab in lab mode at the time 0, where nothing is trained."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_MODE", "lab")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    monkeypatch.setattr(person, "clock", lambda: 0.0)
    return Store(tmp_path)


def opened(user, page=None):
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
def test_nothing_is_shown_before_a_login(lab, user):
    app = opened(user)
    assert labels(app) == ["Log in"]
    said = app.markdown[0].value
    assert ("has ended" in said) == bool(user.get("exp") == 0)


def test_who_is_logged_in_is_named_and_may_leave(lab):
    app = opened(ANN)
    assert "Log out" in labels(app) and "Train on digits" in labels(app)
    assert any(r"Ann \*A\*" in caption.value for caption in app.sidebar.caption)
    assert not [badge for badge in app.sidebar.markdown if "Teacher" in badge.value]


def test_a_run_belongs_to_the_login_and_a_teacher_may_do_all(lab, monkeypatch):
    next(b for b in opened(ANN).button if b.label == "Train on digits").click().run()
    (run,) = lab.ids()
    assert ownership.owner(lab, run) == ownership.digest("https://id.example a-1")

    def stoppable(user):
        app = opened(user, "watch.py")
        return [not b.disabled for b in app.button if b.label == "Stop"]

    ben = ANN | {"sub": "b-1", "email": "ben@school.example"}
    assert stoppable(ANN) == [True] and stoppable(ben) == [False]
    monkeypatch.setenv("LAB_TEACHERS", "ben@school.example")
    assert stoppable(ben) == [True]
    assert any("Teacher" in said.value for said in opened(ben).sidebar.markdown)


def test_a_login_that_ends_on_an_open_page_may_do_nothing_more(lab, monkeypatch):
    app = opened(ANN)
    monkeypatch.setattr(person, "clock", lambda: 1000.0)
    next(b for b in app.button if b.label == "Train on digits").click().run()
    assert labels(app) == ["Log in"] and not lab.ids()


def test_an_act_after_the_end_of_a_login_is_refused(monkeypatch):
    monkeypatch.setenv("LAB_MODE", "lab")
    monkeypatch.setattr(person, "claims", lambda: ANN)
    monkeypatch.setattr(person, "clock", lambda: 1000.0)
    with pytest.raises(NotAllowed, match="log in again"):
        person.me()


# --- what a start needs


def secrets(monkeypatch, **said):
    monkeypatch.setenv("LAB_MODE", "lab")
    monkeypatch.setattr(login.st, "secrets", {"auth": said})


def test_a_lab_without_secrets_is_told_all_that_it_needs(monkeypatch):
    secrets(monkeypatch)
    with pytest.raises(BadInput, match=", ".join(WHOLE)):
        login.check()


@pytest.mark.parametrize("lacking", [*WHOLE, *(("client_id", "client_secret"),)])
def test_what_the_secrets_lack_is_named(monkeypatch, lacking):
    names = {lacking} if isinstance(lacking, str) else set(lacking)
    secrets(monkeypatch, **{k: v for k, v in WHOLE.items() if k not in names})
    with pytest.raises(BadInput, match=", ".join(n for n in WHOLE if n in names)):
        login.check()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"redirect_uri": "http://localhost:8501/"}, "ends in /oauth2callback"),
        ({"redirect_uri": "/oauth2callback"}, "own address"),
        (
            {"redirect_uri": "https://lab.example/oauth2callback"},
            "start it with --server.allowedHosts lab.example",
        ),
        ({"cookie_secret": "short"}, "has 5 characters"),
    ],
)
def test_secrets_that_cannot_work_are_refused(monkeypatch, change, said):
    secrets(monkeypatch, **WHOLE | change)
    with pytest.raises(BadInput, match=said):
        login.check()
    secrets(monkeypatch, **WHOLE)
    login.check()


def test_without_authlib_the_start_says_what_to_install(monkeypatch):
    secrets(monkeypatch, **WHOLE)
    monkeypatch.setattr(login, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install -r requirements-login\.txt"):
        login.check()
    monkeypatch.setenv("LAB_MODE", "class")
    login.check()  # nobody needs it there


def test_the_server_ends_with_one_sentence(tmp_path: Path):
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


# --- the way back


def answered(path, status=302, cookies=(), **headers):
    """Location and cookies that a browser gets when the lab's own answer is this one."""
    sent = []

    async def app(scope, receive, send):
        lines = [(b"location", b"/"), *((b"set-cookie", each.encode()) for each in cookies)]
        await send({"type": "http.response.start", "status": status, "headers": lines})

    async def send(message):
        sent.append(message)

    place, _, query = path.partition("?")
    lines = [(k.encode(), v.encode()) for k, v in ({"host": "lab:8501"} | headers).items()]
    scope = {"type": "http", "path": place, "query_string": query.encode(), "headers": lines}
    in_a_loop(login.WayBack(app)(scope, None, send))
    (start,) = sent
    lines = [(k.decode(), v.decode()) for k, v in start["headers"]]
    found = {k: v for k, v in lines if k == "location"}
    back = [v for k, v in lines if k == "set-cookie" and v.startswith(login.BACK)]
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
def test_where_the_login_began_is_kept(referer, kept):
    status, place, cookie = answered("/auth/login?provider=x", referer=referer)
    assert (status, place, cookie) == (302, "/", f"{login.BACK}={kept}")


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
def test_the_way_back_leads_there_and_nowhere_else(asked, cookies, kept, place):
    known = {"cookie": f"a=b; {login.BACK}={kept}"} if kept else {}
    status, found, cookie = answered(f"/oauth2callback{asked}", cookies=cookies, **known)
    assert (status, found, cookie) == (302, place, f'{login.BACK}=""')


def test_a_provider_that_is_silent_leads_back_with_a_sentence():
    status, place, _ = answered("/auth/login", 400, referer="http://lab:8501/train")
    assert (status, place) == (302, "/train?login_failed=1")


def test_other_addresses_are_left_alone():
    assert answered("/watch", 200) == (200, "/", None)
