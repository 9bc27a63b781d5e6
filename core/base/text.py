"""How counts and other people's text stand in a sentence. Knows nothing of data."""

from collections.abc import Sequence

from core.base.numbers import whole

CLIP = 80  # characters of a cell, a class or a file name that a sentence shows


def counted(count: int, noun: str) -> str:
    """1, "row" -> "1 row"; 2, "class" -> "2 classes"; 2, "study" -> "2 studies"."""
    hisses = noun.endswith(("s", "ch")) and noun != "epoch"  # its "ch" is a "k"
    plural = noun + ("es" if hisses else "s")
    if noun.endswith("y") and noun[-2] not in "aeiou":
        plural = f"{noun[:-1]}ies"
    return f"{whole(count)} {noun if count == 1 else plural}"


def clip(text: str) -> str:
    """One line of at most CLIP characters; what does not print is shown as `·`."""
    line = "".join(c if c.isprintable() else "·" for c in text[: CLIP + 1])
    return line if len(line) <= CLIP else line[: CLIP - 1] + "…"


def few(names: Sequence[str]) -> str:
    """All of up to 12 names, else the first ten and the last."""
    shown = names if len(names) <= 12 else [*names[:10], "…", names[-1]]
    return ", ".join(clip(name) for name in shown)


def format_shape(shape: Sequence[int]) -> str:
    """A shape as people read it.

    >>> format_shape((16, 5, 5))
    '16 × 5 × 5'
    """
    return " × ".join(map(str, shape))
