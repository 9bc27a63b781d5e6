"""Small files, each of which makes the inspection suggest a change: one at least for every place in
which a rule creates an action.
"""

from typing import Any, NamedTuple

import numpy as np

from core.data.reading import Reading
from tests.core.data.inspection.test_doctor import flat, photographs, signs
from tests.core.data.spreadsheet.books import xlsx

ROWS = 40
DRAW = np.random.Generator(np.random.PCG64(3))


class Files(NamedTuple):
    """Up to four files, inputs and labels for training and testing, and how they are read."""

    sources: tuple[bytes | None, ...]
    reading: Reading


def files(*sources: bytes | None, **reading: Any) -> Files:
    return Files((*sources, *[None] * (4 - len(sources))), Reading(**reading))


def csv(header: str, *columns, sep: str = ",") -> bytes:
    """Return a table of these columns; the header may be empty."""
    rows = [sep.join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([*([header] if header else []), *rows]).encode()


def pixels(images: np.ndarray, header: str = "") -> bytes:
    """Return the rows (N, F) as text."""
    return csv(header, *([f"{value:g}" for value in column] for column in images.T))


def numbers(seed: int = 0, rows: int = ROWS) -> list[float]:
    """Return measurements with two decimals."""
    return np.random.Generator(np.random.PCG64(seed)).normal(5, 2, rows).round(2).tolist()


def cycle(values, rows: int = ROWS) -> list:
    return [values[i % len(values)] for i in range(rows)]


A, B, YES = numbers(), numbers(1), cycle(["yes", "no", "no"])
LABELS = csv("", cycle("012", 120))
SIGNS, PHOTOGRAPHS = flat(signs()), photographs(120)
STRAY = SIGNS.astype(float)
STRAY[7, 20] = 999
NUMBERED = np.hstack([np.arange(120)[:, None], SIGNS, np.arange(120)[:, None] % 3])
IMAGE_TITLES = ["id", *(f"p{i}" for i in range(SIGNS.shape[1])), "label"]
SIGNALS = np.cumsum(DRAW.normal(0, 1, (120, 144)), axis=1).round(2) + 40
OBLONG = PHOTOGRAPHS[:, 0, :12].reshape(120, -1)
RUSSIAN = csv("длина,цвет", A, cycle(["роза", "дуб", "клён"])).decode().encode("cp1251")
SHEET = [["a", "b", "kind"], *zip(A, B, cycle("pq"), strict=True)]
KINDS, OTHER_KINDS = ([["kind"], *([k] for k in cycle(kinds))] for kinds in ("pq", "pqq"))
FOLLOWING = [[1, *cycle([4, 7], 39)], [2, *cycle([9, 8, 6], 39)], [3, *cycle([3, 2], 39)]]

FILES = {
    "header that counts": files(csv("0,1,2,3", A, B, numbers(2), cycle([0, 1]))),
    "first row that counts": files(csv("", *FOLLOWING)),
    "two candidates for the label": files(csv("a,b,c", A, B, YES)),
    "numbered rows": files(csv("id,a,b,label", range(ROWS), A, B, YES)),
    "codes of rows": files(csv("id,a,b,label", [f"P{i:03}" for i in range(ROWS)], A, B, YES)),
    "numbered images": files(pixels(NUMBERED, ",".join(IMAGE_TITLES))),
    "folds": files(csv("a,fold,label", A, cycle(range(5)), YES)),
    "parts": files(csv("a,Usage,label", A, cycle(["train", "test"]), YES)),
    "split key": files(
        csv("a,patient,label", A, cycle(range(9)), YES), columns={"patient": {"role": "split_key"}}
    ),
    "small images": files(pixels(DRAW.integers(0, 256, (ROWS, 36))), csv("", cycle("012"))),
    "a square of numbers": files(pixels(DRAW.integers(0, 99, (ROWS, 16))), csv("", cycle("012"))),
    "stray value": files(pixels(STRAY), LABELS),
    "stray value in the test file": files(pixels(SIGNS), LABELS, pixels(STRAY // 2 * 2), LABELS),
    "numbers as classes": files(csv("a,label", A[:8], [1, 2, 3, 4, 5, 5, 1, 6]), task="classes"),
    "many whole numbers": files(csv("a,b,label", A, B, cycle(range(8)))),
    "amounts": files(csv("a,b,price", A, B, numbers(2))),
    "signals": files(pixels(SIGNALS), LABELS),
    "oblong images": files(pixels(OBLONG), LABELS),
    "brighter than white": files(pixels(SIGNS), LABELS, white=100.0),
    "fractions": files(pixels(SIGNS / 255), LABELS),
    "dim images": files(pixels(SIGNS // 4), LABELS),
    "colours": files(pixels(flat(PHOTOGRAPHS)), LABELS),
    "dark on bright": files(pixels(255 - SIGNS), LABELS),
    "turned images": files(pixels(flat(signs().swapaxes(1, 2))), LABELS),
    "repeated images": files(pixels(np.repeat(SIGNS[:60], 2, axis=0)), LABELS),
    "repeated rows": files(csv("a,b,label", cycle(A[:20]), cycle(B[:20]), cycle("xy"))),
    "rows in both files": files(
        csv("a,b,label", A, B, YES), None, csv("a,b,label", A[5:9] + B, B[5:9] + A, cycle(YES, 44))
    ),
    "postcodes": files(csv("code,a,label", cycle(["01067", "20095"]), A, YES)),
    "spellings": files(csv("a,label", A, cycle(["Cat", "cat", "dog"]))),
    "codes of missing values": files(csv("a,b,label", cycle([-999, *B[:19]]), A, YES)),
    "long numbers": files(
        csv("a,b,label", A, [20260101000 + 7 * i * i % 997 for i in range(ROWS)], YES)
    ),
    "several labels": files(
        csv("a,t_x,t_y,t_z", A, cycle([1, 0, 1]), cycle([1, 1, 0]), cycle([0, 1, 1, 1]))
    ),
    "older encoding": files(RUSSIAN),
    "thousands or decimals": files(
        csv("a,b,label", cycle(['"1,059"', '"2,340"']), range(7, 47), YES)
    ),
    "another sheet": files(xlsx(SHEET, SHEET[:20], names=("May", "June"))),
    "sheet of labels": files(xlsx([r[:2] for r in SHEET], KINDS, names=("x", "labels"))),
    "sheet in the labels": files(
        csv("", A, B), xlsx(KINDS, OTHER_KINDS, names=("first", "second"))
    ),
}
