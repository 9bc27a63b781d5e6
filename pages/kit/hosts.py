"""By which names a classroom reaches this machine. The server answers no others: a page elsewhere
could have its own name point here, and read what the lab says.
"""

import contextlib
import socket

import streamlit as st
from streamlit import config

from core.access import ownership

EVERYWHERE = ("0.0.0.0", "::")  # the server listens to the whole network
HERE = ("localhost", "127.0.0.1")
# Asked for the way there, the system names its own address in that network. Nothing is sent.
NETWORKS = ("192.168.255.254", "10.255.255.254", "172.31.255.254", "8.8.8.8")


def answered() -> list[str]:
    """The names that the server answers to. For others than one alone, where it listens to the
    whole network, the machine's own are among them.
    """
    said = list(st.get_option("server.allowedHosts") or HERE)
    if not open_to_all():
        return said
    names = list(dict.fromkeys([*said, *HERE, *own()]))
    config.set_option("server.allowedHosts", names)
    return names


def answers(name: str) -> bool:
    """Whether the server answers to this name; `*.school.example` stands for all that end so."""
    known = [each.lower() for each in answered()]
    ends = [each[1:] for each in known if each.startswith("*")]
    return name.lower() in known or any(name.lower().endswith(end) for end in ends)


def open_to_all() -> bool:
    """Whether a class or a lab reaches this machine from others."""
    return ownership.mode() != ownership.SOLO and st.get_option("server.address") in EVERYWHERE


def own() -> list[str]:
    """This machine's addresses, then its names, also as its neighbours see it (RFC 6762)."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return list(dict.fromkeys([*addresses(), short, f"{short}.local", name]))


def addresses() -> list[str]:
    """The IPv4 addresses under which other machines reach this one."""
    found = []
    for network in NETWORKS:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect((network, 1))
            found.append(way.getsockname()[0])
    return [each for each in dict.fromkeys(found) if not each.startswith("127.")]


def told() -> str:
    """What to write on the blackboard: the names that were given, else the machine's own."""
    mine = own()
    known = {*HERE, *mine}
    given = [n for n in st.get_option("server.allowedHosts") if n not in known and "*" not in n]
    port = st.get_option("server.port")
    shown = [f"http://{name}:{port}" for name in given or mine[:2]]
    return f"  Others open {' or '.join(shown)}\n"
