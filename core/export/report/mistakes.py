"""The mistakes of a run in a report: a confusion matrix and the most confident mistakes, or the
residuals and the worst predictions of values.
"""

import base64
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.analysis.catalogue import Confusion, Mistakes, Residuals
from core.analysis.mistakes.confusion import (
    confused_pairs,
    describe_other_pairs,
    describe_score,
)
from core.analysis.mistakes.most_confident import describe_columns, signed
from core.analysis.mistakes.residuals import describe_score as describe_value_score
from core.analysis.results import Result, asking
from core.analysis.trained import TrainedRun
from core.base.numbers import percent, whole
from core.base.settings import settings
from core.base.text import clip, counted
from core.figures import residuals as residual_figure
from core.figures.confusion import MOST, ink
from core.figures.neighbours import png
from core.figures.static_svg import svg
from core.figures.template import PALETTES
from core.runs.measured import NAMES, describe_rate

IMAGES, ROWS, PAIRS = 12, 10, 8  # mistakes as images, table rows, and confused pairs


class MatrixCell(NamedTuple):
    """A number of the confusion matrix with its colours."""

    count: str
    ground: str
    ink: str


class Sample(NamedTuple):
    """A misclassified image with its nearest training images, as the address of a PNG."""

    image: str
    classes: str
    detail: str


@dataclass(frozen=True)
class MistakesSection:
    """`summary` says which samples these are; everything else may be empty."""

    summary: str = ""
    classes: Sequence[str] = ()
    matrix: Sequence[Sequence[MatrixCell]] = ()
    pairs: Sequence[Sequence[str]] = ()
    other_pairs: str = ""
    samples: Sequence[Sample] = ()
    rows: Sequence[Sequence[str]] = ()
    scatter: str = ""  # SVG


def read_mistakes(
    trained: TrainedRun, *, start: float
) -> Generator[tuple[float, str], None, MistakesSection]:
    """Return the section on the held-out samples; yields the fraction done, from `start` on."""
    part, middle = trained.held_out, (1 + start) / 2
    if not trained.classes:
        return _residuals((yield from asking(trained, Residuals(part=part), start=start)))
    confusion = yield from asking(trained, Confusion(part=part), start=start, end=middle)
    mistakes = yield from asking(trained, Mistakes(part=part), start=middle)
    return _confusions(trained, confusion, mistakes)


def _confusions(trained: TrainedRun, confusion: Result, found: Result) -> MistakesSection:
    names, part = [clip(name) for name in found["names"]], NAMES[found["part"]]
    score = describe_score(confusion, settings().score)
    right = found["wrong"] == 0
    pairs = [
        (names[i], names[j], whole(count), describe_rate(share))
        for i, j, count, share in confused_pairs(confusion["counts"], PAIRS)
    ]
    is_table = bool(found["columns"])
    shown = range(min(found["wrong"], len(found["rows"]), ROWS if is_table else IMAGES))
    head = ("Row", "True", "Predicted", "Probability", "Influential columns")
    return MistakesSection(
        summary=f"{score} on {counted(confusion['samples'], f'{part} sample')}: "
        + ("no mistakes." if right else f"{counted(found['wrong'], 'mistake')}."),
        classes=names if len(names) <= MOST else (),
        matrix=_matrix(confusion["counts"]) if len(names) <= MOST else (),
        pairs=[("True class", "Predicted", "Count", "Of the true class"), *pairs] if pairs else (),
        other_pairs=describe_other_pairs(confusion["counts"], PAIRS),
        samples=() if is_table else [_sample(trained, found, k, names) for k in shown],
        rows=[head, *(_row(found, k, names) for k in shown)] if is_table and shown else (),
    )


def _matrix(counts: Sequence[Sequence[int]]) -> list[list[MatrixCell]]:
    """The cells in the colours of the page's chart: stretched fractions of the true class."""
    matrix = np.array(counts)
    levels = np.sqrt(matrix / np.maximum(matrix.sum(1, keepdims=True), 1))
    colours = PALETTES["light"].sequential
    last = len(colours) - 1
    return [
        [
            MatrixCell(whole(n) if n else "", colours[round(level * last)], ink(level, "light"))
            for n, level in zip(row, row_levels, strict=True)
        ]
        for row, row_levels in zip(matrix.tolist(), levels.tolist(), strict=True)
    ]


def _sample(trained: TrainedRun, found: Result, k: int, names: list[str]) -> Sample:
    data, row = trained.data, found["rows"][k]
    source = data.test_inputs if found["part"] == "test" and data.has_test else data.inputs
    near = found["neighbours"][k] if k < len(found["neighbours"]) else []
    picture = png(source[row], data.inputs[near] if near else data.inputs[:0])
    alike = ", ".join(names[c] for c in found["neighbour_classes"][k]) if near else ""
    return Sample(
        "data:image/png;base64," + base64.b64encode(picture).decode(),
        f"{names[found['true'][k]]} → {names[found['predicted'][k]]}",
        f"{percent(found['probability'][k])} · row {whole(found['row_numbers'][k])}"
        + (f" · nearest: {alike}" if alike else ""),
    )


def _row(found: Result, k: int, names: list[str]) -> tuple[str, ...]:
    why = describe_columns(found, k) if k < len(found["columns"]) else ""
    truth, guess = names[found["true"][k]], names[found["predicted"][k]]
    return whole(found["row_numbers"][k]), truth, guess, percent(found["probability"][k]), why


def _residuals(found: Result) -> MistakesSection:
    scores = ", ".join(f"{n} {describe_value_score(s)}" for n, s in found["scores"].items())
    chart = residual_figure.figure(*residual_figure.rows(*found["points"]), "light")
    rows = []
    for k in range(min(ROWS, len(found["row_numbers"]))):
        true, predicted = found["true"][k], found["predicted"][k]
        values = (signed(v, 4) for v in (true, predicted, true - predicted))
        why = describe_columns(found, k) if found["columns"] else ""
        rows.append((whole(found["row_numbers"][k]), *values, why))
    head = ("Row", "True", "Predicted", "Residual", "Influential columns")
    samples = counted(found["samples"], f"{NAMES[found['part']]} sample")
    return MistakesSection(
        summary=f"{scores} on {samples}, in the unit of the target.",
        rows=[head, *rows],
        scatter=svg(chart, "Residuals against predicted values"),
    )
