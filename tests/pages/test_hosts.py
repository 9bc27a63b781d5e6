"""By which names a classroom reaches this machine, and that nothing else opens it."""

import ipaddress
import os
import signal
import socket
import subprocess
import sys

import pytest
from streamlit import config

from pages.ui import hosts
from tests.conftest import ROOT, Server, wait_until

SOME = ["localhost", "127.0.0.1"]


@pytest.fixture
def said(monkeypatch):
    """What the settings say, and what is written there."""
    options = {"server.allowedHosts": SOME, "server.address": "0.0.0.0", "server.port": 8501}
    monkeypatch.setattr(hosts.st, "get_option", options.get)
    monkeypatch.setattr(config, "set_option", options.__setitem__)
    monkeypatch.setattr(socket, "gethostname", lambda: "Lab-7.school.example")
    monkeypatch.setattr(hosts, "addresses", lambda: ["192.168.1.7"])
    return options


OWN = ["192.168.1.7", "lab-7", "lab-7.local", "lab-7.school.example"]


@pytest.mark.parametrize("mode", ["class", "lab"])
def test_a_class_that_listens_to_all_answers_to_its_own_names(said, monkeypatch, mode):
    monkeypatch.setenv("LAB_MODE", mode)
    assert hosts.answered() == [*SOME, *OWN] == said["server.allowedHosts"]
    assert hosts.told().strip() == "Others open http://192.168.1.7:8501 or http://lab-7:8501"


def test_names_that_are_given_are_told_and_the_machine_itself_stays_reachable(said, monkeypatch):
    monkeypatch.setenv("LAB_MODE", "class")
    given = ["*.school.example", "descent.school.example"]
    said["server.allowedHosts"] = given
    assert hosts.answered() == [*given, *SOME, *OWN]
    assert hosts.told().strip() == "Others open http://descent.school.example:8501"


@pytest.mark.parametrize(("mode", "address"), [("solo", "0.0.0.0"), ("class", "127.0.0.1")])
def test_nobody_else_is_let_in(said, monkeypatch, mode, address):
    monkeypatch.setenv("LAB_MODE", mode)
    said["server.address"] = address
    assert hosts.answered() == SOME == said["server.allowedHosts"]


def test_own_addresses_are_numbers_that_others_can_reach():
    assert all(not ipaddress.ip_address(each).is_loopback for each in hosts.addresses())


def test_a_class_is_reached_under_every_own_name_and_a_foreign_one_is_refused(tmp_path):
    own = hosts.own()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.address", "0.0.0.0", "--server.port", str(port)]
    # A machine in the internet that is asked is this one, where nobody listens.
    more = {
        "LAB_HOME": str(tmp_path),
        "LAB_MODE": "class",
        "http_proxy": f"http://127.0.0.1:{port}",
    }
    log = tmp_path / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | more, stdout=file, stderr=file
        )
    server = Server(f"http://127.0.0.1:{port}", tmp_path, process, log)
    try:
        wait_until(lambda: "Others open" in log.read_text() or process.poll(), 90, "the start")
        for name in [*SOME, *own]:
            assert server.get("/_stcore/health", Host=f"{name}:{port}")[0] == 200
        assert server.get("/", Host="evil.example")[0] == 400
        assert f"http://{own[0]}:{port}" in log.read_text()
        assert "External URL" not in log.read_text() and "external IP" not in log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
