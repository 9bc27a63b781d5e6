"""Titles: what the name of a column reveals, and the pattern of names of image files."""

import re

_ID = re.compile(
    r"(.*[\s_.\-])?(ids?|idx|index|uuid|guid|row|row[\s_.\-]?names?|row[\s_.\-]?num(ber)?|no|nr|#)"
    r"|(user|image|img|student|customer|person|patient|sample|row|item|product|passenger|record"
    r"|case|client|order|employee)id|unnamed: ?\d+(_level_\d+)?|",
    re.I,
)
_CAMEL_ID = re.compile(r".*[a-z](Id|ID)")
_FILE = re.compile(
    r"(.*[\s_.\-])?(file|path|image|img|photo)([\s_.\-]?(names?|file|path))?s?|filenames?", re.I
)
IMAGE_FILE = re.compile(r".+\.(png|jpe?g|gif|bmp|webp|tiff?)", re.I)


def is_identifier_title(title: str) -> bool:
    """Whether the title names row numbers or identifiers: id, PassengerId, "Unnamed: 0", empty."""
    title = title.strip().rstrip(".")
    return bool(_ID.fullmatch(title) or _CAMEL_ID.fullmatch(title))


def is_key_title(title: str) -> bool:
    """Whether two files may be joined on a column of this title: identifiers and file names."""
    return is_identifier_title(title) or bool(_FILE.fullmatch(title.strip()))


def normalized(title: str) -> str:
    """Return the title in small letters with underscores: "Class Label" -> "class_label"."""
    return re.sub(r"[\s_.\-]+", "_", title.strip().lower())
