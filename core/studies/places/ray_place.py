"""The place that computes pieces on a Ray cluster. Ray Core starts the workers, moves the data once
to each node and reports what is lost; which piece is next is decided by the study or the search.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from core.base.encoding import decode
from core.base.errors import LabError
from core.base.settings import PREFIX
from core.experiment import Experiment
from core.studies.places import ray_cluster
from core.studies.places.place import Piece
from core.studies.places.ray_actor import PieceActor
from core.studies.places.serving import Request
from core.studies.places.shipment import apply, digest_of_names, input_files, pack
from core.studies.places.team import Team, Worker, WorkerLost

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

_numbers = count(1)


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


class RayWorker(Worker):
    """An actor on some node, with one core or one GPU."""

    def __init__(self, label: str, gpus: bool, shipping: Shipping):
        ray = ray_cluster.connect()
        self.ray, self.shipping = ray, shipping
        self.device = "cuda:0" if gpus else "cpu"  # Ray shows each worker its own GPU only
        local = {f"{PREFIX}{name}" for name in LOCAL_SETTINGS}
        environment = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(PREFIX) and name not in local
        }
        options = {"num_cpus": 1, "num_gpus": int(gpus), "max_concurrency": METHODS_AT_ONCE}
        name = f"{label}{ray_cluster.NAME_END}{os.getpid()}-{next(_numbers)}"
        self.actor = ray.remote(PieceActor).options(name=name, **options).remote(environment)
        self.arriving = self.actor.describe.remote()
        self.has_started = False
        self._shares: dict[Path, bool] = {}

    def is_ready(self) -> bool:
        """Whether it has started on some node. LabError where that node has another version."""
        if not self.has_started and self._has_arrived():
            host, versions = self._get(self.arriving)
            ray_cluster.require_versions(ray_cluster.Versions.here(), versions, host)
            self.has_started = True
            self.arriving = self.actor.outcomes.remote()
        return self.has_started

    def close(self) -> None:
        with contextlib.suppress(self.ray.exceptions.RayError, ValueError):
            self.ray.kill(self.actor)

    def _send(self, request: Request) -> None:
        if "command" in request or self._is_shared(self.piece.home):
            self.actor.receive.remote(request)
        else:
            digest, inputs = self.shipping.inputs(self.piece)
            written = self.shipping.written(self.piece)
            self.actor.receive_shipped.remote(request, digest, [inputs], written)

    def _receive(self) -> Iterator[dict[str, Any]]:
        if self._has_arrived():
            outcomes = self._get(self.arriving)
            self.arriving = self.actor.outcomes.remote()
            for outcome in outcomes:
                if changes := outcome.pop("files", None):
                    apply(changes, self.piece.home / self.piece.payload["folder"])
                yield outcome

    def _is_shared(self, home: Path) -> bool:
        if home not in self._shares:
            marker = self.shipping.marker(home)
            with contextlib.suppress(self.ray.exceptions.RayError):  # lost: `_receive` reports it
                self._shares[home] = self.ray.get(self.actor.sees.remote(str(marker)))
        return self._shares.get(home, True)

    def _has_arrived(self) -> bool:
        return bool(self.ray.wait([self.arriving], timeout=0)[0])

    def _get(self, reference: Any) -> Any:
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            out_of_memory = "low on memory" in str(error)  # of Ray's memory monitor
            raise WorkerLost(NODE_MEMORY if out_of_memory else NODE_LOST) from None


class RayPlace(Team):
    """A worker for each core of the cluster, or for each GPU. `label` names its work in the list of
    what runs where.
    """

    attempts = 4  # a cluster may lose several nodes while one piece is computed

    def __init__(self, label: str, *, gpus: bool = False):
        super().__init__()
        self.label, self.gpus = label, gpus
        self._ray, self._shipping = ray_cluster.connect(), Shipping()
        self._capacity = ray_cluster.capacity(gpus)

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
        self._capacity = ray_cluster.capacity(self.gpus)
        arriving = [worker.arriving for worker in self.workers if worker.piece]
        arriving += [worker.arriving for worker in self.workers if not worker.is_ready()]
        if arriving:
            self._ray.wait(arriving, timeout=seconds)
