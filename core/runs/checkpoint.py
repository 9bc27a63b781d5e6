"""The checkpoint of a run (K1, K2): a training's state as one file, and the weights in it."""

import io
import logging
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch

from core.base.errors import BadData, NotFound
from core.data.spreadsheet.decoding import DAMAGE
from core.runs.store import Store

log = logging.getLogger("descent_lab")

State = dict[str, Any]


def save(store: Store, run: str, state: State) -> None:
    """Replaces the run's checkpoint; the old one stays whole until the new one is."""
    store.save(run, lambda file: _write(state, file))


def _write(state: State, file: BinaryIO) -> None:
    try:
        torch.save(state, file)
    except RuntimeError as error:  # torch speaks of positions where the disk is full
        raise error.__context__ if isinstance(error.__context__, OSError) else error from None


def load(store: Store, run: str) -> State | None:
    """The last state of the run that is whole, on the CPU; None when none was saved yet. BadData
    when all that are kept are damaged.
    """
    there = store.checkpoints(run)
    for path in there:
        try:
            return _read(path)
        except BadData as error:
            log.warning("%s", error)
            if path == there[-1]:
                raise
    return None


def _read(path: Path) -> State:
    try:
        with zipfile.ZipFile(path) as packed:
            if damaged := packed.testzip():  # CRC-32 of every tensor, which torch does not compare
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
            f"The checkpoint of run {path.parent.name} is damaged ({type(error).__name__}): clone "
            "the run, which begins anew with the same settings."
        ) from None


def inspect(path: Path, name: str) -> None:
    """A checkpoint from elsewhere. BadData unless it is one: a state as `save` wrote it, unpacked
    in its file, every tensor as large as its storage.
    """
    refusal = BadData(f"{name} is no checkpoint of this lab: archive the run again.")
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
    """Whether it claims more numbers than its storage holds."""
    return tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes()


def kept(state: State) -> dict[str, torch.Tensor]:
    """The weights of a state that count: those of the best epoch where there is one, else the last
    ones, averaged if the run averages.
    """
    return state["best"] or state.get("averaged") or state["model"]


def weights(store: Store, run: str, form: str) -> bytes:
    """The weights that count, as a file's content.

    "pth" is a plain state_dict for `torch.load(weights_only=True)`, "safetensors" holds the same
    tensors.
    """
    state = load(store, run)
    if state is None:
        raise NotFound(
            f"Run {run} has no checkpoint yet: wait for its first seconds to pass, then try again."
        )
    chosen = kept(state)
    if form == "safetensors":
        from safetensors.torch import save as pack

        return pack({name: tensor.contiguous() for name, tensor in chosen.items()})
    buffer = io.BytesIO()
    torch.save(chosen, buffer)
    return buffer.getvalue()
