"""The table of techniques: every choice of every family and every tool, with formula, source and
page. `python -m core techniques > assets/techniques.md` writes it to the repository.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.analysis.catalogue import Analysis
from core.base.spec import Choice
from core.concepts.tools import TOOLS
from core.data.augmentations import Augmentation
from core.data.datasets import DataSet
from core.data.normalization import Normalization
from core.data.sampling import Sampling
from core.export.catalogue import ExportFormat
from core.losses import Loss
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.network.presets import Preset
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from core.studies.axes import Axis
from core.studies.search.pruning import Pruning
from core.studies.search.space import Dimension
from core.studies.search.strategies import SearchStrategy
from core.studies.study import Method, Strategy
from core.weights.start import Start

FAMILIES: tuple[type[Choice], ...] = (
    Layer, Preset, Initializer, Start, Loss, Optimizer, Schedule, StoppingRule, Regularizer,
    DataSet, Normalization, Augmentation, Sampling, Method, Axis, Strategy,
    SearchStrategy, Pruning, Dimension, Analysis, ExportFormat,
)  # fmt: skip
TITLES = {
    "start": "Starting weights",
    "data set": "Datasets", "normalization": "Normalization", "sampling": "Sampling",
    "analysis": "Analyses of a finished run", "export format": "Export formats",
    "method": "Methods of studies", "axis": "Axes of studies", "strategy": "Strategies of studies",
    "search strategy": "Strategies of a search", "pruning": "Pruning of a search",
    "dimension": "Dimensions of a search",
}  # fmt: skip
TOOLS_TITLE = "Tools and demonstrations"
HEADER = "| Name | Formula | Source | Page |\n| --- | --- | --- | --- |"


@dataclass(frozen=True)
class Technique:
    """One choice or tool. `page` is the page that offers it; `ids` groups related techniques."""

    ids: str
    name: str
    formula: str
    source: str
    page: str
    about: str

    def matches(self, query: str) -> bool:
        """Whether every word of the query occurs in the name, source, page or description."""
        text = " ".join((self.name, self.source, self.page, self.about)).lower()
        return all(word in text for word in query.lower().split())


def title(family: type[Choice]) -> str:
    """Return the heading of a family.

    >>> title(Layer), title(Loss)
    ('Layers', 'Losses')
    """
    plural = "es" if family.family.endswith("s") else "s"
    return TITLES.get(family.family, f"{family.family.capitalize()}{plural}")


def page_file(page: str) -> str:
    """Return the file of a page in the folder `pages`.

    >>> page_file("Double descent")
    'double_descent.py'
    """
    return f"{page.lower().replace(' ', '_')}.py"


def sections() -> Iterator[tuple[str, tuple[Technique, ...]]]:
    """Yield a heading and its techniques for each family, and last for the tools."""
    for family in FAMILIES:
        rows = tuple(map(describe, family.members.values()))
        if family in (Analysis, ExportFormat, Axis):  # several files: order means nothing
            rows = tuple(sorted(rows, key=lambda row: row.name))
        yield title(family), rows
    yield (
        TOOLS_TITLE,
        tuple(Technique(t.technique, t.label, t.formula, t.source, t.page, t.about) for t in TOOLS),
    )


def describe(cls: type[Choice]) -> Technique:
    """Return the row of one choice; its description is the first paragraph of its docstring."""
    about = cls.doc().partition("\n\n")[0].replace("\n", " ")
    return Technique(cls.technique, cls.label, cls.formula, cls.papers(), cls.page, about)


def markdown() -> str:
    """Return the whole table as Markdown, one section for each family."""
    parts = [
        "# Techniques",
        "Every choice in the lab, generated from its class by `python -m core techniques`.",
    ]
    for heading, techniques in sections():
        rows = [table_row(t.name, math(t.formula), t.source, t.page) for t in techniques]
        parts += [f"## {heading}", "\n".join([HEADER, *rows])]
    return "\n\n".join(parts) + "\n"


def table_row(*cells: str) -> str:
    """Return a row of a Markdown table; an empty cell becomes a dash."""
    return f"| {' | '.join(cell or '–' for cell in cells)} |"


def math(formula: str) -> str:
    r"""Return LaTeX for a table cell, in which a vertical bar would end the cell.

    >>> math(r"\|w\| = |a|")
    '$\\Vert w\\Vert  = \\vert a\\vert $'
    """
    escaped = formula.replace(r"\|", r"\Vert ").replace("|", r"\vert ").replace("\n", " ")
    return f"${escaped}$" if escaped else ""
