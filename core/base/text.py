"""Counts and foreign text within a sentence."""

from collections.abc import Sequence

from core.base.numbers import THIN, whole

CLIP = 80  # characters of a cell, a class or a file name that a sentence shows


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "row"), counted(2, "class"), counted(2, "study"), counted(2, "more epoch")
    ('1 row', '2 classes', '2 studies', '2 more epochs')
    """
    is_sibilant = noun.endswith(("s", "ch", "sh")) and not noun.endswith("epoch")  # a "k"
    plural = noun + ("es" if is_sibilant else "s")
    if noun.endswith("y") and noun[-2] not in "aeiou":
        plural = f"{noun[:-1]}ies"
    return f"{whole(count)} {noun if count == 1 else plural}"


def clip(text: str) -> str:
    """Return one line of at most CLIP characters, with `·` for characters that do not print.

    >>> clip("12\\u202f%"), clip("a\\nb")
    ('12\\u202f%', 'a·b')
    """
    line = "".join(c if c.isprintable() or c == THIN else "·" for c in text[: CLIP + 1])
    return line if len(line) <= CLIP else line[: CLIP - 1] + "…"


def file_name(text: str) -> str:
    """Return a name as part of a file's name on any system.

    >>> file_name("Run 1/2: a*b.")
    'Run 1-2- a-b'
    """
    kept = "".join(c if c.isalnum() or c in " ._-+()=," else "-" for c in clip(text))
    return kept.strip(" .") or "run"


def few(names: Sequence[str]) -> str:
    """Return up to 12 names in one line; of more, the first ten and the last."""
    listed = names if len(names) <= 12 else [*names[:10], "…", names[-1]]
    return ", ".join(clip(name) for name in listed)


def join_words(words: Sequence[str], last: str = "and") -> str:
    """Join words as in a sentence.

    >>> join_words(["a", "b", "c"]), join_words(["a", "b"], "or"), join_words(["a"])
    ('a, b and c', 'a or b', 'a')
    """
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def format_shape(shape: Sequence[int]) -> str:
    """Return a shape as text.

    >>> format_shape((16, 5, 5))
    '16 × 5 × 5'
    """
    return " × ".join(map(str, shape))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines with aligned columns, the same on a terminal and piped.

    >>> aligned([("a", "done"), ("long", "failed")])
    ['a     done', 'long  failed']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def uncapitalize(label: str) -> str:
    """Return a label within a sentence; abbreviations keep their capital.

    >>> [uncapitalize(label) for label in ("Batch normalization", "L2 penalty", "MixUp", "Flip")]
    ['batch normalization', 'L2 penalty', 'MixUp', 'flip']
    """
    first = label.split()[0]
    return label[:1].lower() + label[1:] if first[1:].isalpha() and first[1:].islower() else label
