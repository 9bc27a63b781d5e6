"""By which names a classroom reaches this machine, and that nothing else opens it."""

import ipaddress
import socket

import pytest
from streamlit import config

from pages.kit import hosts

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
    for name, known in {"LAB-7": True, "x.school.example": True, "school.example": False}.items():
        assert hosts.answers(name) is known
    assert not hosts.answers("evil.example") and not hosts.answers("")


@pytest.mark.parametrize(("mode", "address"), [("solo", "0.0.0.0"), ("class", "127.0.0.1")])
def test_nobody_else_is_let_in(said, monkeypatch, mode, address):
    monkeypatch.setenv("LAB_MODE", mode)
    said["server.address"] = address
    assert hosts.answered() == SOME == said["server.allowedHosts"]


def test_own_addresses_are_numbers_that_others_can_reach():
    assert all(not ipaddress.ip_address(each).is_loopback for each in hosts.addresses())
