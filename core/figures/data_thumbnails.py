"""Thumbnails of datasets, drawn from their own samples."""

import numpy as np

from core.data.samples import Samples
from core.figures.template import PALETTES, Mode

SIDE = 72  # px
ACROSS = 3  # images in each of as many rows
POINTS = 220  # at most


def thumbnail_of(data: Samples, mode: Mode) -> "np.ndarray | str":
    """Return pixels (height, width, 3) of a few images, or SVG text for rows of numbers.

    For values to predict, the input is drawn against the value. Of more than two columns, the mean
    position in the second half is drawn against that in the first half: two one-hot numbers.
    """
    return _mosaic(data.inputs) if len(data.shape) == 3 else _points(data, mode)


def _mosaic(images: np.ndarray) -> np.ndarray:
    chosen = images[np.linspace(0, len(images) - 1, ACROSS**2).astype(int)]
    pixels = np.clip(chosen, 0, 255).astype(np.uint8)[:, :3].transpose(0, 2, 3, 1)
    pixels = np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels[..., :3]
    pixels = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = [np.concatenate(list(row), axis=1) for row in np.split(pixels, ACROSS)]
    mosaic = np.concatenate(rows, axis=0)
    factor = max(1, 2 * SIDE // mosaic.shape[0])  # sharp pixels, also on fine screens
    return mosaic.repeat(factor, axis=0).repeat(factor, axis=1)


def _points(data: Samples, mode: Mode) -> str:
    rows = np.linspace(0, len(data) - 1, min(POINTS, len(data))).astype(int)
    palette = PALETTES[mode]
    colours = (palette.train, palette.validation, palette.test, palette.best, *palette.runs)
    inputs, targets = data.inputs[rows], data.targets[rows]
    if inputs.shape[1] > 2:
        halves = [
            abs(half) / abs(half).sum(1, keepdims=True).clip(1e-9)
            for half in np.array_split(inputs, 2, axis=1)
        ]
        inputs = np.stack([half @ np.arange(half.shape[1]) for half in halves], axis=1)
    second = targets if inputs.shape[1] == 1 else inputs[:, 1]
    plane = np.stack([inputs[:, 0], -second], axis=1).astype(np.float64)
    low, high = plane.min(axis=0), plane.max(axis=0)
    plane = 6 + (SIDE - 12) * (plane - low) / np.where(high > low, high - low, 1)
    kinds = targets % len(colours) if data.classes else np.zeros(len(rows), int)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{colours[int(kind)]}"/>'
        for (x, y), kind in zip(plane, kinds, strict=True)
    )
    size = f'width="{SIDE}" height="{SIDE}"'
    frame = f'<rect {size} rx="6" fill="{palette.second}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {SIDE} {SIDE}">'
    return f"{head}{frame}{dots}</svg>"
