"""Pieces of work, and the places that compute them: a chunk of a study, a trial of a search, a side
run of an analysis. Pure Python; no torch.

A piece gives the same messages wherever it is computed. It may be computed again, from its start or
its last checkpoint, where its process or its machine was lost; it then sends its messages again.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.base.errors import LabError

log = logging.getLogger("descent_lab")

INTERNAL_ERROR, OUT_OF_MEMORY = "internal_error", "out_of_memory"  # codes of faults, not of input

Message = dict[str, Any]  # JSON data
Outcome = Message | LabError | None  # the last one of a piece: None, or why it failed
Poll = Callable[[], str]  # returns a command of core/base/control.py; GO to continue


@dataclass(frozen=True, eq=False)
class Piece:
    """One piece of work. `kind` names its function in kinds.py, `home` the lab's folder with its
    data, and `payload` is JSON data. A place sets `device` where it distributes its pieces over
    several GPUs: an experiment's auto means that one. Otherwise it is empty.
    """

    kind: str
    home: Path
    payload: Mapping[str, Any]
    device: str = ""


class Place(ABC):
    """Computes up to `capacity` pieces at the same time. Use it in a `with` statement."""

    @property
    @abstractmethod
    def capacity(self) -> int:
        """The number of pieces that it can compute at the same time. It may change."""

    @property
    @abstractmethod
    def free(self) -> int:
        """How many further pieces it would start immediately."""

    @abstractmethod
    def send(self, piece: Piece) -> None:
        """Compute this piece as soon as there is room."""

    @abstractmethod
    def receive(self, seconds: float = 0.0) -> Iterator[tuple[Piece, Outcome]]:
        """Yield what the pieces have sent; where nothing has arrived, wait up to `seconds`. The end
        of a piece is None, or a LabError that says why it failed.
        """

    @abstractmethod
    def tell(self, piece: Piece, command: str) -> None:
        """Give a command to a piece, which gets it from its `poll`; nothing if it has ended."""

    @abstractmethod
    def close(self) -> None:
        """Have all pieces leave. What they have not sent by then is lost."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def explain(error: Exception, subject: str = "this piece of work") -> LabError:
    """Return the error with one sentence for the person who waits for the result; the traceback of
    an internal error goes to the log.
    """
    if isinstance(error, LabError):
        return error
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return LabError(
            f"There is not enough memory for {subject}. Use fewer training samples, a smaller "
            "batch size or narrower models, then resume it.",
            code=OUT_OF_MEMORY,
        )
    log.exception("%s failed", subject, exc_info=error)
    return LabError(
        f"Internal error ({type(error).__name__}) in {subject}. The results so far are saved; the "
        "details are in the server log.",
        code=INTERNAL_ERROR,
    )
