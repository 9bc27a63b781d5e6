"""Ink: where the ink of drawings and handwriting is, how large and how thick, measured on the
training images; and drawings placed in the same way.

The images of MNIST, for example, were scaled to a box of 20 × 20 pixels and centred by their centre
of mass (LeCun, Bottou, Bengio & Haffner 1998). A network that was trained on them expects this.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from PIL import Image
from scipy import ndimage

STROKES = 200  # images of which the width of strokes is measured, evenly spaced
EXTREME = 0.1  # distance to black or white, as a fraction, up to which a background is one
UNIFORM = 0.6  # fraction of border pixels in the colour of the background
FAINT = 0.1  # ink below it does not count for the box: antialiased edges of 8 bits
FINE = 8  # parts of a pixel in which a drawing is scaled and moved
THIN = 0.3  # width of strokes, as a fraction of the box, up to which ink is line art
ALIKE = 0.7  # smallest ratio of two stroke widths, or two shades, that count as alike
SLACK = 1.0  # pixels by which an image may differ from all training images and stay unchanged

Anchor = Literal["mass", "box"]


@dataclass(frozen=True)
class Ink:
    """What the ink of the training images has in common; lengths in pixels.

    `background` is 0 or 255. `side` is the median of the longer side of its bounding box, `centre`
    (row, column) the mean position of the `anchor`: the centre of mass or of the box. `stroke` is
    the median width of strokes, 0 if the images are no line art. `peak` (0 to 1) is the darkest
    ink. `sides` and `offsets` are the extremes in the training set, of the longer side and of the
    distance to the centre.
    """

    shape: tuple[int, int]
    background: float
    side: float
    centre: tuple[float, float]
    anchor: Anchor
    stroke: float
    peak: float
    sides: tuple[float, float]
    offset: float

    @classmethod
    def measure(cls, images: np.ndarray) -> Self | None:
        """Measure images (N, C, H, W) from 0 to 255; None if they have no uniform black or white
        background.
        """
        images = np.asarray(images, np.float32)
        background = find_background(images)
        if background is None:
            return None
        ink = np.abs(images - background).max(1).clip(0, 255) / 255  # (N, H, W)
        peaks = ink.max((1, 2))
        ink = ink[peaks > FAINT]
        if not len(ink):
            return None
        boxes = bounding_boxes(ink)
        sides = (boxes[:, 1] - boxes[:, 0]).max(1)  # (N,)
        centres = {"mass": centres_of_mass(ink), "box": boxes.mean(1)}  # each (N, 2)
        anchor = min(centres, key=lambda name: centres[name].std(0).sum())
        centre = centres[anchor].mean(0)
        side = float(np.median(sides))
        some = ink[:: max(1, len(ink) // STROKES)]
        stroke = float(np.median([_stroke_of(image) for image in some]))
        return cls(
            shape=ink.shape[1:],
            background=background,
            side=side,
            centre=(float(centre[0]), float(centre[1])),
            anchor=anchor,
            stroke=stroke if stroke <= THIN * side else 0.0,
            peak=float(np.median(peaks)),
            sides=(float(sides.min()), float(sides.max())),
            offset=float(np.abs(centres[anchor] - centre).max()),
        )

    def matches(self, ink: np.ndarray, *, strokes: bool = False) -> bool:
        """Whether ink (H, W) of the size of the training images is placed as theirs is, and with
        `strokes`, as dark and about as thick.
        """
        if ink.max() <= FAINT:
            return not strokes
        if strokes and not self._has_strokes(ink):
            return False
        box = bounding_boxes(ink[None])
        centre = (centres_of_mass(ink[None]) if self.anchor == "mass" else box.mean(1))[0]
        side = (box[0, 1] - box[0, 0]).max()
        low, high = self.sides
        return (
            low - SLACK <= side <= high + SLACK
            and np.abs(centre - self.centre).max() <= self.offset + SLACK
        )

    def _has_strokes(self, ink: np.ndarray) -> bool:
        """Whether ink (H, W) is about as dark and as thick as that of the training images."""
        if ink.max() < ALIKE * self.peak:
            return False
        width = _stroke_of(ink) if self.stroke else 0.0
        return ALIKE * self.stroke <= width <= self.stroke / ALIKE

    def place(self, ink: np.ndarray) -> np.ndarray:
        """Scale, thicken or thin, and move ink (h, w) from 0 to 1 of any size, so that it is like
        that of the training images. Returns pixels (H, W) from 0 to 255 on their background.
        """
        height, width = self.shape
        canvas = np.zeros((FINE * height, FINE * width), np.float32)
        if ink.max() > FAINT:
            fine = self._scaled(cropped(ink))
            anchor = centres_of_mass(fine[None]) if self.anchor == "mass" else None
            middle = anchor[0] if anchor is not None else np.array(fine.shape) / 2
            corner = np.round(FINE * np.array(self.centre) - middle).astype(int)
            _paste(canvas, fine, corner)
        ink = canvas.reshape(height, FINE, width, FINE).mean((1, 3))
        ink = ink / max(ink.max(), FAINT) * self.peak
        return np.abs(self.background - 255 * ink).astype(np.float32)

    def _scaled(self, ink: np.ndarray) -> np.ndarray:
        """Return cropped ink at FINE parts of a pixel: its box and its strokes have the size of
        those of the training images.
        """
        longer = max(ink.shape)
        width = min(stroke_width(ink), longer) if self.stroke else 0.0
        room = longer - width
        scale = (self.side - self.stroke) / room if room > 0.1 * longer else self.side / longer
        size = [max(1, round(FINE * scale * side)) for side in ink.shape]
        image = Image.fromarray(ink.astype(np.float32))
        fine = np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
        if not self.stroke:
            return fine
        change = (FINE * self.stroke - FINE * scale * width) / 2  # of each side of a stroke
        return cropped(_thickened(fine, change))


def find_background(images: np.ndarray) -> float | None:
    """Return 0 or 255 if the border pixels of images (N, C, H, W) are mostly black or white."""
    border = border_pixels(images)
    middle = float(np.median(border))
    background = 0.0 if middle < 127.5 else 255.0
    near = np.abs(border - background) <= 255 * EXTREME
    return background if near.mean() >= UNIFORM else None


def border_pixels(images: np.ndarray) -> np.ndarray:
    """Return the outermost pixels (N, C, ·) of images (N, C, H, W)."""
    edges = images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]
    return np.concatenate(edges, axis=-1)


def bounding_boxes(ink: np.ndarray) -> np.ndarray:
    """Return first and last + 1 row and column of the ink of images (N, H, W), (N, 2, 2)."""
    is_ink = ink > FAINT * ink.max((1, 2), keepdims=True)
    ends = []
    for axis, length in ((2, ink.shape[1]), (1, ink.shape[2])):  # rows, then columns
        used = is_ink.any(axis)
        ends.append((used.argmax(1), length - used[:, ::-1].argmax(1)))
    return np.array(ends, np.float64).transpose(2, 1, 0)  # (N, first or last, row or column)


def centres_of_mass(ink: np.ndarray) -> np.ndarray:
    """Return the centre of mass (row, column) of images (N, H, W), (N, 2), where the first pixel
    reaches from 0 to 1.
    """
    total = ink.sum((1, 2))
    rows = ink.sum(2) @ (np.arange(ink.shape[1]) + 0.5)
    columns = ink.sum(1) @ (np.arange(ink.shape[2]) + 0.5)
    return np.stack([rows / total, columns / total], axis=1)


def cropped(ink: np.ndarray) -> np.ndarray:
    """Return the part of ink (H, W) inside its bounding box."""
    (top, left), (bottom, right) = bounding_boxes(ink[None])[0].astype(int)
    return ink[top:bottom, left:right]


def stroke_width(ink: np.ndarray) -> float:
    """Return the mean width of the strokes of ink (H, W) in pixels.

    The distance to the nearest pixel without ink is w/4 on average over a stroke of width w.
    """
    mask = np.pad(ink > ink.max() / 2, 1)
    return 4 * float(ndimage.distance_transform_edt(mask)[mask].mean()) - 2


def _thickened(ink: np.ndarray, change: float) -> np.ndarray:
    """Return ink (H, W) whose outline is moved outwards by `change` pixels, inwards if it is
    negative.
    """
    margin = max(1, int(np.ceil(change)) + 1)
    mask = np.pad(ink > ink.max() / 2, margin)
    if change >= 0:
        return (ndimage.distance_transform_edt(~mask) <= change + 0.5).astype(np.float32)
    inside = ndimage.distance_transform_edt(mask)
    deepest = inside.max()
    return (inside > min(-change, deepest - 1)).astype(np.float32)


def _stroke_of(image: np.ndarray) -> float:
    """Return the mean width of the strokes of a small image (H, W), measured on a larger one."""
    times = FINE // 2
    size = (image.shape[1] * times, image.shape[0] * times)
    larger = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    return stroke_width(np.asarray(larger)) / times


def _paste(canvas: np.ndarray, part: np.ndarray, corner: np.ndarray) -> None:
    """Add the part to the canvas (H, W) with its first pixel at `corner`; what is outside is
    lost.
    """
    start = np.maximum(corner, 0)
    end = np.minimum(corner + part.shape, canvas.shape)
    if (end <= start).any():
        return
    (top, left), (bottom, right) = start, end
    row, column = start - corner
    canvas[top:bottom, left:right] = part[row : row + bottom - top, column : column + right - left]
