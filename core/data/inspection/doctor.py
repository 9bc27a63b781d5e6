"""Data doctor: findings on images and on repeated rows.

The measurements are in `image_statistics.py` and `duplicates.py`. Nothing is changed here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.base.finding import Action, Finding
from core.base.numbers import percent, whole
from core.base.text import counted, few
from core.data.inspection import duplicates
from core.data.inspection.duplicates import Duplicates
from core.data.inspection.image_statistics import background, ink_ratio
from core.data.reading import Reading

SIDEWAYS = 0.95  # mean height over mean width of the ink below which handwriting seems turned
UNIFORM_BORDER = 0.6  # fraction of similar border pixels in drawings; photographs measure 0.4
SMOOTHER = 0.9  # ratio of errors below which one order of the colours is clearly better
DIM = 0.5  # fraction of full brightness up to which the brightest pixel is questioned
SHOWN = 6  # samples that a finding shows
NAMED = 3  # repeated rows that a sentence names …
LISTED = 1000  # … and that the evidence lists


def check_brightness(low: float, high: float, white: float, reading: Reading) -> Finding:
    """Return the finding on the range of pixel values and how it is mapped to 0 … 255."""
    black = reading.black or 0.0
    is_chosen = reading.white is not None or reading.black is not None
    evidence = {"low": low, "high": high, "black": black, "white": white}
    if low == high:
        text = f"Every pixel has the value {low:g}, so there is nothing to learn. Check the file."
        return Finding("pixel_range", "warn", text, evidence)
    text = f"Pixel values run from {low:g} to {high:g}"
    if low < black or high > white:
        text = (
            f"{text}, outside the expected range of {black:g} to {white:g}. Map {low:g} to black "
            f"and {high:g} to white, or check the file."
        )
        action = Action("Stretch brightness", {"black": low, "white": high})
        return Finding("pixel_range", "warn", text, evidence, action)
    if (black, white) != (0, 255):
        darkest = f"{black:g} becomes 0 and " if black else ""
        text = f"{text}. They are rescaled: {darkest}{white:g} becomes 255."
        action = None if is_chosen else Action("Keep original values", {"white": 255.0})
        return Finding("pixel_range", "ok" if is_chosen else "info", text, evidence, action)
    if not is_chosen and high <= DIM * white:
        text = (
            f"{text}, but full brightness is assumed to be {white:g}, so the images are dark. If "
            f"{high:g} is full brightness, rescale them."
        )
        action = Action(f"Use {high:g} as full brightness", {"white": high})
        return Finding("pixel_range", "info", text, evidence, action)
    return Finding("pixel_range", "ok", f"{text}.", evidence)


def check_colours(errors: tuple[float, float], reading: Reading) -> tuple[str, Finding]:
    """Return the order of the colour values and its finding.

    `errors` are those of predicting a pixel from its neighbours in planar and interleaved order.
    """
    planar, interleaved = errors
    best = "interleaved" if interleaved < SMOOTHER * planar else "planar"
    clear = best == "interleaved" or planar < SMOOTHER * interleaved
    chosen = best if reading.channels == "auto" else reading.channels
    other = "planar" if chosen == "interleaved" else "interleaved"
    orders = {
        "planar": "one channel after the other (planar)",
        "interleaved": "pixel by pixel (interleaved)",
    }
    here, there = (planar, interleaved) if chosen == "planar" else (interleaved, planar)
    text = f"Colours are read {orders[chosen]}"
    wrong = clear and chosen != best
    if wrong:
        text += (
            f", but then neighbouring pixels predict a pixel with an error of {percent(here)} of "
            f"the standard deviation; in {other} order the error is {percent(there)}. Switch to "
            f"{other} order."
        )
    elif clear:
        text += (
            f": neighbouring pixels predict a pixel with an error of {percent(here)} of the "
            f"standard deviation, in {other} order {percent(there)}."
        )
    else:
        text = f"{text}. Both orders fit equally well: check the colours of the images."
    offered = reading.channels == "auto" or wrong
    action = Action(f"Use {other} order", {"channels": other}) if offered else None
    level = "warn" if wrong else "ok" if clear or reading.channels != "auto" else "info"
    evidence = {"planar": planar, "interleaved": interleaved, "clear": clear}
    return chosen, Finding("channels", level, text, evidence, action)


def check_drawings(images: np.ndarray, reading: Reading) -> list[Finding]:
    """Return findings on grey images (N, 1, H, W) that are dark on bright, or seem transposed."""
    if images.shape[1] != 1 or min(images.shape[2:]) < 4:
        return []
    findings = []
    rows = tuple(range(min(SHOWN, len(images))))
    edge, near, mean = background(images)
    if edge >= 150 and near >= 0.85 and mean < edge:
        text = (
            f"Images are dark on a bright background ({percent(near)} of the border pixels are "
            f"near {edge:g}); MNIST and similar datasets are bright on dark. Invert the images to "
            "match them."
        )
        action = Action("Invert images", {"invert": not reading.invert})
        evidence = {"border": edge, "near": near, "mean": mean}
        findings.append(Finding("inverted", "info", text, evidence, action, rows))
    square = images.shape[2] == images.shape[3]
    ratio = ink_ratio(images) if square and near >= UNIFORM_BORDER else 1.0
    if ratio < SIDEWAYS:
        text = (
            f"Drawings are {ratio:.2f} times as tall as wide, but handwriting is usually taller "
            "than wide. Rows and columns may be swapped: compare both versions and transpose the "
            "images if needed."
        )
        action = Action("Transpose images", {"transpose": not reading.transpose})
        evidence = {"height_over_width": ratio, "limit": SIDEWAYS}
        findings.append(Finding("transposed", "info", text, evidence, action, rows))
    return findings


def check_pixels(low: np.ndarray, high: np.ndarray, blank: np.ndarray, rows: int) -> list[Finding]:
    """Return findings on constant pixels and blank images, from `image_statistics.extremes`."""
    findings = []
    constant = int((low == high).sum())
    if 0 < constant < len(low):
        text = (
            f"{whole(constant)} of {counted(len(low), 'pixel')} never change "
            f"({percent(constant / len(low))}). They carry no information and do no harm."
        )
        evidence = {"constant": constant, "pixels": len(low)}
        findings.append(Finding("constant", "ok", text, evidence))
    if 0 < len(blank) < rows:
        fraction = len(blank) / rows
        level = "warn" if fraction > 0.01 else "info"
        shown = tuple(blank[:SHOWN].tolist())
        text = (
            f"{counted(len(blank), 'image')}{_percentage(fraction)} have the same value in every "
            f"pixel; the first is image {whole(shown[0] + 1)}. Remove blank images."
        )
        if len(blank) == 1:
            text = f"Image {whole(shown[0] + 1)} has the same value in every pixel. Remove it."
        evidence = {"blank": len(blank), "rows": rows}
        findings.append(Finding("blank", level, text, evidence, rows=shown))
    return findings


def find_duplicates(rows: np.ndarray, blank: np.ndarray | tuple = ()) -> Duplicates:
    """Return the rows (N, F) that repeat an earlier one, except those listed in `blank`."""
    pairs = duplicates.within(rows)
    counts = ~np.isin(pairs.repeat, blank)
    return Duplicates(pairs.repeat[counts], pairs.original[counts])


def check_duplicates(
    rows: np.ndarray,
    targets: np.ndarray | None,
    noun: str,
    blank: np.ndarray | tuple = (),
    *,
    numbers: Sequence[int] = (),
    left_out: Sequence[str] = (),
) -> list[Finding]:
    """Return a finding if rows (N, F) repeat, and how many of them with another label.

    Rows listed in `blank` are left out: `check_pixels` reports them. `numbers` are the row numbers
    in the file (N,). `left_out` are the file's columns that are no inputs, in which the rows may
    differ.
    """
    pairs = find_duplicates(rows, blank)
    if not len(pairs):
        return []
    fraction, conflicts = len(pairs) / len(rows), _conflicts(pairs, targets, targets)
    verb = "repeats" if len(pairs) == 1 else "repeat"
    compared, label = "", "Remove duplicates"
    if left_out:
        compared = f"Only the input columns are compared, not {few(left_out)}. "
        label = "Remove rows with equal inputs"
    text = (
        f"{counted(len(pairs), noun)} {verb} an earlier one{_percentage(fraction)}"
        f"{_contradictions(conflicts)}{_where(pairs, conflicts, numbers)}. {compared}The same "
        f"{noun} may be in the training and the test set, which makes the test score look better "
        "than it is. Remove the duplicates."
    )
    level = "warn" if noun == "image" and (len(conflicts) or fraction > 0.05) else "info"
    evidence: dict[str, Any] = {
        "repeated": len(pairs),
        "contradicting": len(conflicts),
        "rows": len(rows),
    }
    if len(numbers):
        evidence["repeats"] = [int(numbers[row]) for row in pairs.repeat[:LISTED]]
        evidence["originals"] = [int(numbers[row]) for row in pairs.original[:LISTED]]
    if left_out:
        evidence["not_compared"] = list(left_out)
    action = Action(label, {"duplicates": "remove"})
    rows_shown = _examples(pairs, conflicts)
    return [Finding("duplicates", level, text, evidence, action, rows=rows_shown)]


def check_shared(
    train: np.ndarray,
    test: np.ndarray,
    targets: tuple[np.ndarray, np.ndarray],
    noun: str,
) -> list[Finding]:
    """Return a finding if test rows are also training rows; its `rows` index the training set."""
    pairs = duplicates.across(train, test)
    if not len(pairs):
        return []
    fraction, conflicts = len(pairs) / len(test), _conflicts(pairs, *targets)
    verb = "is" if len(pairs) == 1 else "are"
    text = (
        f"{counted(len(pairs), f'test {noun}')}{_percentage(fraction)} {verb} also in the training "
        f"set{_contradictions(conflicts)}. The test score will look better than it is: remove "
        "them from one of the two files."
    )
    level = "warn" if noun == "image" or fraction > 0.05 else "info"
    evidence = {"shared": len(pairs), "contradicting": len(conflicts), "rows": len(test)}
    rows = tuple(pairs.original[:SHOWN].tolist())
    action = Action("Remove these test samples", {"duplicates": "remove"})
    return [Finding("shared", level, text, evidence, action, rows=rows)]


def _percentage(fraction: float) -> str:
    """ " (12 %)", or nothing where it would round to nothing."""
    return f" ({percent(fraction)})" if fraction >= 0.001 else ""


def _where(pairs: Duplicates, conflicts: np.ndarray, numbers: Sequence[int]) -> str:
    """ ": row 17 repeats row 3, row 30 repeats row 8" with the numbers of rows in the file."""
    if not len(numbers):
        return ""
    order = dict.fromkeys([*conflicts[:NAMED].tolist(), *range(NAMED)])
    shown = [i for i in order if i < len(pairs)][:NAMED]
    named = [
        f"row {whole(int(numbers[pairs.repeat[i]]))} repeats row "
        f"{whole(int(numbers[pairs.original[i]]))}"
        for i in shown
    ]
    return f": {', '.join(named)}{', …' if len(pairs) > len(named) else ''}"


def _contradictions(conflicts: np.ndarray) -> str:
    return f", {whole(len(conflicts))} of them with a different label" if len(conflicts) else ""


def _conflicts(
    pairs: Duplicates, targets: np.ndarray | None, others: np.ndarray | None
) -> np.ndarray:
    """Return the pairs with two labels: `targets` belong to originals, `others` to repeats."""
    if targets is None or others is None:
        return np.empty(0, int)
    return np.flatnonzero(others[pairs.repeat] != targets[pairs.original])


def _examples(pairs: Duplicates, conflicts: np.ndarray) -> tuple[int, ...]:
    """Return the rows of a few pairs, those with different labels first."""
    order = [*conflicts[:SHOWN].tolist(), *range(SHOWN)]
    chosen = [i for i in dict.fromkeys(order) if i < len(pairs)][: SHOWN // 2]
    return tuple(int(row) for i in chosen for row in (pairs.original[i], pairs.repeat[i]))
