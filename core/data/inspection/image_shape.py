"""Image shape: settle shape and colour order of rows of pixels, and say how sure they are."""

from dataclasses import replace

import numpy as np

from core.base.finding import Action, Finding
from core.base.numbers import percent
from core.base.text import counted
from core.data.inspection import doctor
from core.data.inspection.sample_kind import require_shape
from core.data.inspection.shape_guess import (
    ORDERS,
    Arrangement,
    ShapeGuess,
    alpha_channel,
    guess_shape,
)
from core.data.inspection.shapes import Shape, check_shape, format_image_shape
from core.data.reading import Reading
from core.data.spreadsheet.growing_array import map_rows
from core.data.spreadsheet.table import Table

SMALL = 8  # pixels of a side of colour images below which the second shape is always named
SAMPLED = 200  # images that show which of four channels is the opacity
SIGNAL = 0.6  # error of predicting a value from the one before below which rows may be signals


def settle_shape(
    values: np.ndarray, table: Table, reading: Reading
) -> tuple[Reading, list[Finding]]:
    """Return the reading with the shape and colour order of rows (N, F), and the findings on them.

    Raises BadData if no shape fits.
    """
    turned = reading.transpose
    if reading.shape:
        shape = check_shape(values.shape[1], reading.shape, table.name)
        guess, finding = None, _stated_finding(shape)
    else:
        guess = require_shape(values, table.name)
        shape, finding = turn(guess.best.shape, turned), _guessed_finding(guess, turned)
    findings, changes = [finding], {"shape": shape}
    states_order = bool(table.channels) and reading.channels == table.channels
    if shape[0] > 1 and min(shape[1:]) > 1 and not states_order:
        orders = [Arrangement(turn(shape, turned), order) for order in ORDERS]
        errors = (guess or guess_shape(values, orders)).orders()
        changes["channels"], colours = doctor.check_colours(errors, reading)
        findings.append(colours)
    return reading.model_copy(update=changes), findings


def turn(shape: Shape, turned: bool) -> Shape:
    """Return the shape of the upright image for that in the file, or the reverse."""
    channels, height, width = shape
    return (channels, width, height) if turned else shape


def _describe(shape: Shape) -> str:
    channels = "one channel" if shape[0] == 1 else counted(shape[0], "channel")
    return f"{shape[1]} × {shape[2]} pixels and {channels}"


def _stated_finding(shape: Shape) -> Finding:
    """Return the finding on a shape that is given."""
    return Finding("shape", "ok", f"Images have {_describe(shape)}.", {"shape": list(shape)})


def _guessed_finding(guess: ShapeGuess, turned: bool) -> Finding:
    """Return the finding on the best shape, compared with the second; a question if in doubt."""
    shape, second = turn(guess.best.shape, turned), guess.runner_up
    plain = _stated_finding(shape)
    if not guess.is_image and guess.from_left < SIGNAL:
        text = (
            f"{plain.text} But only neighbours in one direction resemble each other: rows may be "
            "signals. Read them as a table, or check the image shape."
        )
        action = Action("Read as a table", {"form": "table"})
        return replace(plain, level="info", text=text, action=action)
    if second is None:
        return plain
    other = guess.arrangements[second]
    other_shape = turn(other.shape, turned)
    evidence = plain.evidence | {
        "error": guess.errors[0],
        "second": list(other_shape),
        "second_error": guess.errors[second],
        "clear": not guess.is_close,
    }
    is_usual = shape[1] == shape[2] and (shape[0] == 1 or (shape[0] == 3 and shape[1] >= SMALL))
    if is_usual and not guess.is_close:
        return replace(plain, evidence=evidence)
    text = (
        f"{plain.text} Neighbouring pixels then predict a pixel with an error of "
        f"{percent(guess.errors[0])} of the standard deviation; with {_describe(other_shape)}, the "
        f"error is {percent(guess.errors[second])}."
    )
    action = Action(
        f"Read as {format_image_shape(other_shape)}",
        {"shape": other_shape, "channels": other.order if other.shape[0] > 1 else "auto"},
    )
    if not guess.is_close:
        return replace(plain, text=text, evidence=evidence, action=action)
    text += " Both are possible: check the images."
    return replace(plain, level="info", text=text, evidence=evidence, action=action)


def drop_alpha(values: np.ndarray, reading: Reading) -> tuple[np.ndarray, Reading, Finding]:
    """Return rows (N, 4·H·W) without the channel of opacity, their reading, and the finding."""
    _, height, width = reading.shape
    columns = np.arange(values.shape[1])
    channel = columns % 4 if reading.channels == "interleaved" else columns // (height * width)
    place = alpha_channel([values[:SAMPLED, channel == c] for c in range(4)])
    alpha = channel == place
    low, high = (float(pick(values[:, alpha])) for pick in (np.min, np.max))
    varying = "" if low == high else ", which varies: transparent pixels keep their colour"
    which = "first" if place == 0 else "fourth"
    text = (
        f"The {which} channel (opacity, {low:g} to {high:g}{varying}) is left out; red, green and "
        "blue are used."
    )
    finding = Finding("alpha", "info", text, {"low": low, "high": high})
    reading = reading.model_copy(update={"shape": (3, height, width)})
    return map_rows(values, lambda rows: rows[:, ~alpha]), reading, finding
