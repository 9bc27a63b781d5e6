"""The edges of the server: hosts and origins, its routes and its settings. How it ends and begins
again is in test_restart.py.
"""

import json
import os
import socket
import stat
import subprocess
import sys
import tomllib
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

import app
from core.base.events import Step
from core.runs import trash
from core.runs.store import Store
from pages.kit import feed
from pages.kit.site import PAGES
from tests.conftest import ROOT, ended, script, write

EXPERIMENT = '{"name": "made up"}'


@pytest.fixture
def run(server):
    return server.store.create(EXPERIMENT)


def address(server, run, path=""):
    return f"/feed/{run}{path}?token={feed.token(run, server.home)}"


@contextmanager
def listening(server, run, **headers):
    """An open event stream; gives a function that reads its next event as (name, id, data)."""
    request = urllib.request.Request(server.url + address(server, run), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as stream:

        def event():
            fields = {}
            while line := stream.readline().decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                fields[name] = value
            return (
                fields.get("event"),
                fields.get("id"),
                json.loads(fields["data"]) if "data" in fields else None,
            )

        yield event


def handshake(server, **headers):
    """Status of a websocket's opening handshake."""
    place = urlsplit(server.url)
    lines = {
        "Host": place.netloc, "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
    } | headers  # fmt: skip
    with socket.create_connection((place.hostname, place.port), 20) as link:
        text = (
            "GET /_stcore/stream HTTP/1.1\r\n"
            + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
            + "\r\n"
        )
        link.sendall(text.encode())
        return int(link.recv(200).split()[1])


# --- guards


def test_it_listens_to_this_machine_only(server):
    assert server.get("/_stcore/health")[0] == 200
    outer = socket.gethostbyname(socket.gethostname())
    if outer.startswith("127."):
        pytest.skip("this machine has no outer address")
    with socket.socket() as outside, pytest.raises(OSError):
        outside.settimeout(2)
        outside.connect((outer, urlsplit(server.url).port))


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/feed/x"])
def test_a_foreign_host_name_is_refused_everywhere(server, path):
    assert server.get(path, Host="evil.example")[0] == 400


def test_a_foreign_page_cannot_open_the_websocket(server):
    own = urlsplit(server.url).netloc
    assert handshake(server, Origin=f"http://{own}") == 101
    assert handshake(server, Origin="http://evil.example") in (400, 403)
    assert handshake(server, Host="evil.example") in (400, 403)


def test_a_foreign_page_cannot_read_the_feed(server, run):
    status, _, headers = server.get(address(server, run, "/poll"), Origin="http://evil.example")
    assert status == 200 and "access-control-allow-origin" not in {k.lower() for k in headers}


@pytest.mark.parametrize("path", ["", "/poll"])
@pytest.mark.parametrize(
    "shown", ["", "?token=", "?token=00000000000000000000000000000000", "?token=%C3%A9"]
)
def test_the_feed_requires_the_token_of_the_run(server, run, path, shown):
    assert server.get(f"/feed/{run}{path}{shown}")[0] == 403


def test_a_token_opens_one_run_only(server, run):
    other = server.store.create(EXPERIMENT)
    assert server.get(f"/feed/{other}/poll?token={feed.token(run, server.home)}")[0] == 403
    assert server.get(address(server, "20000101-000000-abcdef"))[0] == 404


def test_the_secret_is_readable_by_its_owner_only(server, run):
    server.get(address(server, run, "/poll"))
    assert stat.S_IMODE((server.home / "secret").stat().st_mode) == 0o600


def test_the_address_of_a_page_names_the_server(server):
    """Else the browser asks below /train for the server, and logs two errors (404)."""
    for page in PAGES:
        status, body, _ = server.get(f"/{page}")
        assert status == 200 and b"BACKEND_BASE_URL: new URL('./', location.href)" in body
        assert b'<div id="root">' in body


def test_plotly_is_served_locally_and_cached(server):
    status, body, headers = server.get(f"{feed.PLOTLY}/plotly.min.js")
    assert status == 200 and b"plotly.js" in body[:200]
    assert "immutable" in {k.lower(): v for k, v in headers.items()}["cache-control"]


# --- the feed


def test_events_arrive_while_a_writer_appends(server, run):
    events = script()
    write(server.store, run, events[:5])
    with listening(server, run) as event:
        name, _, first = event()
        assert (name, first["facts"]["step"]) == ("delta", 20)
        write(server.store, run, events[5:9])
        _, marks, news = event()
        while news["facts"]["step"] < 40:
            _, marks, news = event()
        assert news["rows"]["step"]["from"] > 0
        write(server.store, run, [*events[9:], ended()])
        names = [event()[0]]
        while names[-1] != "over":
            names.append(event()[0])
    with listening(server, run, **{"Last-Event-ID": marks}) as event:  # comes back where it was
        _, _, rest = event()
        assert rest["rows"]["step"]["from"] == 39 and rest["facts"]["step"] == 200


def test_polling_returns_the_same_deltas(server, run):
    events = script()
    write(server.store, run, events[:5])
    first = json.loads(server.get(address(server, run, "/poll"))[1])
    write(server.store, run, events[5:])
    news = json.loads(server.get(address(server, run, "/poll") + f"&since={first['marks']}")[1])
    everything = json.loads(server.get(address(server, run, "/poll"))[1])
    start = news["rows"]["step"].pop("from")
    for name, values in news["rows"]["step"].items():
        assert first["rows"]["step"][name][:start] + values == everything["rows"]["step"][name]


def test_all_listeners_share_one_reader(server, run):
    write(server.store, run, script()[:5])
    with listening(server, run) as one, listening(server, run) as other:
        assert one() == other()
        write(server.store, run, [Step(30, (1.0,) * 10, 0.1, 3.0, 1.0)])
        assert one() == other()


# --- start


def test_python_app_py_explains_how_to_start_the_server():
    command = [sys.executable, "app.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "streamlit run app.py" in done.stderr


def test_the_server_settings_for_training_and_privacy():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["browser"]["gatherUsageStats"] is False
    guarded = {
        k: settings["server"][k]
        for k in ("address", "enableXsrfProtection", "enableCORS", "fileWatcherType")
    }
    assert guarded == {
        "address": "127.0.0.1",
        "enableXsrfProtection": True,
        "enableCORS": True,
        "fileWatcherType": "none",
    }
    assert settings["server"]["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert settings["client"]["showErrorDetails"] == "none"


def test_the_warm_up_is_excluded_from_garbage_collection_and_loads_no_compiler():
    """The compiler of torch is loaded by whoever compiles, and works then."""
    code = """
import app, gc, sys
app.warm_up()
print(gc.get_freeze_count() > 100_000 > len(gc.get_objects()))
import torch
print("torch._dynamo.eval_frame" in sys.modules)
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item())
print("torch._dynamo.eval_frame" in sys.modules)"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "2.0", "True"]


def test_the_start_removes_old_trash_and_what_killed_processes_left_behind(tmp_path):
    store = Store(tmp_path)
    run, old = store.create("{}"), store.create("{}")
    trash.delete(store, old)
    long_ago = trash.deletion_times(store)[old] - trash.TRASH_DAYS * 86_400
    os.utime(store.trash.path(old), (long_ago, long_ago))
    (store.root / ".0123456789abcdef.draft").mkdir()
    app.clean_up(store)
    assert [path.name for path in store.root.iterdir()] == [run] and not store.trash.ids()


@pytest.mark.parametrize(("mode", "limit"), [("", 200), ("class", 100)])
def test_a_classroom_has_a_lower_upload_limit(monkeypatch, mode, limit):
    monkeypatch.setenv("LAB_MODE", mode)
    options = {"server.maxUploadSize": 200}
    monkeypatch.setattr(app.config, "get_option", options.__getitem__)
    monkeypatch.setattr(app.config, "set_option", options.__setitem__)
    app.limit_uploads()
    assert options == {"server.maxUploadSize": limit}


MISUSE = {
    "LAB_MODE": ("school", "solo, class or lab"),
    "LAB_PIN": ("123", "at least 6"),
    "LAB_WORKER": ("fork", "thread or process"),
    "LAB_SILENT": ("soon", "a number of seconds, 1 or more"),
    "LAB_THREADS": ("1.5", "a whole number, 1 or more"),
    "LAB_WORKERS": ("0", "a whole number, 1 or more"),
    "LAB_RAY": ("here", "auto, or a host and port"),
    "LAB_HOME": ("/dev/null/lab", "a folder that can"),
}


@pytest.mark.parametrize("name", MISUSE)
def test_each_invalid_variable_ends_the_start_with_its_rule(monkeypatch, capsys, name):
    value, rule = MISUSE[name]
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        app.check_settings()
    message = capsys.readouterr().err
    assert end.value.code == 2 and message.count("\n") == 1
    assert message.startswith(name) and rule in message
    assert (value in message) == (name != "LAB_PIN")  # a PIN is shown nowhere


@pytest.mark.usefixtures("quick_processes")
def test_an_invalid_mode_ends_the_server_at_the_start():
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"LAB_MODE": "school"}, capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 2 and "Traceback" not in said
    assert said.splitlines()[-1].startswith("LAB_MODE is 'school'. It must be solo, class or lab.")
