"""The table of techniques: every choice of every family with its row, formula, source and page.
Read off the classes; `python -m core techniques > assets/techniques.md` writes it down.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.base.spec import Choice
from core.concepts.tools import Tool
from core.data.augmentations import Augmentation
from core.data.datasets import DataSet
from core.data.normalization import Normalization
from core.data.sampling import Sampling
from core.losses import Loss
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.network.presets import Preset
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule

FAMILIES: tuple[type[Choice], ...] = (
    Layer, Preset, Initializer, Loss, Optimizer, Schedule, StoppingRule, Regularizer,
    DataSet, Normalization, Augmentation, Sampling, Tool,
)  # fmt: skip
NAMES = {"tool": "Tools and demonstrations", "data set": "Data sets"}
HEAD = "| id | name | formula | source | page |\n| --- | --- | --- | --- | --- |"


@dataclass(frozen=True)
class Technique:
    """One choice: the rows that it belongs to ("O1 O2"), and where it is switched on."""

    ids: str
    name: str
    formula: str
    source: str
    page: str
    about: str

    def holds(self, words: str) -> bool:
        """Whether each of these words stands somewhere in it, whatever the case."""
        told = " ".join((self.ids, self.name, self.source, self.page, self.about)).lower()
        return all(word in told for word in words.lower().split())


def title(family: type[Choice]) -> str:
    """What a family is called above its rows.

    >>> title(Layer), title(Loss)
    ('Layers', 'Losses')
    """
    plural = "es" if family.family.endswith("s") else "s"
    return NAMES.get(family.family, f"{family.family.capitalize()}{plural}")


def techniques(family: type[Choice]) -> Iterator[Technique]:
    """A row for each member, in the order of its menu."""
    for cls in family.members.values():
        about = cls.doc().partition("\n\n")[0].replace("\n", " ")
        yield Technique(cls.technique, cls.label, cls.formula, cls.source, cls.page, about)


def markdown() -> str:
    """The whole table, a section for each family."""
    parts = ["# Techniques", "Every choice of the lab, read off its class; ids as in the plan."]
    for family in FAMILIES:
        rows = [line(t.ids, t.name, math(t.formula), t.source, t.page) for t in techniques(family)]
        parts += [f"## {title(family)}", "\n".join([HEAD, *rows])]
    return "\n\n".join(parts) + "\n"


def line(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cell or '–' for cell in cells)} |"


def math(formula: str) -> str:
    r"""LaTeX for a cell, where a bar would end it.

    >>> math(r"\|w\| = |a|")
    '$\\Vert w\\Vert  = \\vert a\\vert $'
    """
    bare = formula.replace(r"\|", r"\Vert ").replace("|", r"\vert ").replace("\n", " ")
    return f"${bare}$" if bare else ""
