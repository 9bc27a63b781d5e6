"""A chunk of a study as a piece of work that any process can compute."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from core.base.control import GO
from core.base.device import torch_threads
from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.studies.executor import Executor, make_executor
from core.studies.places.kinds import CHUNK
from core.studies.places.place import Message, Piece, Poll
from core.studies.records import plain_point
from core.studies.study import Study
from core.training.inputs import load_inputs


class _Left(Exception):
    """The chunk was told to end."""


def chunk_piece(home: Path, study: Study, experiment: Experiment, chunk: int) -> Piece:
    """Return the piece that computes this chunk of this experiment of the study."""
    texts = {"study": encode(study), "experiment": encode(experiment)}
    return Piece(CHUNK, home, {**texts, "chunk": chunk})


@lru_cache(maxsize=2)
def executor_of(home: Path, study: str, experiment: str, device: str = "") -> Executor:
    """Return the executor of an experiment of a study (JSON texts), made while this process
    computes for `device`. The last ones are kept: making one can take longer than a chunk.
    """
    value, described = decode(Study, study), decode(Experiment, experiment)
    return make_executor(value.method, described, load_inputs(described, home), value.repeats)


def compute(piece: Piece, poll: Poll) -> Iterator[Message]:
    """Yield the points of the chunk, each with its index."""
    texts = piece.payload["study"], piece.payload["experiment"]
    executor = executor_of(piece.home, *texts, piece.device)

    def obey() -> None:
        if poll() != GO:
            raise _Left

    with torch_threads(executor.threads):
        try:
            for index, point in enumerate(executor.points(piece.payload["chunk"], obey)):
                yield {"index": index, "point": plain_point(point)}
        except _Left:
            return
