"""The checkpoint of a run (K1, K2): a training's state as one file, and the weights in it."""

import io
import pickle
import zipfile
from typing import Any

import torch

from core.errors import BadData, NotFound
from core.store import CHECKPOINT, Store

State = dict[str, Any]


def save(store: Store, run: str, state: State) -> None:
    """Replaces the run's checkpoint; the old one stays whole until the new one is."""
    store.save(run, lambda file: torch.save(state, file))


def load(store: Store, run: str) -> State | None:
    """The last state of the run, on the CPU; None when none was saved yet. BadData when the file is
    damaged.
    """
    path = store.path(run, CHECKPOINT)
    if not path.exists():
        return None
    try:
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
            f"{path} is damaged ({type(error).__name__}): delete it, and the run begins anew."
        ) from None


def weights(store: Store, run: str, form: str) -> bytes:
    """The best epoch's weights as a file's content; where there is no validation part the last
    ones, averaged if the run averages.

    "pth" is a plain state_dict for `torch.load(weights_only=True)`, "safetensors" holds the same
    tensors.
    """
    state = load(store, run)
    if state is None:
        raise NotFound(
            f"Run {run} has no checkpoint yet: wait for its first seconds to pass, then try again."
        )
    chosen = state["best"] or state.get("averaged") or state["model"]
    if form == "safetensors":
        from safetensors.torch import save as pack

        return pack({name: tensor.contiguous() for name, tensor in chosen.items()})
    buffer = io.BytesIO()
    torch.save(chosen, buffer)
    return buffer.getvalue()
