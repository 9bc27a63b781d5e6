"""Image form: an image of any size and colour is made like the training images, and every change is
reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self

import numpy as np
from PIL import Image

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip
from core.data.arrays.image_decoding import (
    BROKEN,
    ImageFacts,
    ImageFile,
    OutsideRange,
    decode_image,
    read_header,
    refuse_depth,
)
from core.predict.ink import Ink, border_pixels
from core.predict.paper import fit_paper

MEASURED = 2000  # training images, evenly spaced
DECODED = (1024, 1024)  # pixels up to which a large JPEG is reduced while it is decoded
LARGEST_FILE = 64 * 2**20  # bytes of one image file
FLAT = 20.0  # levels of 255 between background and ink below which an image is empty
UNEVEN = 25.0  # levels of 255 by which the light may differ without being reported
COLOUR = 32  # levels between channels up to which compression made them differ
NOISE = 0.25  # of the darkest ink, below which scanned or photographed paper has none


@dataclass(frozen=True)
class PreparedImage:
    """The pixels (C, H, W) that the network gets before normalization, from 0 (black) to 255, and
    the findings on what was changed.
    """

    pixels: np.ndarray
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class ImageForm:
    """What the training images have in common: `shape` (C, H, W), and their `ink` if they have a
    uniform background. `stretched` images were resized without keeping their proportions.
    """

    shape: tuple[int, int, int]
    ink: Ink | None
    stretched: bool = False

    @classmethod
    def measure(cls, images: np.ndarray, rows: np.ndarray, *, stretched: bool = False) -> Self:
        """Measure the training images (N, C, H, W) at `rows` (n,)."""
        some = rows[:: max(1, len(rows) // MEASURED)]
        return cls(images.shape[1:], Ink.measure(images[some]), stretched)

    def prepare_file(self, file: ImageFile) -> PreparedImage:
        """Read an image file and make it like the training images. Raises BadData if it is damaged,
        too large, or of an unknown format.
        """
        header = read_header(file, "")
        if header is None:
            with file.open() as stream:
                raise _damaged(file.name) if stream.read(1) else _empty(file.name)
        facts = ImageFacts()
        try:
            with file.open() as stream:
                image = _decode(stream, facts)
        except OutsideRange as error:
            raise refuse_depth(clip(file.name), str(error)) from None
        except BROKEN:
            raise _damaged(file.name) from None
        prepared = self.prepare(image, file.name, true_size=header.size)
        return PreparedImage(prepared.pixels, (*_conversions(facts, file.name), *prepared.findings))

    def prepare(
        self, pixels: np.ndarray, name: str = "The image", true_size: tuple[int, int] | None = None
    ) -> PreparedImage:
        """Make pixels (h, w) or (h, w, 3) from 0 to 255 like the training images."""
        channels, steps = self.shape[0], []
        size = true_size or pixels.shape[:2]
        if channels == 1 and pixels.ndim == 3:
            pixels, coloured = _to_grey(pixels)
            if coloured:
                text = f"{clip(name)} has colours and was made grey, as the training images are."
                steps.append(Finding("made_grey", "info", text))
        images = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)  # (c, h, w)
        if self.ink and self._is_inverted(images):
            images = 255 - images
            text = (
                f"{clip(name)} has a {_shade(255 - self.ink.background)} background and the "
                f"training images have a {_shade(self.ink.background)} one, so it was inverted."
            )
            steps.append(Finding("inverted", "info", text, {"background": self.ink.background}))
        if self.ink and channels == 1:
            images, placed = self._place(images, name, size)
        else:
            images, placed = self._resize(images, name, size)
        steps += placed
        if channels == 3 and len(images) == 1:
            images = np.repeat(images, 3, axis=0)
            text = f"{clip(name)} is grey; its three colour channels are equal."
            steps.append(Finding("colours_from_grey", "info", text))
        return PreparedImage(np.ascontiguousarray(images), tuple(steps))

    def prepare_drawing(self, ink: np.ndarray) -> PreparedImage:
        """Make a drawing (h, w), from 0 (nothing) to 1 (ink), like the training images: centred,
        and scaled with strokes of their width. Raises BadData for an empty drawing.
        """
        if not ink.size or not np.isfinite(ink).all() or ink.max() <= 0:
            raise BadData("The drawing is empty. Draw something first.", code="empty_drawing")
        if self.ink is None:
            paper = (255 * (1 - ink.clip(0, 1))).astype(np.uint8)
            return self.prepare(paper, "The drawing")
        pixels = self.ink.place(ink.clip(0, 1))
        images = np.repeat(pixels[None], self.shape[0], axis=0)
        return PreparedImage(images.round().astype(np.uint8), (self._placed("The drawing"),))

    def _is_inverted(self, images: np.ndarray) -> bool:
        """Whether the border pixels are on the other side of grey than those in training."""
        border = float(np.median(border_pixels(images[None])))
        return (border < 127.5) != (self.ink.background < 127.5)

    def _place(
        self, images: np.ndarray, name: str, size: tuple[int, int]
    ) -> tuple[np.ndarray, list[Finding]]:
        """Place the ink of one grey image (1, h, w) like that of the training images, unless it has
        their form already, as it is or resized.
        """
        if images.shape[1:] == self.shape[1:] and self.ink.matches(self._levels(images) / 255):
            return images, []
        resized, findings = self._resize(images, name, size)
        whole = all(finding.code != "cropped" for finding in findings)
        if whole and self.ink.matches(self._levels(resized) / 255, strokes=not self.stretched):
            return resized, findings
        ink, light = self._find_ink(images)
        darkest = float(np.quantile(ink, 0.995))
        if 255 * darkest < FLAT:
            text = (
                f"{clip(name)} has no ink that differs from its background: the answer means "
                "nothing. Use an image with more contrast."
            )
            return resized, [*findings, Finding("no_ink", "warn", text)]
        ink = (ink / darkest).clip(0, 1)
        ink[ink < NOISE] = 0
        pixels = self.ink.place(ink)[None].round().astype(np.uint8)
        steps = [self._placed(name)]
        if tuple(size) != tuple(self.shape[1:]):
            steps.insert(0, _resized(name, size, self.shape[1:]))
        if light > UNEVEN:
            text = (
                f"{clip(name)} has uneven light: the brightness of its background differs by "
                f"{light:.0f} of 255 levels. This was evened out."
            )
            steps.insert(0, Finding("evened", "info", text, {"levels": round(light)}))
        return pixels, steps

    def _find_ink(self, images: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the ink (h, w), from 0 to 1, of a grey image (1, h, w), and by how many levels the
        light on it differs. Only line art shows enough of its background to measure the light.
        """
        levels = self._levels(images)
        if self.ink.stroke:
            paper = fit_paper(255 - levels)
            return (1 - (255 - levels) / paper).clip(0, 1), float(np.ptp(paper))
        background = float(np.median(border_pixels(levels[None, None])))
        return ((levels - background) / 255).clip(0, 1), 0.0

    def _levels(self, images: np.ndarray) -> np.ndarray:
        """Return how far each pixel (h, w) of a grey image (1, h, w) is from the background."""
        return np.abs(images[0].astype(np.float32) - self.ink.background)

    def _placed(self, name: str) -> Finding:
        ink = self.ink
        point = "centre of mass" if ink.anchor == "mass" else "middle"
        strokes = f" with strokes of {ink.stroke:.1f} pixels" * bool(ink.stroke)
        text = (
            f"{clip(name)} was scaled to {ink.side:.0f} pixels{strokes}, and centred by its "
            f"{point}, as the training images are."
        )
        evidence = {"side": ink.side, "centre": list(ink.centre), "anchor": ink.anchor}
        return Finding("placed", "info", text, evidence | {"stroke": ink.stroke})

    def _resize(
        self, images: np.ndarray, name: str, size: tuple[int, int]
    ) -> tuple[np.ndarray, list[Finding]]:
        """Return (c, H, W) of the size of the training images: cut to their proportions first,
        unless these were stretched.
        """
        goal = self.shape[1:]
        findings = []
        if images.shape[1:] == goal:
            return images, findings
        if not self.stretched:
            images, lost = _cut(images, goal)
            if lost:
                text = (
                    f"{clip(name)} has other proportions than the training images, so "
                    f"{lost} of it was cut off at the sides."
                )
                findings.append(Finding("cropped", "info", text, {"size": list(size)}))
        planes = [
            Image.fromarray(plane).resize(goal[::-1], Image.Resampling.BILINEAR) for plane in images
        ]
        return np.stack(planes), [*findings, _resized(name, size, goal)]


def _decode(stream: BinaryIO, facts: ImageFacts) -> np.ndarray:
    image = decode_image(stream, DECODED, facts)
    return np.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB"))


def _to_grey(pixels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return (h, w) and whether (h, w, 3) had colours."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    return grey, int(np.ptp(pixels, axis=2).max()) > COLOUR


def _cut(images: np.ndarray, goal: Sequence[int]) -> tuple[np.ndarray, str]:
    """Return the central part of (c, h, w) with the proportions of `goal`, and how much of the
    longer side is lost, as text; empty if nothing is.
    """
    height, width = images.shape[1:]
    scale = min(height / goal[0], width / goal[1])
    rows, columns = max(1, round(goal[0] * scale)), max(1, round(goal[1] * scale))
    top, left = (height - rows) // 2, (width - columns) // 2
    lost = 1 - min(rows / height, columns / width)
    part = images[:, top : top + rows, left : left + columns]
    return part, f"{lost:.0%}".replace("%", " %") if lost >= 0.005 else ""


def _resized(name: str, size: Sequence[int], goal: Sequence[int]) -> Finding:
    before, after = (f"{whole(w)} × {whole(h)}" for h, w in (size, goal))
    text = f"{clip(name)} was resized from {before} to {after} pixels (width × height)."
    return Finding("resized", "info", text, {"from": list(size), "to": list(goal)})


def _conversions(facts: ImageFacts, name: str) -> list[Finding]:
    """Report what decoding changed."""
    shown, findings = clip(name), []
    if facts.rotated:
        text = f"{shown} was turned upright, as its EXIF data asks for."
        findings.append(Finding("rotated", "info", text))
    if facts.transparent:
        text = f"{shown} has transparent parts and was placed on white."
        if facts.on_black:
            text = f"{shown} is white with transparent parts and was placed on black."
        findings.append(Finding("transparency", "info", text))
    if facts.deep:
        text = f"{shown} has 16 bits per pixel and was reduced to 8 bits."
        findings.append(Finding("sixteen_bits", "info", text, {"highest": facts.deepest}))
    if facts.animated:
        text = f"{shown} has several frames; only the first one was used."
        findings.append(Finding("animated", "info", text))
    return findings


def _shade(level: float) -> str:
    return "black" if level < 127.5 else "white"


def _empty(name: str) -> BadData:
    return BadData(
        f"{clip(name)} is empty: it has 0 bytes. Copy or download it again.", code="empty_image"
    )


def _damaged(name: str) -> BadData:
    return BadData(
        f"{clip(name)} cannot be read as an image: it is damaged, or of another format than PNG, "
        "JPEG, WebP, BMP, GIF, TIFF or PPM. Save it again, for example as PNG.",
        code="damaged_image",
    )
