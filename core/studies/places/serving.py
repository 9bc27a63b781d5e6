"""The far end of a worker: computes the requested pieces, whichever way requests come and outcomes
leave. Both are JSON data: a request is a piece or a command for one, by its number.
"""

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.control import GO

Request = dict[str, Any]


class PieceServer:
    """One thread calls `run`; any may call `receive`. `send` gets every outcome."""

    def __init__(self, send: Callable[[dict[str, Any]], None]):
        self.send = send
        self._pieces: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._told: dict[int, str] = {}

    def receive(self, request: Request) -> None:
        """Take a piece or a command."""
        if "command" in request:
            self._told[request["number"]] = request["command"]
        else:
            self._pieces.put(request)

    def run(self) -> None:
        """Compute one piece after another, without end."""
        import torch

        from core.base import device
        from core.studies.places.kinds import compute
        from core.studies.places.place import Piece, explain

        device.prepare()
        torch.set_num_threads(1)
        while True:
            request = self._pieces.get()
            number, home = request.pop("number"), Path(request.pop("home"))
            piece = Piece(home=home, **request)
            device.assign(piece.device)
            try:
                for message in compute(piece, lambda number=number: self._told.get(number, GO)):
                    self.send({"message": message})
                self.send({"message": None})
            except Exception as error:
                explained = explain(error)
                self.send({"error": str(explained), "code": explained.code})
            self._told.pop(number, None)
