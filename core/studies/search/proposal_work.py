"""A draw of a search as a piece of work, for strategies whose computation would disturb the
trainings of this process.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from core.base.encoding import decode, encode
from core.studies.places.kinds import PROPOSAL
from core.studies.places.place import Message, Piece, Poll
from core.studies.places.processes import Processes
from core.studies.search.proposal import assemble
from core.studies.search.records import SearchTrial
from core.studies.search.search import Search
from core.studies.search.space import Values


def draw_elsewhere(
    home: Path, search: Search, history: Sequence[SearchTrial], number: int, attempt: int
) -> Values:
    """Return the values of one draw that is computed in another process."""
    payload = {"search": encode(search), "history": [asdict(trial) for trial in history]}
    piece = Piece(PROPOSAL, home, {**payload, "number": number, "attempt": attempt})
    values: Values = {}
    with Processes(("",)) as place:
        place.send(piece)
        while True:
            for _, outcome in place.receive(1.0):
                if isinstance(outcome, Exception):
                    raise outcome
                if outcome is None:
                    return values
                values = outcome["values"]


def compute(piece: Piece, poll: Poll) -> Iterator[Message]:
    """Yield the values of the draw."""
    search = decode(Search, piece.payload["search"])
    history = [
        SearchTrial(**{**trial, "curve": tuple(trial["curve"])})
        for trial in piece.payload["history"]
    ]
    number, attempt = piece.payload["number"], piece.payload["attempt"]
    values, _ = assemble(search, search.strategy.picker(search, history, number, attempt))
    yield {"values": values}
