"""The nodes of the Ray cluster: what each has, what runs there, and which versions it has.

A worker writes the versions of its node, and the lab what each worker computes for, to the
key-value store of the cluster. Any lab that is connected can read both without asking a worker.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from core.base.encoding import from_json_text, to_json_text
from core.base.text import counted
from core.studies.places import ray_cluster
from core.studies.places.ray_cluster import NAMESPACE, Versions, connect, torch_difference

log = logging.getLogger("descent_lab")

WORKER_NAME = "descent-lab-worker"  # what the names of all workers begin with
PROBE_SECONDS = 60.0  # for the answer of a node whose versions nobody has written yet


@dataclass(frozen=True)
class ClusterNode:
    """One machine of the cluster: its cores, GPUs, and bytes of memory for workers, with the cores
    and GPUs in use; the names of the studies and searches that it computes for, each with the
    number of their workers; the workers that are kept for the next study; and its versions, where
    they are known.
    """

    id: str
    name: str
    address: str
    cores: float
    used_cores: float
    gpus: float
    used_gpus: float
    memory: float
    work: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    versions: Versions | None = None


def nodes() -> list[ClusterNode]:
    """Return the nodes that are alive, the head first."""
    ray = connect()
    from ray._private import state

    free = state.available_resources_per_node()
    labels: dict[str, Counter[str]] = {}
    for actor in state.actors(actor_state_name="ALIVE").values():
        if actor["Name"].startswith(WORKER_NAME):
            label = _read(f"work/{actor['Name']}") or ""
            labels.setdefault(actor["Address"]["NodeID"], Counter())[label] += 1
    alive = [node for node in ray.nodes() if node["Alive"]]
    alive.sort(key=lambda node: "node:__internal_head__" not in node["Resources"])
    return [_describe(node, free, labels.get(node["NodeID"], Counter())) for node in alive]


def _describe(node: dict, free: dict[str, dict[str, float]], labels: Counter[str]) -> ClusterNode:
    total = node["Resources"]
    left = free.get(node["NodeID"], total)  # without what is in use completely

    def used(resource: str) -> float:
        return total.get(resource, 0.0) - left.get(resource, 0.0)

    return ClusterNode(
        id=node["NodeID"],
        name=node["NodeManagerHostname"],
        address=node["NodeManagerAddress"],
        cores=total.get("CPU", 0.0),
        used_cores=used("CPU"),
        gpus=total.get("GPU", 0.0),
        used_gpus=used("GPU"),
        memory=total.get("memory", 0.0),
        work={label: count for label, count in labels.items() if label},
        kept=labels[""],
        versions=_read_versions(node["NodeID"]),
    )


def with_versions(found: Iterable[ClusterNode]) -> list[ClusterNode]:
    """Return the nodes with their versions; a node where no worker has run yet is asked for them,
    which takes some seconds. A node that does not answer has none.
    """
    ray = connect()
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    described = list(found)
    asked = {
        node.id: ray.remote(write_versions)
        .options(
            num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)
        )
        .remote()
        for node in described
        if node.versions is None
    }
    if asked:
        ray.wait(list(asked.values()), num_returns=len(asked), timeout=PROBE_SECONDS)
    return [replace(node, versions=_read_versions(node.id)) for node in described]


def write_versions() -> None:
    """Write the versions of this node, in a worker."""
    import ray

    text = to_json_text(asdict(Versions.here()))
    _write(f"versions/{ray.get_runtime_context().get_node_id()}", text)


def write_work(worker: str, label: str) -> None:
    """Write what the worker of this name computes for; "" for nothing."""
    _write(f"work/{worker}", label)


def differences(found: Iterable[ClusterNode]) -> list[str]:
    """Return a sentence for each node whose versions differ from those of this machine."""
    here, sentences = Versions.here(), []
    for node in found:
        if node.versions is None or node.versions == here:
            continue
        if problem := ray_cluster.version_problem(here, node.versions, node.name):
            sentences.append(problem)
        else:
            sentences.append(torch_difference(here, node.versions, node.name))
    return sentences


def summary(found: Iterable[ClusterNode]) -> str:
    """Return the size of the cluster in words.

    >>> summary([ClusterNode("1", "a", "10.0.0.1", 8, 2, 1, 0, 2e9)])
    '1 node, 8 cores, 1 GPU'
    """
    described = list(found)
    cores, gpus = (
        int(sum(getattr(node, part) for node in described)) for part in ("cores", "gpus")
    )
    parts = [counted(len(described), "node"), counted(cores, "core")]
    return ", ".join([*parts, counted(gpus, "GPU")] if gpus else parts)


def rows(found: Iterable[ClusterNode]) -> list[dict[str, str]]:
    """Return a table of the nodes: a row for each, by the titles of its columns.

    >>> rows([ClusterNode("1", "a", "10.0.0.1", 8, 2, 0, 0, 2**31)])[0]["Cores in use"]
    '2 of 8'
    """
    return [
        {
            "Node": f"{node.name} ({node.address})",
            "Computes": work_text(node),
            "Cores in use": f"{node.used_cores:g} of {node.cores:g}",
            "GPUs in use": f"{node.used_gpus:g} of {node.gpus:g}",
            "Memory": f"{node.memory / 2**30:.1f} GiB",
            "torch": node.versions.torch if node.versions else "unknown",
            "Lab": node.versions.lab if node.versions else "unknown",
        }
        for node in found
    ]


def work_text(node: ClusterNode) -> str:
    """Return what runs on a node, in words.

    >>> work_text(ClusterNode("1", "a", "10.0.0.1", 8, 3, 0, 0, 2e9, {"study x": 2}, 1))
    'study x (2 workers), 1 idle worker'
    """
    parts = [f"{label} ({counted(count, 'worker')})" for label, count in node.work.items()]
    parts += [counted(node.kept, "idle worker")] if node.kept else []
    return ", ".join(parts) or "nothing"


def _read_versions(node: str) -> Versions | None:
    text = _read(f"versions/{node}")
    return Versions(**from_json_text(text)) if text else None


def _read(key: str) -> str | None:
    from ray.experimental.internal_kv import _internal_kv_get

    value = _internal_kv_get(key, namespace=NAMESPACE)
    return None if value is None else value.decode()


def _write(key: str, text: str) -> None:
    from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_put

    if text:
        _internal_kv_put(key, text, namespace=NAMESPACE)
    else:
        _internal_kv_del(key, namespace=NAMESPACE)
