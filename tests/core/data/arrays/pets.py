"""Images of three classes, and what an inspection should find in their files."""

import numpy as np

from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading
from tests.core.data.arrays.files import image

DRAW = np.random.Generator(np.random.PCG64(4))
GREY = DRAW.integers(0, 256, (12, 7, 5)).astype(np.uint8)
COLOUR = DRAW.integers(0, 256, (12, 7, 5, 3)).astype(np.uint8)
PETS = ["cat", "dog", "owl"]


def read(*files: bytes, names=("images.zip", "labels.csv"), **reading):
    return inspect_files(*files, names=names[: len(files)] + ("",) * (2 - len(files)),
                         reading=Reading(**reading))  # fmt: skip


def evidence(found, code: str) -> dict:
    return next(f.evidence for f in found.findings if f.code == code)


def codes(found) -> set[str]:
    assert len({f.code for f in found.findings}) == len(found.findings)
    return {f.code for f in found.findings}


def folders(pixels: np.ndarray, pattern: str = "{pet}/{i}.png", format: str = "PNG") -> dict:
    return {pattern.format(pet=PETS[i % 3], i=i): image(p, format) for i, p in enumerate(pixels)}


def check_pets(found, pixels: np.ndarray) -> None:
    """Compare with images in the order of their files."""
    expected = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
    names = [found.classes[t] for t in found.samples.targets]
    assert found.classes == tuple(PETS) and names == [PETS[i % 3] for i in range(len(pixels))]
    np.testing.assert_array_equal(found.samples.inputs, expected)
