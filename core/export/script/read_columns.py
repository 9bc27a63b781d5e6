"""Lines of code that turn the columns of a spreadsheet, as pandas read it, into inputs: pixels of
images, or numbers and encoded texts of a table.
"""

import numpy as np

from core.data.manifest import About
from core.data.samples import Samples
from core.export.script.rendering import code, literal


def find_title(title: str, index: int, columns: list) -> object:
    """Return what pandas calls the column with this title, else the one at this place."""
    known = {str(column).strip().casefold(): column for column in columns}
    if title and title.strip().casefold() in known:
        return known[title.strip().casefold()]
    return columns[index] if index < len(columns) else None


def image_lines(about: About, samples: Samples) -> list[str]:
    """Return the lines that make images (N, C, H, W) of rows of pixels."""
    settled, (channels, height, width) = about.settled, samples.shape
    white, black = settled.white or 255.0, settled.black or 0.0
    is_plain = (white, black) == (255.0, 0.0) and samples.inputs.dtype == np.uint8
    if is_plain:
        lines = ["    pixels = table.to_numpy(np.uint8)"]
    else:
        factor = f"np.float32({255 / (white - black)})"
        lines = [f"    pixels = (table.to_numpy(np.float32) - np.float32({black})) * {factor}"]
        if samples.inputs.dtype == np.uint8:
            lines.append("    pixels = pixels.round().astype(np.uint8)")
    if settled.channels == "interleaved":
        lines.append(
            f"    images = pixels.reshape(-1, {height}, {width}, {channels}).transpose(0, 3, 1, 2)"
        )
    else:
        lines.append(f"    images = pixels.reshape(-1, {channels}, {height}, {width})")
    if settled.transpose:
        lines.append("    images = images.transpose(0, 1, 3, 2)")
    lines.append("    return 255 - images" if settled.invert else "    return images")
    return lines


def table_lines(about: About, columns: list) -> list[str]:
    """Return the lines that encode the columns of a table: numbers first, then texts, then the
    indicators of missing values.
    """
    places = {e: find_title(e.title, e.index, columns) for e in about.encodings}
    numbers = [places[e] for e in about.encodings if e.kind == "number"]
    lines = [code(numbers, str, before="    numbers = ", indent=4)] if numbers else []
    parts = ["table[numbers].to_numpy(np.float32)"] if numbers else []
    for encoding in about.encodings:
        column = f"table[{literal(places[encoding])}]"
        stripped = f'{column}.fillna("").str.strip()'
        if encoding.kind == "number":
            continue
        if encoding.kind == "one_hot":
            categories = literal(list(encoding.categories))
            part = f"np.stack([{stripped} == c for c in {categories}], axis=1)"
        else:
            order = literal({c: k for k, c in enumerate(encoding.categories)})
            part = f"{stripped}.map({order}).fillna(-1).to_numpy(np.float32)[:, None]"
        if encoding.strategy:  # gaps are filled after the split
            part = f"np.where({column}.notna().to_numpy()[:, None], {part}, np.nan)"
        parts.append(part)
    for encoding in about.encodings:
        if encoding.indicator:
            parts.append(f"table[{literal(places[encoding])}].isna().to_numpy()[:, None]")
    if len(parts) == 1 and numbers:
        return [*lines, f"    return {parts[0]}"]
    return [
        *lines,
        "    parts = [",
        *(f"        {part}," for part in parts),
        "    ]",
        "    return np.hstack([part.astype(np.float32) for part in parts])",
    ]
