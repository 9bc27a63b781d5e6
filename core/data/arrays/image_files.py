"""Image files: decode PNG, JPEG, BMP, GIF, WebP, PPM and TIFF to rows of pixels of one size.

The headers are read first, so that the size of all images is known before any is decoded and an
image that would take too much memory is never unpacked.
"""

from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.arrays.image_decoding import (
    BROKEN,
    Header,
    ImageFacts,
    ImageFile,
    OutsideRange,
    decode_image,
    read_header,
    refuse_depth,
)
from core.data.spreadsheet.chunks import ReadProgress
from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.table import Table

LARGEST_SIDE = 128  # pixels up to which images of one size keep it
RESIZED_SIDE = 64  # longest side of images that are resized; small networks train on it in minutes
ALL_PIXELS = 20 * 10**9  # of all images together; decoding them takes minutes
MOST_BYTES = 2 * 2**30  # of all images after resizing
DAMAGED = 0.1  # fraction of unreadable images from which the file is refused
DIM = 2**14  # highest value of 16 bits below which fewer than 64 shades are left
BATCH = 64  # images decoded between two reports of progress


def decode_images(
    files: Sequence[ImageFile],
    name: str,
    wanted: tuple[int, int, int] | None,
    progress: ReadProgress | None = None,
) -> tuple[Table, list[int]]:
    """Return the images as a table, and the indices of the files that could be read.

    `wanted` is the shape (C, H, W) to convert to; None keeps the size that all images share, or
    chooses one. Raises BadData.
    """
    headers, indices = [], []
    for index, file in enumerate(files):
        if header := read_header(file, name):
            headers.append(header)
            indices.append(index)
    _check_readable(files, indices, name)
    pixels = sum(header.size[0] * header.size[1] for header in headers)
    if pixels > ALL_PIXELS:
        raise BadData(
            f"{name} contains images of {whole(pixels / 1e6)} million pixels, but at most "
            f"{whole(ALL_PIXELS / 1e6)} million are supported. Use fewer or smaller images.",
            code="too_many_pixels",
        )
    size, notes = _choose_size(Counter(header.size for header in headers), wanted, name)
    colour = wanted[0] != 1 if wanted else not all(header.grey for header in headers)
    values, decoded, facts = _decode(headers, size, colour, name, progress)
    indices = [indices[i] for i in decoded]
    _check_readable(files, indices, name)
    if colour and not wanted and not facts.coloured:
        values, colour = np.ascontiguousarray(values[:, ::3]), False
    notes += _describe(headers, files, indices, facts, colour)
    table = Table(
        name,
        values,
        None,
        tuple(range(values.shape[1])),
        range(1, len(values) + 1),
        notes=tuple(notes),
        shape=(3 if colour else 1, *size),
        channels="interleaved",
        files=tuple(files[i].name for i in indices),
        is_array=True,
    )
    return table, indices


def _check_readable(files: Sequence[ImageFile], indices: Sequence[int], name: str) -> None:
    missing = len(files) - len(indices)
    if missing > DAMAGED * len(files):
        first = files[min(set(range(len(files))) - set(indices))]
        raise BadData(
            f"{name} contains {counted(missing, 'damaged image')} of {whole(len(files))}; the "
            f"first one is {clip(first.name)}. Create the file again from undamaged images.",
            code="damaged_images",
        )


def _choose_size(
    sizes: Counter[tuple[int, int]], wanted: tuple[int, int, int] | None, name: str
) -> tuple[tuple[int, int], list[Finding]]:
    """Return height and width of all images, and the finding if images are resized.

    Images of one size keep it up to LARGEST_SIDE. Others get the median height and width, reduced
    to RESIZED_SIDE. Raises BadData if they take too much memory.
    """
    heights, widths = (np.repeat([size[i] for size in sizes], list(sizes.values())) for i in (0, 1))
    largest = max(sizes, key=lambda size: size[0] * size[1])
    smallest = min(sizes, key=lambda size: size[0] * size[1])
    chosen = (int(np.median(heights)), int(np.median(widths)))
    limit = LARGEST_SIDE if len(sizes) == 1 else RESIZED_SIDE
    if wanted:
        chosen = wanted[1:]
    elif max(chosen) > limit:
        scale = RESIZED_SIDE / max(chosen)
        chosen = tuple(max(1, round(side * scale)) for side in chosen)
    total = len(heights) * 3 * chosen[0] * chosen[1]
    if total > MOST_BYTES:
        raise BadData(
            f"{name} contains {counted(len(heights), 'image')}. With {chosen[0]} × {chosen[1]} "
            f"pixels they take {whole(total / 2**20)} MB, but at most "
            f"{whole(MOST_BYTES / 2**20)} MB are supported. Enter a smaller image shape.",
            ({"shape": (3, RESIZED_SIDE, RESIZED_SIDE)},),
            code="too_many_pixels",
        )
    if set(sizes) == {chosen}:
        return chosen, []
    range_text = (
        f"Images have {counted(len(sizes), 'different size')}, from {smallest[0]} × {smallest[1]} "
        f"to {largest[0]} × {largest[1]} pixels (height × width)."
        if len(sizes) > 1
        else f"Images have {largest[0]} × {largest[1]} pixels (height × width)."
    )
    text = (
        f"{range_text} All are resized to {chosen[0]} × {chosen[1]}; where the proportions differ, "
        "images are stretched. Enter another image shape if details get lost."
    )
    evidence = {"sizes": len(sizes), "smallest": list(smallest), "largest": list(largest)}
    evidence["resized"] = list(chosen)
    return chosen, [Finding("resized", "info", text, evidence)]


def _decode(
    headers: Sequence[Header],
    size: tuple[int, int],
    colour: bool,
    name: str,
    progress: ReadProgress | None,
) -> tuple[np.ndarray, list[int], ImageFacts]:
    """Return pixels (n, H·W·C), the indices of the images that could be decoded, and the facts."""
    facts, decoded, batch = ImageFacts(), [], []
    with GrowingArray() as rows:
        for index, header in enumerate(headers):
            try:
                with header.file.open() as stream:
                    batch.append(_pixels(stream, size, colour, facts))
                decoded.append(index)
            except OutsideRange as error:
                raise refuse_depth(f"{name}, {clip(header.file.name)}", str(error)) from None
            except BROKEN:
                pass
            if len(batch) == BATCH or (batch and index == len(headers) - 1):
                rows.add(np.stack(batch))
                batch = []
                if progress:
                    progress((index + 1) / len(headers))
        if not decoded:
            raise BadData(
                f"{name} contains no image that can be read. Create the file again from undamaged "
                "images.",
                code="damaged_images",
            )
        return rows.array(), decoded, facts


def _pixels(stream: BinaryIO, size: tuple[int, int], colour: bool, facts: ImageFacts) -> np.ndarray:
    """Return one image as (H·W·C,) uint8: upright, without transparent parts, resized."""
    height, width = size
    image = decode_image(stream, size, facts).convert("RGB" if colour else "L")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    if colour and not facts.coloured:
        facts.coloured = bool((pixels != pixels[..., :1]).any())
    return pixels.reshape(-1)


def _describe(
    headers: Sequence[Header],
    files: Sequence[ImageFile],
    indices: Sequence[int],
    facts: ImageFacts,
    colour: bool,
) -> list[Finding]:
    """Return findings on images that are left out or converted."""
    findings = []
    lost = sorted(set(range(len(files))) - set(indices))
    if lost:
        names = few([files[i].name for i in lost])
        text = f"{counted(len(lost), 'image')} cannot be read and left out: {names}."
        findings.append(Finding("damaged_images", "warn", text, {"images": len(lost)}))
    grey = sum(header.grey for header in headers)
    if colour and grey:
        text = (
            f"{counted(grey, 'image')} of {whole(len(headers))} are grey; all are converted to "
            "colour (3 channels)."
        )
        findings.append(Finding("grey_and_colour", "info", text, {"grey": grey}))
    if facts.transparent:
        text = f"{counted(facts.transparent, 'image')} with transparency are placed on white"
        black = f", {whole(facts.on_black)} of them on black: they are white themselves"
        text += f"{black * bool(facts.on_black)}."
        evidence = {"images": facts.transparent, "on_black": facts.on_black}
        findings.append(Finding("transparency", "info", text, evidence))
    if facts.deep:
        text = (
            f"{counted(facts.deep, 'image')} with 16 bits per pixel are reduced to 8 bits: the "
            f"highest value, {whole(facts.deepest)} of 65 535, becomes {facts.deepest >> 8} of 255."
        )
        if facts.deepest < DIM:
            text += " Few shades are left: stretch the values to 16 bits, or save them as 8 bits."
        level = "warn" if facts.deepest < DIM else "info"
        evidence = {"images": facts.deep, "highest": facts.deepest}
        findings.append(Finding("sixteen_bits", level, text, evidence))
    if facts.animated:
        text = f"Of {counted(facts.animated, 'image')} with several frames, only the first is read."
        findings.append(Finding("animated", "info", text, {"images": facts.animated}))
    return findings
