"""The place that computes pieces in further processes of this machine."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from core.base.encoding import from_json_text, to_json_text
from core.base.errors import LabError
from core.base.process import Child
from core.studies.places.pool import POOL, ProcessPool
from core.studies.places.serving import Request
from core.studies.places.team import Team, Worker, WorkerLost

KILLED = LabError(
    "A process of this study was terminated from outside the lab, twice for the same piece of "
    "work. The results so far are saved: free memory, then resume it.",
    code="worker_killed",
)


class ProcessWorker(Worker):
    """A process of the pool."""

    def __init__(self, pool: ProcessPool, device: str, arrived: threading.Event):
        self.pool, self.device = pool, device
        self.child: Child = pool.lease()
        self.child.arrived = arrived

    def close(self) -> None:
        if self.piece is None and self.child.is_alive:
            self.pool.give_back(self.child)
        else:
            self.child.close()

    def _send(self, request: Request) -> None:
        self.child.send(to_json_text(request))

    def _receive(self) -> Iterator[dict[str, Any]]:
        try:
            while (line := self.child.receive()) is not None:
                yield from_json_text(line)
        except (EOFError, ValueError):  # it has ended, perhaps in the middle of a line
            raise WorkerLost(KILLED) from None


class Processes(Team):
    """One process for each entry of `devices`: "" computes where the experiments say."""

    def __init__(self, devices: Sequence[str] = ("", ""), pool: ProcessPool = POOL):
        super().__init__()
        self.devices, self.pool = tuple(devices), pool
        self._arrived = threading.Event()

    @property
    def capacity(self) -> int:
        return len(self.devices)

    def _new_worker(self) -> Worker:
        unused = Counter(self.devices)
        unused.subtract(worker.device for worker in self.workers)
        device = next(device for device in self.devices if unused[device] > 0)
        return ProcessWorker(self.pool, device, self._arrived)

    def _wait(self, seconds: float) -> None:
        if seconds:
            self._arrived.wait(seconds)
        self._arrived.clear()
