"""The place that computes one piece after another in the thread that receives."""

from collections import deque
from collections.abc import Iterator

from core.base.control import GO
from core.studies.places.kinds import compute
from core.studies.places.place import Outcome, Piece, Place, Poll, explain


class ThisProcess(Place):
    """`check` is called every few steps of a piece. It may block; a command other than GO goes to
    the piece, before those that it was told.
    """

    def __init__(self, check: Poll = lambda: GO):
        self.check = check
        self._pieces: deque[Piece] = deque()
        self._told: dict[Piece, str] = {}
        self._outcomes = self._compute_all()

    @property
    def capacity(self) -> int:
        return 1

    @property
    def free(self) -> int:
        return 1 - len(self._pieces)

    def send(self, piece: Piece) -> None:
        self._pieces.append(piece)

    def receive(self, seconds: float = 0.0) -> Iterator[tuple[Piece, Outcome]]:
        """Compute one piece to its end."""
        piece = self._pieces[0] if self._pieces else None
        while piece in self._pieces:
            yield next(self._outcomes)

    def tell(self, piece: Piece, command: str) -> None:
        if piece in self._pieces:
            self._told[piece] = command

    def close(self) -> None:
        self._outcomes.close()
        self._pieces.clear()

    def _compute_all(self) -> Iterator[tuple[Piece, Outcome]]:
        """Yield the outcomes of all pieces, without end."""
        while True:
            piece, end = self._pieces[0], None
            try:
                for message in compute(piece, lambda piece=piece: self._poll(piece)):
                    yield piece, message
            except Exception as error:
                end = explain(error)
            self._pieces.popleft()
            self._told.pop(piece, None)
            yield piece, end

    def _poll(self, piece: Piece) -> str:
        command = self.check()
        return self._told.get(piece, GO) if command == GO else command
