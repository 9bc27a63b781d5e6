"""Linear scores of one picture, and their hinge loss (C7, L2). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

PIXELS = (56.0, 231.0, 24.0, 2.0)  # deck C's picture of 2 × 2 pixels, a cat
CLASSES = ("cat", "dog", "ship")
WEIGHTS = ((0.2, -0.5, 0.1, 2.0), (1.5, 1.3, 2.1, 0.0), (0.0, 0.25, 0.2, -0.3))
BIASES = (1.1, 3.2, -1.2)
PRINTED = 61.95  # what the deck gives for the third score


@dataclass(frozen=True)
class ScoreRow:
    """One class: the weighted sum of the pixels, the score with the bias, and by how much it
    misses the margin (0 for the right class).
    """

    name: str
    weighted: float
    score: float
    missed: float


def linear_scores(
    pixels: Sequence[float], right: int, margin: float = 1.0
) -> tuple[tuple[ScoreRow, ...], float]:
    """A row for each of CLASSES, and the hinge loss Σ max(0, margin + s_j − s_c).

    >>> rows, loss = linear_scores(PIXELS, right=0)
    >>> [round(row.score, 2) for row in rows], round(loss, 2)
    ([-96.8, 437.9, 60.75], 694.25)
    """
    sums = [sum(w * x for w, x in zip(row, pixels, strict=True)) for row in WEIGHTS]
    scores = [s + bias for s, bias in zip(sums, BIASES, strict=True)]
    missed = [
        0.0 if j == right else max(0.0, margin + score - scores[right])
        for j, score in enumerate(scores)
    ]
    rows = tuple(map(ScoreRow, CLASSES, sums, scores, missed))
    return rows, sum(missed)
