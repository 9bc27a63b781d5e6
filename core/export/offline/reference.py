"""Reference samples of the offline page: raw inputs with the answers of PyTorch. As many samples of
the run as fit are stored; the others are mixed from them, in the same way in JavaScript.
"""

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.export.portable import PortableNetwork

ROWS = 100
TOP = 5  # of the most probable classes whose probabilities are stored
LARGEST_ANSWERS = ROWS * 2 * TOP * 4 * 4 // 3 + 300  # characters of the answers and their names


@dataclass(frozen=True)
class ReferenceSamples:
    """`inputs` (100, …) float32, of which the first `real` are samples of the run."""

    inputs: np.ndarray
    real: int
    is_bytes: bool

    def plain(self, network: PortableNetwork) -> dict[str, Any]:
        """Return plain JSON data with the answers: for each sample the numbers of the most probable
        classes and their probabilities, or the value twice.
        """
        stored = self.inputs[: self.real].astype("u1" if self.is_bytes else "<f4")
        answers = pack_answers(network.answers(self.inputs))
        return {
            "rows": len(self.inputs),
            "real": self.real,
            "isBytes": self.is_bytes,
            "inputs": packed(stored.tobytes()),
            "answers": packed(answers.tobytes()),
            "top": answers.shape[1] // 2,
        }


def choose_samples(rows: np.ndarray, room: int) -> ReferenceSamples:
    """Return 100 samples, with as many of the raw inputs `rows` (n, …) as fit into `room`
    characters: none if there is no room. n is at most 100.
    """
    is_bytes = rows.dtype == np.uint8
    stored = rows if is_bytes else rows.astype("<f4")
    real = len(rows)
    while real and (size := len(packed(stored[:real].tobytes()))) > room:
        real = min(real - 1, int(real * max(room, 0) / size))
    flat = rows[:real].reshape(real, -1).astype(np.float64) if real else _ramp(rows)
    has_pixels = rows.ndim == 4
    mixed = [mix(flat, i, shift=i if has_pixels else 0) for i in range(real, ROWS)]
    inputs = np.array([*flat[:real], *mixed]).astype(np.float32)
    return ReferenceSamples(inputs.reshape(-1, *rows.shape[1:]), real, is_bytes)


def mix(samples: np.ndarray, i: int, *, shift: int) -> np.ndarray:
    """Return a weighted mean of two samples (n, F) float64; the values of the second are moved."""
    one, other = samples[i % len(samples)], samples[(3 * i + 1) % len(samples)]
    weight = (i * 7 % 15 + 1) / 16
    return weight * one + (1 - weight) * np.roll(other, -shift)


def pack_answers(answers: np.ndarray) -> np.ndarray:
    """Return float32 (N, 2·top) from probabilities (N, C), or (N, 2) from values (N,)."""
    if answers.ndim == 1:
        return np.stack([answers, answers], axis=1).astype("<f4")
    top = np.argsort(-answers, axis=1, kind="stable")[:, :TOP]
    return np.hstack([top, np.take_along_axis(answers, top, axis=1)]).astype("<f4")


def packed(content: bytes) -> str:
    """Return bytes compressed with zlib, in base64."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _ramp(rows: np.ndarray) -> np.ndarray:
    """Return one made-up sample (1, F) for images of which not even one fits."""
    count = int(np.prod(rows.shape[1:]))
    return (np.arange(count)[None] * 37 % 256).astype(np.float64)
