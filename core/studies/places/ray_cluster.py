"""The Ray cluster that LAB_RAY names: the connection, what its nodes have, and what runs there.

Ray is an extra (requirements-cluster.txt) and is imported only here and in ray_place.py. It reports
no usage statistics and starts no dashboard.
"""

import hashlib
import logging
import os
import platform
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import core
from core.base.errors import LabError, Unavailable
from core.base.settings import settings
from core.base.text import counted

log = logging.getLogger("descent_lab")

NAMESPACE = "descent-lab"
NAME_END = " #"  # between what an actor works for and its number
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


@dataclass(frozen=True)
class ClusterNode:
    """One machine of the cluster: its cores and GPUs, those in use, and the names of the studies
    and searches that it computes for, each with the number of their workers.
    """

    name: str
    address: str
    cores: float
    used_cores: float
    gpus: float
    used_gpus: float
    memory: float
    work: dict[str, int]


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


def require_versions(here: Versions, node: Versions, name: str) -> None:
    """Raise LabError (cluster_versions) for a node with another lab or Python; write to the log
    where only torch differs.
    """
    for noun, ours, theirs in (
        ("the lab", here.lab, node.lab),
        ("Python", here.python, node.python),
    ):
        if ours != theirs:
            raise LabError(
                f"Node {name} has version {theirs} of {noun}, this machine {ours}. Install the "
                "same version on both, then resume.",
                code="cluster_versions",
            )
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


def nodes() -> list[ClusterNode]:
    """Return the nodes that are alive, the head first."""
    ray = connect()
    from ray._private import state

    free = state.available_resources_per_node()
    work: dict[str, dict[str, int]] = {}
    for actor in state.actors(actor_state_name="ALIVE").values():
        name = actor["Name"].rpartition(NAME_END)[0]
        if name:
            counts = work.setdefault(actor["Address"]["NodeID"], {})
            counts[name] = counts.get(name, 0) + 1
    alive = [node for node in ray.nodes() if node["Alive"]]
    alive.sort(key=lambda node: "node:__internal_head__" not in node["Resources"])
    return [_describe(node, free.get(node["NodeID"], {}), work) for node in alive]


def _describe(node: dict, free: dict[str, float], work: dict[str, dict[str, int]]) -> ClusterNode:
    total = node["Resources"]

    def used(resource: str) -> float:
        return total.get(resource, 0.0) - free.get(resource, total.get(resource, 0.0))

    return ClusterNode(
        name=node["NodeManagerHostname"],
        address=node["NodeManagerAddress"],
        cores=total.get("CPU", 0.0),
        used_cores=used("CPU"),
        gpus=total.get("GPU", 0.0),
        used_gpus=used("GPU"),
        memory=total.get("memory", 0.0),
        work=work.get(node["NodeID"], {}),
    )


def summary(found: list[ClusterNode]) -> str:
    """Return the size of the cluster in words.

    >>> summary([ClusterNode("a", "10.0.0.1", 8, 2, 1, 0, 2e9, {})])
    '1 node, 8 cores, 1 GPU'
    """
    cores, gpus = (int(sum(getattr(node, part) for node in found)) for part in ("cores", "gpus"))
    parts = [counted(len(found), "node"), counted(cores, "core")]
    return ", ".join([*parts, counted(gpus, "GPU")] if gpus else parts)
