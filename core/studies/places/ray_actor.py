"""The far end of a Ray worker: an actor on some node that computes pieces of work. Where the node
does not share the lab's folder, it keeps the input files in a folder of the node, and sends the
files that a piece writes with its outcomes.
"""

import os
import platform
import queue
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.studies.places import ray_nodes
from core.studies.places.place import explain
from core.studies.places.pool import SINGLE_THREAD
from core.studies.places.ray_cluster import Versions
from core.studies.places.serving import PieceServer, Request
from core.studies.places.shipment import FolderMirror, has_unpacked, unpack, unpack_once

POLL_SECONDS = 5.0  # after which `outcomes` returns nothing


class PieceActor:
    """Ray calls its methods in several threads; one more computes."""

    def __init__(self, environment: Mapping[str, str]):
        os.environ.update({**environment, **SINGLE_THREAD})
        self._outcomes: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._mirror: FolderMirror | None = None
        self._server = PieceServer(self._send)
        threading.Thread(target=self._server.run, daemon=True).start()

    def describe(self) -> tuple[str, Versions]:
        """Return the name of this node and its versions, and write them for others to read."""
        ray_nodes.write_versions()
        return platform.node(), Versions.here()

    def sees(self, path: str) -> bool:
        """Whether a file of the lab's machine is here too."""
        return Path(path).is_file()

    def receive(self, request: Request) -> None:
        """Take a piece whose home is shared, or a command."""
        self._server.receive(request)

    def receive_shipped(
        self, request: Request, digest: str, inputs: Sequence[Any], written: bytes
    ) -> None:
        """Take a piece with its input files, `inputs` being a reference to them in Ray's object
        store, and with the folder that it has written so far.
        """
        import ray

        home = Path(tempfile.gettempdir()) / f"descent-lab-{os.getuid()}"
        try:
            if not has_unpacked(digest, home):
                unpack_once(digest, ray.get(inputs[0]), home)
            if name := request["payload"].get("folder"):
                shutil.rmtree(home / name, ignore_errors=True)
                unpack(written, home)
                self._mirror = FolderMirror(home / name)
            self._server.receive(request | {"home": str(home)})
        except Exception as error:
            explained = explain(error)
            self._send({"error": str(explained), "code": explained.code})

    def outcomes(self) -> list[dict[str, Any]]:
        """Return what has been sent since the last call; wait for something."""
        try:
            found = [self._outcomes.get(timeout=POLL_SECONDS)]
        except queue.Empty:
            return []
        while not self._outcomes.empty():
            found.append(self._outcomes.get())
        return found

    def _send(self, outcome: dict[str, Any]) -> None:
        if self._mirror:
            outcome["files"] = self._mirror.changes()
            if outcome.get("message") is None:  # its end
                shutil.rmtree(self._mirror.folder, ignore_errors=True)
                self._mirror = None
        self._outcomes.put(outcome)
