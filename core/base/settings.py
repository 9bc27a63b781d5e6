"""What the environment says to the lab: each variable is read by its rule, and nonsense is refused
in one sentence that names the variable, its value, the rule and the way out.
"""

import os
import tempfile
from collections.abc import Sequence
from math import inf, isfinite
from pathlib import Path

from core.base.errors import BadInput


def word(name: str, known: Sequence[str], usual: str) -> str:
    """One of the `known` words; `usual` where the variable is not set. BadInput for another."""
    said = os.environ.get(name, "").strip()
    if said and said.lower() not in known:
        raise BadInput(
            f"{name} is {said[:20]!r}: set it to one of {', '.join(known)}, or leave it out for "
            f"{usual}."
        )
    return said.lower() or usual


def number(name: str, usual: float, *, least: float, whole: bool = False, unit: str = "") -> float:
    """A number, `least` or more; `usual` where the variable is not set. BadInput for another."""
    said = os.environ.get(name, "").strip()
    if not said:
        return usual
    try:
        value = float(said)
    except ValueError:
        value = inf
    if not isfinite(value) or value < least or (whole and value != int(value)):
        what = f"a {'whole ' if whole else ''}number{f' of {unit}' if unit else ''}"
        raise BadInput(
            f"{name} is {said[:20]!r}: set it to {what}, {least:g} or more, or leave it out for "
            f"{usual:g}."
        )
    return value


def folder(name: str, path: Path) -> None:
    """BadInput where `path`, which the variable names, cannot be made or written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise BadInput(
            f"{name} is {str(path)!r}, which cannot be written ({error.strerror}): set it to "
            "a folder that can."
        ) from None
