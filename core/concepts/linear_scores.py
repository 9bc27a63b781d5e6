"""Linear scores of one image of 2 × 2 pixels and their hinge loss. Pure functions.

The numbers are those of the figure in "Linear Classification" (Stanford CS231n course notes).
"""

from collections.abc import Sequence
from dataclasses import dataclass

PIXELS = (56.0, 231.0, 24.0, 2.0)  # an image of a cat
CLASSES = ("cat", "dog", "ship")
WEIGHTS = ((0.2, -0.5, 0.1, 2.0), (1.5, 1.3, 2.1, 0.0), (0.0, 0.25, 0.2, -0.3))
BIASES = (1.1, 3.2, -1.2)
PUBLISHED_SHIP_SCORE = 61.95  # the figure omits the bias here


@dataclass(frozen=True)
class ScoreRow:
    """One class: the weighted sum of the pixels, the score with its bias, and the violation of the
    margin (0 for the correct class).
    """

    name: str
    weighted_sum: float
    score: float
    violation: float


def linear_scores(
    pixels: Sequence[float], label: int, margin: float = 1.0
) -> tuple[tuple[ScoreRow, ...], float]:
    """Return a row for each of CLASSES, and the hinge loss Σ max(0, margin + s_j − s_c).

    >>> rows, loss = linear_scores(PIXELS, label=0)
    >>> [round(row.score, 2) for row in rows], round(loss, 2)
    ([-96.8, 437.9, 60.75], 694.25)
    """
    sums = [sum(w * x for w, x in zip(row, pixels, strict=True)) for row in WEIGHTS]
    scores = [s + bias for s, bias in zip(sums, BIASES, strict=True)]
    violations = [
        0.0 if j == label else max(0.0, margin + score - scores[label])
        for j, score in enumerate(scores)
    ]
    rows = tuple(map(ScoreRow, CLASSES, sums, scores, violations))
    return rows, sum(violations)
