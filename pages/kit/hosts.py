"""The names under which the server answers requests.

It refuses all others: a foreign page could otherwise let its own name point to this machine and
read the lab (DNS rebinding).
"""

import contextlib
import socket

import streamlit as st
from streamlit import config

from core.access import ownership

EVERYWHERE = ("0.0.0.0", "::")  # the addresses of a server that listens to the whole network
HERE = ("localhost", "127.0.0.1")
# Asked for the route to one of these, the system names its own address in that network. Nothing is
# sent.
NETWORKS = ("192.168.255.254", "10.255.255.254", "172.31.255.254", "8.8.8.8")


def allowed_hosts() -> list[str]:
    """Return the names that the server accepts. In class and lab mode, the machine's own names are
    added to the configured ones where it listens to the whole network.
    """
    configured = list(st.get_option("server.allowedHosts") or HERE)
    if not is_open_to_network():
        return configured
    names = list(dict.fromkeys([*configured, *HERE, *own_names()]))
    config.set_option("server.allowedHosts", names)
    return names


def is_allowed(name: str) -> bool:
    """Whether the server accepts this name; `*.school.example` allows every name that ends so."""
    allowed = [each.lower() for each in allowed_hosts()]
    endings = [each[1:] for each in allowed if each.startswith("*")]
    return name.lower() in allowed or any(name.lower().endswith(end) for end in endings)


def is_open_to_network() -> bool:
    """Whether other machines can reach this server, in class or lab mode."""
    return ownership.mode() != ownership.SOLO and st.get_option("server.address") in EVERYWHERE


def own_names() -> list[str]:
    """Return this machine's addresses, then its names, including its mDNS name (RFC 6762)."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return list(dict.fromkeys([*addresses(), short, f"{short}.local", name]))


def addresses() -> list[str]:
    """Return the IPv4 addresses under which other machines reach this one."""
    own = []
    for network in NETWORKS:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.connect((network, 1))
            own.append(link.getsockname()[0])
    return [address for address in dict.fromkeys(own) if not address.startswith("127.")]


def describe_addresses() -> str:
    """Return the line for the terminal that names the addresses to open on other machines."""
    return f"  On other computers, open {' or '.join(shared_urls())}\n"


def shared_urls() -> list[str]:
    """Return addresses to open on other machines: the configured names, or else the machine's."""
    own = own_names()
    local = {*HERE, *own}
    allowed = st.get_option("server.allowedHosts")
    configured = [name for name in allowed if name not in local and "*" not in name]
    port = st.get_option("server.port")
    return [f"http://{name}:{port}" for name in configured or own[:2]]
