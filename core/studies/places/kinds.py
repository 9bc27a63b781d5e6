"""The kinds of pieces. Each is a function that computes a piece in any process: it yields JSON
messages, and obeys `poll()`, which it calls every few steps, by returning early. It is imported
where it is used, and may belong to a package above this one.
"""

from collections.abc import Iterator

from core.base.spec import Call
from core.studies.places.place import Message, Piece, Poll

CHUNK = "chunk"  # of a study
TRIAL, PROPOSAL = "trial", "proposal"  # of a search
SIDE_RUN = "side run"  # of the analysis of a run
KINDS = {
    CHUNK: "core.studies.chunk_work.compute",
    TRIAL: "core.studies.search.trial_work.compute",
    PROPOSAL: "core.studies.search.proposal_work.compute",
    SIDE_RUN: "core.analysis.side_pieces.compute",
}


def compute(piece: Piece, poll: Poll) -> Iterator[Message]:
    """Compute the piece in this thread."""
    return Call(KINDS[piece.kind]).make(piece, poll)
