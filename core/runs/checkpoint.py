"""The checkpoint of a run: the state of a training as one file, and the weights in it."""

import logging
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch

from core.base.encoding import decode
from core.base.errors import BadData, NotFound
from core.data.spreadsheet.decoding import DAMAGE
from core.experiment import Experiment
from core.runs.store import Store
from core.weights.facts import InputScale, ModelFacts
from core.weights.saved_model import SavedModel

log = logging.getLogger("descent_lab")

State = dict[str, Any]


def save(store: Store, run: str, state: State) -> None:
    """Replace the run's checkpoint. The old one stays intact until the new one is complete."""
    store.save(run, lambda file: _write(state, file))


def _write(state: State, file: BinaryIO) -> None:
    try:
        torch.save(state, file)
    except RuntimeError as error:  # torch reports a file position where the disk is full
        raise error.__context__ if isinstance(error.__context__, OSError) else error from None


def load(store: Store, run: str) -> State | None:
    """Return the newest intact state of the run, on the CPU; None if none was saved yet. Raises
    BadData if all checkpoints are damaged.
    """
    paths = store.checkpoints(run)
    for path in paths:
        try:
            return read(path, run)
        except BadData as error:
            log.warning("%s", error)
            if path == paths[-1]:
                raise
    return None


def read(path: Path, run: str) -> State:
    """Return the state in this file of the run, on the CPU. Raises BadData if it is damaged."""
    try:
        with zipfile.ZipFile(path) as packed:
            if damaged := packed.testzip():  # CRC-32 of every tensor: torch does not compare it
                raise zipfile.BadZipFile(damaged)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (
        OSError,
        RuntimeError,
        ValueError,
        EOFError,
        KeyError,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
    ) as error:
        raise BadData(
            f"The checkpoint of run {run} is damaged ({type(error).__name__}). Clone "
            "the run to train again with the same settings.",
            code="checkpoint_damaged",
        ) from None


def inspect(path: Path, name: str) -> None:
    """Check a checkpoint from elsewhere. Raises BadData unless it is a state as `save` writes it:
    stored uncompressed, with every tensor as large as its storage.
    """
    refusal = BadData(
        f"{name} is not a Descent Lab checkpoint. Create the archive again.",
        code="not_a_checkpoint",
    )
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
        size = sum(member.file_size for member in members)
        if any(m.compress_type != zipfile.ZIP_STORED for m in members) or (
            size > 1.05 * path.stat().st_size
        ):
            raise refusal
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (*DAMAGE, pickle.UnpicklingError):
        raise refusal from None
    if not isinstance(state, dict) or not {"model", "best", "step", "history"} <= state.keys():
        raise refusal
    if any(_stretched(tensor) for tensor in _tensors(state)):
        raise refusal


def _tensors(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (dict, list, tuple)) and depth < 20:
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part, depth + 1)


def _stretched(tensor: torch.Tensor) -> bool:
    """Whether the tensor claims more numbers than its storage holds."""
    return tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes()


def best_weights(state: State) -> dict[str, torch.Tensor]:
    """Return the weights of the best epoch if there is one, else the last ones, averaged if the run
    averages them.
    """
    return state["best"] or state.get("averaged") or state["model"]


def saved_model(store: Store, run: str) -> SavedModel:
    """Return the best weights with everything that new inputs need. Raises NotFound if the run has
    no checkpoint.
    """
    state = load(store, run)
    if state is None:
        text = (
            f"Run {run} ended before its first checkpoint, so it has no weights. Train it again."
            if store.last(run, "reason")
            else f"Run {run} has no checkpoint yet. The first one is saved after a few seconds of "
            "training; try again then."
        )
        raise NotFound(text, code="no_checkpoint")
    text = store.experiment(run)
    experiment = decode(Experiment, text)
    inputs = state.get("inputs") or _inputs_of(experiment, store)
    title = experiment.title
    facts = ModelFacts(
        title=title, run=run, scale=InputScale.of(state["scale"]), experiment=text, **inputs
    )
    return SavedModel(best_weights(state), facts)


def _inputs_of(experiment: Experiment, store: Store) -> dict[str, Any]:
    """Return classes and shape from the data, for a checkpoint of an earlier version; nothing where
    the data is gone.
    """
    try:
        facts = experiment.data.facts(store.home)
    except NotFound:
        return {}
    return {"classes": facts.classes, "shape": facts.shape}
