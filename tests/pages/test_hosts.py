"""The names under which the server answers, and no others."""

import ipaddress
import re
import socket

import pytest
from streamlit import config

from pages.kit import hosts

SOME = ["localhost", "127.0.0.1"]


@pytest.fixture
def options(monkeypatch):
    """The server's options, which the code under test may change."""
    options = {"server.allowedHosts": SOME, "server.address": "0.0.0.0", "server.port": 8501}
    monkeypatch.setattr(hosts.st, "get_option", options.get)
    monkeypatch.setattr(config, "set_option", options.__setitem__)
    monkeypatch.setattr(socket, "gethostname", lambda: "Lab-7.school.example")
    monkeypatch.setattr(hosts, "addresses", lambda: ["192.168.1.7"])
    return options


OWN = ["192.168.1.7", "lab-7", "lab-7.local", "lab-7.school.example"]


@pytest.mark.parametrize("mode", ["class", "lab"])
def test_a_server_open_to_the_network_accepts_its_own_names(options, monkeypatch, mode):
    monkeypatch.setenv("LAB_MODE", mode)
    assert hosts.allowed_hosts() == [*SOME, *OWN] == options["server.allowedHosts"]
    line = hosts.describe_addresses()
    assert re.findall(r"http://\S+", line) == ["http://192.168.1.7:8501", "http://lab-7:8501"]


def test_configured_names_are_reported_and_the_own_names_still_accepted(options, monkeypatch):
    monkeypatch.setenv("LAB_MODE", "class")
    given = ["*.school.example", "descent.school.example"]
    options["server.allowedHosts"] = given
    assert hosts.allowed_hosts() == [*given, *SOME, *OWN]
    line = hosts.describe_addresses()
    assert re.findall(r"http://\S+", line) == ["http://descent.school.example:8501"]
    for name, known in {"LAB-7": True, "x.school.example": True, "school.example": False}.items():
        assert hosts.is_allowed(name) is known
    assert not hosts.is_allowed("evil.example") and not hosts.is_allowed("")


@pytest.mark.parametrize(("mode", "address"), [("solo", "0.0.0.0"), ("class", "127.0.0.1")])
def test_other_modes_and_addresses_accept_the_configured_names_only(
    options, monkeypatch, mode, address
):
    monkeypatch.setenv("LAB_MODE", mode)
    options["server.address"] = address
    assert hosts.allowed_hosts() == SOME == options["server.allowedHosts"]


def test_own_addresses_are_not_loopback_addresses():
    assert all(not ipaddress.ip_address(each).is_loopback for each in hosts.addresses())
