"""Side runs as pieces of work: trained where the pieces of studies and searches are computed, in
this process, in further ones or on a cluster.
"""

import base64
import zlib
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

import numpy as np

from core.analysis.side_runs import SideRun, side_run
from core.analysis.trained import TrainedRun
from core.base.control import GO
from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.studies import sweeps
from core.studies.places.choose import open_place
from core.studies.places.kinds import SIDE_RUN
from core.studies.places.place import Message, Piece, Place, Poll
from core.studies.places.this_process import ThisProcess
from core.training.inputs import load_inputs

POLL_SECONDS = 0.1  # for which other processes are waited for
REPORTED = 0.01  # fraction of a training between two messages about it


class SideRuns(AbstractContextManager):
    """Trains side runs of a run; use it in a `with` statement. `seconds` is about how long all of
    them take: further processes are only started where that is worth it.
    """

    def __init__(self, trained: TrainedRun, seconds: float):
        self.home, device = trained.store.home, trained.experiment.device
        self.place: Place = ThisProcess()
        if seconds > sweeps.MIN_SECONDS:
            label = f"run {trained.run}"
            self.place = open_place(
                lambda: GO, processes=sweeps.workers(), device=device, label=label
            )

    def __enter__(self) -> Self:
        self.place.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.place.__exit__(*error)

    def train(
        self, experiments: Sequence[Experiment], costs: Sequence[float] = ()
    ) -> Generator[float, None, list[SideRun]]:
        """Train the experiments, several at the same time where the place can, and return their
        results in order. Yields the fraction done; `costs` are the relative costs of each. Raises
        LabError for one that cannot be trained.
        """
        pieces = [side_piece(self.home, experiment) for experiment in experiments]
        waiting, results = deque(pieces), {}
        shares, weights = dict.fromkeys(pieces, 0.0), [*costs] or [1.0] * len(pieces)
        ended = 0

        def fraction() -> float:
            return float(np.average([*shares.values()], weights=weights))

        while ended < len(pieces):
            while waiting and self.place.free > 0:
                self.place.send(waiting.popleft())
            for piece, outcome in self.place.receive(POLL_SECONDS):
                if isinstance(outcome, Exception):
                    raise outcome
                if outcome is None:
                    ended += 1
                elif "share" in outcome:
                    shares[piece] = outcome["share"]
                else:
                    results[piece], shares[piece] = unpack(outcome), 1.0
                yield fraction()
            yield fraction()
        return [results[piece] for piece in pieces]


def side_piece(home: Path, experiment: Experiment) -> Piece:
    """Return the piece that trains this experiment."""
    return Piece(SIDE_RUN, home, {"experiment": encode(experiment.unforked)})


def compute(piece: Piece, poll: Poll) -> Iterator[Message]:
    """Yield the fraction done from time to time, and the result of the side run at its end."""
    experiment = decode(Experiment, piece.payload["experiment"])
    running, reported = side_run(experiment, load_inputs(experiment, piece.home)), 0.0
    while poll() == GO:
        try:
            share = next(running)
        except StopIteration as end:
            yield pack(end.value)
            return
        if share >= reported + REPORTED:
            reported = share
            yield {"share": share}
    running.close()


def pack(side: SideRun) -> Message:
    """Return a side run as JSON data."""
    return {
        "errors": {part: _to_text(errors) for part, errors in side.errors.items()},
        "last_train_errors": _to_text(side.last_train_errors),
        "seconds": side.seconds,
        "has_diverged": side.has_diverged,
        "target_std": side.target_std,
    }


def unpack(message: Message) -> SideRun:
    """Return the side run of `pack`."""
    return SideRun(
        errors={part: _to_array(text) for part, text in message["errors"].items()},
        last_train_errors=_to_array(message["last_train_errors"]),
        seconds=message["seconds"],
        has_diverged=message["has_diverged"],
        target_std=message["target_std"],
    )


def _to_text(values: np.ndarray) -> str:
    """Return float64 values (n,) as text, bit for bit."""
    return base64.b64encode(zlib.compress(values.astype("<f8").tobytes())).decode()


def _to_array(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<f8")
