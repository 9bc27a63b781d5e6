"""Section: a part of a script under a heading."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Code under a heading. `uses` names definitions that belong into this section although its
    code does not use them.
    """

    title: str
    code: str
    uses: tuple[str, ...] = ()
