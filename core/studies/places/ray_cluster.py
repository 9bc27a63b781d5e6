"""The connection to the Ray cluster that LAB_RAY names, and the versions that must agree.

Ray is an extra (requirements-cluster.txt) and is imported only in the modules whose names begin
with ray_. It reports no usage statistics and starts no dashboard.
"""

import contextlib
import ctypes
import hashlib
import logging
import os
import platform
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import core
from core.base.errors import LabError, Unavailable
from core.base.settings import settings

log = logging.getLogger("descent_lab")

NAMESPACE = "descent-lab"
CONNECT_SECONDS = 5.0  # within which a cluster must accept a connection
SOURCES = Path(core.__file__).parent

_connecting = threading.Lock()


@dataclass(frozen=True)
class Versions:
    """What must agree between the lab and a node, for equal results."""

    lab: str
    python: str
    torch: str

    @classmethod
    def here(cls) -> "Versions":
        import torch

        python = ".".join(platform.python_version_tuple()[:2])
        return cls(f"{core.__version__} ({_source_digest()})", python, torch.__version__)


@cache
def _source_digest() -> str:
    """Return a digest of the lab's source code."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def connect() -> Any:
    """Return the module ray, connected to the cluster. Unavailable (ray_missing, ray_unreachable)
    where that is not possible.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise Unavailable(
            "LAB_RAY is set, but Ray is not installed here. Install it with `pip install -r "
            "requirements-cluster.txt`, or unset LAB_RAY.",
            code="ray_missing",
        ) from None
    address = settings().ray
    with _connecting:
        if ray.is_initialized():
            return ray
        try:
            _require_answer(address)
            with unchanged_signals():
                ray.init(
                    address=address,
                    namespace=NAMESPACE,
                    log_to_driver=False,
                    logging_level=logging.WARNING,
                    configure_logging=False,
                )
        except (ConnectionError, TimeoutError, OSError, RuntimeError, ValueError) as error:
            reason = str(error).partition("\n")[0][:120]
            raise Unavailable(
                f"No Ray cluster answers at LAB_RAY={address} ({reason}). Start one with `ray "
                "start --head`, correct the address, or unset LAB_RAY.",
                code="ray_unreachable",
            ) from None
    return ray


@contextlib.contextmanager
def unchanged_signals() -> Iterator[None]:
    """Give Ctrl+C and SIGTERM the handlers back that they had before this block. Ray replaces them,
    in Python and below it, by some that end the process, so that nothing would be saved.
    """
    libc = ctypes.CDLL(None)
    kept = {number: ctypes.create_string_buffer(256) for number in (SIGINT, SIGTERM)}
    handlers = {number: signal.getsignal(number) for number in kept}
    for number, action in kept.items():
        libc.sigaction(number, None, action)
    try:
        yield
    finally:
        for number, action in kept.items():
            if threading.current_thread() is threading.main_thread() and handlers[number]:
                signal.signal(number, handlers[number])
            libc.sigaction(number, action, None)


def _require_answer(address: str) -> None:
    """Raise OSError where nothing listens at a host and port: Ray itself would try for minutes."""
    host, separator, port = address.rpartition("://")[2].rpartition(":")
    if separator and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()


def version_problem(here: Versions, node: Versions, name: str) -> str:
    """Return why a node with these versions cannot compute; empty if it can."""
    for noun, ours, theirs in (
        ("the lab", here.lab, node.lab),
        ("Python", here.python, node.python),
    ):
        if ours != theirs:
            return (
                f"Node {name} has version {theirs} of {noun}, this machine {ours}. Install the "
                "same version on both, then resume."
            )
    return ""


def require_versions(here: Versions, node: Versions, name: str) -> None:
    """Raise LabError (cluster_versions) for a node with another lab or Python; write to the log
    where only torch differs.
    """
    if problem := version_problem(here, node, name):
        raise LabError(problem, code="cluster_versions")
    if here.torch != node.torch:
        log.warning("%s", torch_difference(here, node, name))


def torch_difference(here: Versions, node: Versions, name: str) -> str:
    """Return what another version of torch means."""
    return (
        f"Node {name} has torch {node.torch}, this machine {here.torch}: results of the two may "
        "differ in the last digits. Install the same version for equal results."
    )


def capacity(gpus: bool) -> int:
    """Return the number of GPUs, or of processor cores, of all nodes."""
    return int(connect().cluster_resources().get("GPU" if gpus else "CPU", 0))
