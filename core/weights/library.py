"""WeightsLibrary: trained weights by the SHA-256 of their content.

    <home>/weights/<sha256>/weights.safetensors   with the facts in its header
                            weights.safetensors.sha256

A folder is written under a temporary name and renamed, so it is complete or absent. Only a digest
ever becomes a path. Those of the ready-made experiments are in assets/weights, in the same form.
Names, shapes and facts are read from the header without torch.
"""

import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import BadData, NotFound, Unavailable
from core.base.files import discard, draft, sweep
from core.base.seal import add_sum, is_intact
from core.base.text import clip
from core.weights.facts import HEADER, ModelFacts, parse_facts
from core.weights.start import Start

if TYPE_CHECKING:
    from torch import Tensor

    from core.weights.saved_model import SavedModel

FILE = "weights.safetensors"
INCLUDED = Path(__file__).parents[2] / "assets" / "weights"  # of the ready-made experiments
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredWeights:
    """Weights in the library: their digest, the shapes of the tensors by name, what belongs to
    them, and when they were added, in seconds since 1970.
    """

    digest: str
    shapes: dict[str, tuple[int, ...]]
    facts: ModelFacts
    added: float

    @property
    def parameters(self) -> int:
        """The number of values in all tensors."""
        return sum(prod(shape) for shape in self.shapes.values())


class WeightsLibrary:
    """The weights under one home."""

    def __init__(self, home: Path | str):
        self.root = Path(home) / "weights"

    def add(self, model: "SavedModel") -> str:
        """Store weights of this lab; return their digest. Raises Unavailable."""
        digest = model.digest
        if not self._path(digest).is_file():
            self._store(lambda path: path.write_bytes(model.safetensors()))
        return digest

    def add_file(self, source: Path | bytes, name: str, *, expected: str = "") -> str:
        """Check and store a file, of this lab or of another tool; return the digest. Raises
        BadData, also for other weights than the `expected` ones, and Unavailable.
        """
        from core.weights.guard import read_guarded

        return self._store(lambda path: read_guarded(source, name, path), expected)

    def about(self, digest: str) -> StoredWeights:
        """Return names, shapes and facts. Raises NotFound."""
        path = self._path(digest)
        try:
            header = _read_header(path)
            return _describe(header, digest, path.stat().st_mtime)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
            raise _missing(digest) from None

    def open(self, digest: str) -> dict[str, "Tensor"]:
        """Return the tensors. Raises NotFound, also where they were damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = self._path(digest)
        try:
            if is_intact(path):
                return load_file(path)
        except (OSError, SafetensorError):
            pass
        raise _missing(digest)

    def load(self, start: Start) -> dict[str, "Tensor"] | None:
        """Return the weights of a start; None where it has none or they are not stored here."""
        try:
            return self.open(start.weights_digest) if start.weights_digest else None
        except NotFound:
            return None

    def path(self, digest: str) -> Path:
        """Return the stored file. Raises NotFound."""
        path = self._path(digest)
        if not path.is_file():
            raise _missing(digest)
        return path

    def list(self) -> list[StoredWeights]:
        """Return all weights, newest first; damaged ones are left out."""
        stored = []
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            try:
                stored.append(self.about(folder.name))
            except NotFound:
                continue
        return sorted(stored, key=lambda each: -each.added)

    def delete(self, digest: str) -> None:
        """Delete weights. Runs that started from them stay. Raises NotFound."""
        self.path(digest)
        if (self.root / digest).is_dir():
            discard(self.root / digest)

    def tidy(self) -> None:
        """Remove what killed processes left behind; called when the lab starts."""
        sweep(self.root)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise _missing(digest)
        path, included = self.root / digest / FILE, INCLUDED / digest / FILE
        return included if included.is_file() and not path.is_file() else path

    def _store(self, write: Callable[[Path], object], expected: str = "") -> str:
        """Write a file under a temporary name and rename its folder; return its digest."""
        try:
            with draft(self.root) as folder:
                write(folder / FILE)
                digest = _read_header(folder / FILE)["__metadata__"]["sha256"]
                if expected and digest != expected:
                    raise BadData(
                        f"These are the weights {digest[:12]}, not {expected[:12]}. Choose the "
                        "file that belongs to the run.",
                        code="weights_differ",
                    )
                add_sum(folder / FILE)
                if not self._path(digest).is_file():
                    folder.rename(self.root / digest)
                return digest
        except OSError as error:
            raise Unavailable(
                f"{self.root} cannot be written ({error.strerror}). Free up disk space or grant "
                "write access.",
                code="not_writable",
            ) from None


def _read_header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        return json.loads(file.read(min(length, 2**25)))


def _describe(header: dict[str, Any], digest: str, added: float) -> StoredWeights:
    metadata = header["__metadata__"]
    facts = parse_facts(metadata[HEADER])
    if facts is None:
        raise ValueError("the facts are not valid")
    shapes = {name: tuple(header[name]["shape"]) for name in json.loads(metadata["order"])}
    return StoredWeights(digest, shapes, facts, added)


def _missing(digest: str) -> NotFound:
    return NotFound(
        f"The weights {clip(digest)[:12]} are not stored in this lab, or are damaged. Upload their "
        "file on the Network page, or start from scratch.",
        code="weights_missing",
    )
