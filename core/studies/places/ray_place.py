"""The place that computes pieces on a Ray cluster. Ray Core starts the workers, moves the data once
to each node and reports what is lost; which piece is next is decided by the study or the search.
"""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.base.encoding import decode
from core.base.errors import LabError
from core.base.settings import PREFIX, SECRET, settings
from core.experiment import Experiment
from core.studies.places import ray_cluster, ray_nodes
from core.studies.places.idle_pool import IdlePool
from core.studies.places.place import Piece
from core.studies.places.ray_actor import PieceActor
from core.studies.places.serving import Request
from core.studies.places.shipment import apply, digest_of_names, input_files, pack
from core.studies.places.team import Team, Worker, WorkerLost

KEPT_SECONDS = 120.0  # for which an idle actor keeps its core for the next study
CAPACITY_SECONDS = 1.0  # between two questions how large the cluster is, which take some CPU time
METHODS_AT_ONCE = 3  # of an actor: waiting for outcomes, a request, and a question
LOCAL_SETTINGS = ("HOME", "THREADS", "RAY")  # that a node does not take over
NODE_LOST = LabError(
    "A piece of work lost its node of the cluster several times. The results so far are saved: "
    "check the nodes with `python -m core cluster`, then resume it.",
    code="node_lost",
)
NODE_MEMORY = LabError(
    "A node of the cluster ran out of memory several times for the same piece of work. The results "
    "so far are saved: use fewer training samples or narrower models, or start Ray with fewer "
    "cores on that node (`ray start --num-cpus`), then resume it.",
    code="node_memory",
)


class Shipping:
    """What nodes get that do not share the lab's folder. A marker file in each home tells whether a
    node does; input files go to Ray's object store once.
    """

    def __init__(self) -> None:
        self._markers: dict[Path, Path] = {}
        self._inputs: dict[str, Any] = {}

    def marker(self, home: Path) -> Path:
        """Return a file that only machines with this folder have."""
        if home not in self._markers:
            marker = home / f".shared-{uuid.uuid4().hex}"
            marker.touch()
            self._markers[home] = marker
        return self._markers[home]

    def inputs(self, piece: Piece) -> tuple[str, Any]:
        """Return a digest of the input files of a piece, and their reference."""
        files = input_files(decode(Experiment, piece.payload["experiment"]), piece.home)
        digest = digest_of_names(files)
        if digest not in self._inputs:
            self._inputs[digest] = ray_cluster.connect().put(pack(files))
        return digest, self._inputs[digest]

    def written(self, piece: Piece) -> bytes:
        """Return the folder that the piece has written so far, packed."""
        folder = piece.home / piece.payload.get("folder", "")
        paths = folder.rglob("*") if piece.payload.get("folder") else ()
        return pack({str(p.relative_to(piece.home)): p for p in paths if p.is_file()})

    def close(self) -> None:
        """Remove the markers."""
        for marker in self._markers.values():
            marker.unlink(missing_ok=True)


Kind = tuple[str, bool, tuple[tuple[str, str], ...]]  # of an actor: cluster, GPU, settings


def actor_kind(gpus: bool) -> Kind:
    """Return what an actor that starts now has for its life."""
    local = {f"{PREFIX}{name.upper()}" for name in (*LOCAL_SETTINGS, *SECRET)}
    pairs = ((name, value) for name, value in os.environ.items() if name.startswith(PREFIX))
    environment = sorted((name, value) for name, value in pairs if name not in local)
    return settings().ray, gpus, tuple(environment)


class KeptActor:
    """An actor on some node, with one core or one GPU, for one study after another. `arriving` is a
    reference to its next answer: to `describe` until it has started, then to `outcomes`.
    """

    def __init__(self, kind: Kind):
        ray = ray_cluster.connect()
        _, gpus, environment = kind
        self.ray, self.kind = ray, kind
        self.name = f"{ray_nodes.WORKER_NAME}-{uuid.uuid4().hex}"
        options = {"num_cpus": 1, "num_gpus": int(gpus), "max_concurrency": METHODS_AT_ONCE}
        actor = ray.remote(PieceActor).options(name=self.name, **options)
        self.actor = actor.remote(dict(environment))
        self.arriving = self.actor.describe.remote()
        self.has_started, self.is_lost = False, False
        self._shares: dict[Path, bool] = {}

    @property
    def is_alive(self) -> bool:
        """Whether it can compute; a lost node is only noticed with the next piece."""
        return not self.is_lost and self.ray.is_initialized()

    def work_for(self, label: str) -> None:
        """Note the study or search that it computes for; "" for none."""
        ray_nodes.write_work(self.name, label)

    def close(self) -> None:
        """End its process."""
        if self.ray.is_initialized():
            with contextlib.suppress(self.ray.exceptions.RayError, ValueError):
                self.work_for("")
                self.ray.kill(self.actor)

    def start(self) -> bool:
        """Return whether it has started on some node. LabError where that node has another
        version.
        """
        if not self.has_started and self.has_answered():
            host, versions = self.answer()
            ray_cluster.require_versions(ray_cluster.Versions.here(), versions, host)
            self.has_started = True
            self.arriving = self.actor.outcomes.remote()
        return self.has_started

    def shares(self, marker: Path) -> bool:
        """Return whether its node has the folder of this marker."""
        if marker.parent not in self._shares:
            with contextlib.suppress(self.ray.exceptions.RayError):  # lost: `answer` reports it
                self._shares[marker.parent] = self.ray.get(self.actor.sees.remote(str(marker)))
        return self._shares.get(marker.parent, True)

    def has_answered(self) -> bool:
        """Return whether `answer` returns immediately."""
        return bool(self.ray.wait([self.arriving], timeout=0)[0])

    def answer(self) -> Any:
        """Return what has arrived. WorkerLost where its node is gone."""
        try:
            return self.ray.get(self.arriving)
        except self.ray.exceptions.RayError as error:
            self.is_lost = True
            out_of_memory = "low on memory" in str(error)  # of Ray's memory monitor
            raise WorkerLost(NODE_MEMORY if out_of_memory else NODE_LOST) from None


ACTORS: IdlePool[KeptActor] = IdlePool(KEPT_SECONDS)


class RayWorker(Worker):
    """An actor that computes for one place."""

    def __init__(self, label: str, gpus: bool, shipping: Shipping):
        kind = actor_kind(gpus)
        self.kept = ACTORS.take(kind) or KeptActor(kind)
        self.shipping = shipping
        self.device = "cuda:0" if gpus else "cpu"  # Ray shows each actor its own GPU only
        self.kept.work_for(label)

    def is_ready(self) -> bool:
        return self.kept.start()

    def close(self) -> None:
        if self.piece is None and self.kept.has_started and self.kept.is_alive:
            self.kept.work_for("")
            ACTORS.keep(self.kept.kind, self.kept)
        else:
            self.kept.close()

    def _send(self, request: Request) -> None:
        actor = self.kept.actor
        if "command" in request or self._is_shared(self.piece.home):
            actor.receive.remote(request)
        else:
            digest, inputs = self.shipping.inputs(self.piece)
            written = self.shipping.written(self.piece)
            actor.receive_shipped.remote(request, digest, [inputs], written)

    def _receive(self) -> Iterator[dict[str, Any]]:
        if self.kept.has_answered():
            outcomes = self.kept.answer()
            self.kept.arriving = self.kept.actor.outcomes.remote()
            for outcome in outcomes:
                if changes := outcome.pop("files", None):
                    apply(changes, self.piece.home / self.piece.payload["folder"])
                yield outcome

    def _is_shared(self, home: Path) -> bool:
        return self.kept.shares(self.shipping.marker(home))


class RayPlace(Team):
    """A worker for each core of the cluster, or for each GPU. `label` names its work in the list of
    what runs where.
    """

    attempts = 4  # a cluster may lose several nodes while one piece is computed

    def __init__(self, label: str, *, gpus: bool = False):
        super().__init__()
        self.label, self.gpus = label, gpus
        self._ray, self._shipping = ray_cluster.connect(), Shipping()
        self._capacity, self._counted = ray_cluster.capacity(gpus), time.monotonic()

    @property
    def capacity(self) -> int:
        """The cores, or the GPUs, of the cluster: nodes come and go."""
        return max(1, self._capacity)

    def close(self) -> None:
        super().close()
        self._shipping.close()

    def _new_worker(self) -> Worker:
        return RayWorker(self.label, self.gpus, self._shipping)

    def _wait(self, seconds: float) -> None:
        if time.monotonic() > self._counted + CAPACITY_SECONDS:
            self._capacity, self._counted = ray_cluster.capacity(self.gpus), time.monotonic()
        for worker in list(self.workers):
            try:
                worker.is_ready()
            except WorkerLost:  # before its first piece
                self._remove(worker)
        waiting = [worker for worker in self.workers if worker.piece or not worker.is_ready()]
        if waiting:
            self._ray.wait([worker.kept.arriving for worker in waiting], timeout=seconds)
