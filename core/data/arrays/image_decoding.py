"""Decode one image file: PNG, JPEG, BMP, GIF, WebP, PPM or TIFF to 8 bits per channel, upright and
on white where it is transparent; on black if nothing would be visible on white.

The header is read first, so that an image that would take too much memory is never unpacked.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip
from core.data.spreadsheet.decoding import DAMAGE

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".pgm", ".ppm", ".pbm"),
    *(".tif", ".tiff"),
)
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
GREY = ("1", "L", "LA", "I;16", "I", "F")  # modes of Pillow
ROTATED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
MOST_PIXELS = 64 * 10**6  # of one image
FAINT = 20  # levels of 255 between the darkest and the lightest pixel of an image without content
BROKEN = (  # Pillow raises a TypeError for a frame without a size, a KeyError without a palette
    *(*DAMAGE, SyntaxError, TypeError, KeyError),
    Image.DecompressionBombError,
)
# Pillow's warning has a limit of its own, and would be printed beside the refusal below.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


@dataclass(frozen=True)
class ImageFile:
    """An image file that can be opened repeatedly; `name` is its path in the archive."""

    name: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Header:
    """What is known of an image file before its pixels are decoded."""

    file: ImageFile
    size: tuple[int, int]  # height and width, upright
    grey: bool


class OutsideRange(Exception):
    """Pixel values that do not fit 16 bits."""


@dataclass
class ImageFacts:
    """What decoding reveals: whether any pixel has a colour, and how many images are unusual."""

    coloured: bool = False
    transparent: int = 0  # images with transparent parts …
    on_black: int = 0  # … of which these are light, and were placed on black
    animated: int = 0
    rotated: int = 0
    deep: int = 0  # images with 16 bits per pixel …
    deepest: int = 0  # … and their highest value


def read_header(file: ImageFile, name: str) -> Header | None:
    """Return the header, None if it cannot be read. Raises BadData if the image is too large."""
    place = f"{name}, {clip(file.name)}" if name else clip(file.name)
    try:
        with file.open() as stream, Image.open(stream, formats=FORMATS) as image:
            width, height = image.size
            rotated = image.getexif().get(0x0112) in ROTATED and image.format != "TIFF"  # upright
            grey = image.mode in GREY
            is_float = image.mode == "F"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's own limits
        raise _too_large(place, f"more than {whole(MOST_PIXELS / 1e6)} million pixels") from None
    except BROKEN:
        return None
    if is_float:
        raise refuse_depth(place, "floating-point pixels, whose range is not defined")
    if width * height > MOST_PIXELS:
        raise _too_large(place, f"{whole(width)} × {whole(height)} pixels")
    return Header(file, (width, height) if rotated else (height, width), grey)


def _too_large(place: str, content: str) -> BadData:
    return BadData(
        f"{place} has {content}, but at most {whole(MOST_PIXELS / 1e6)} million are supported. "
        "Save the image smaller.",
        code="image_too_large",
    )


def refuse_depth(place: str, content: str) -> BadData:
    """Return the error for pixels of another depth than 8 or 16 bits."""
    return BadData(
        f"{place} has {content}. Save the images with 8 or 16 bits per channel, or "
        "all pixel values as an array (.npy).",
        code="image_depth",
    )


def decode_image(stream: BinaryIO, size: tuple[int, int], facts: ImageFacts) -> Image.Image:
    """Return the image with 8 bits per channel: upright, without transparent parts.

    A JPEG much larger than `size`, height and width, is decoded at a fraction of its size. Raises
    OutsideRange, and BROKEN for damaged files.
    """
    with Image.open(stream, formats=FORMATS) as image:
        image.draft(image.mode, size[::-1])
        facts.animated += getattr(image, "n_frames", 1) > 1
        facts.rotated += image.getexif().get(0x0112, 1) != 1 and image.format != "TIFF"
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16 bits
            values = np.asarray(image).astype(np.int64)
            if values.min() < 0 or values.max() >= 2**16:
                raise OutsideRange(f"pixel values from {values.min()} to {values.max()}")
            facts.deep, facts.deepest = facts.deep + 1, max(facts.deepest, int(values.max()))
            image = Image.fromarray((values >> 8).astype(np.uint8))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            facts.transparent += image.getchannel("A").getextrema()[0] < 255
            image, is_light = _place_on_paper(image)
            facts.on_black += is_light
        image.load()
        return image


def _place_on_paper(image: Image.Image) -> tuple[Image.Image, bool]:
    """Return a transparent image on white, or on black if it is white itself, and which."""
    on_white = _composite(image, "white")
    if _contrast(on_white) >= FAINT:
        return on_white, False
    on_black = _composite(image, "black")
    is_light = _contrast(on_black) >= FAINT
    return on_black if is_light else on_white, is_light


def _composite(image: Image.Image, paper: str) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, paper), image)


def _contrast(image: Image.Image) -> int:
    low, high = image.convert("L").getextrema()
    return high - low
