"""The glossary: the terms of training neural networks, each with a definition, a formula and the
page of the lab where it occurs. The terms are in assets/glossary.json.

A term that is a choice or a tool of the lab names it as family/kind, for example optimizer/adam.
Its formula and its page are those of the class, so that they are written once.
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from core.base.encoding import decode
from core.base.errors import NotFound
from core.base.spec import Choice, Value
from core.base.text import clip
from core.concepts.tool import Tool
from core.concepts.tools import TOOLS
from core.export.techniques import FAMILIES

SOURCE = Path(__file__).parents[2] / "assets" / "glossary.json"
SYMBOLS = (
    "θ: all parameters; w: weights; g: gradient; η: learning rate; L: loss; x: input; y: target; "
    "a and z: values before and after a layer; p: probability; N: samples; C: classes; λ: strength "
    "of a penalty; ε: a small constant"
)
Topic = Literal[
    "Data", "Networks", "Losses", "Gradients", "Optimization", "Generalization", "Evaluation",
    "Experiments",
]  # fmt: skip
Name = Annotated[str, Field(min_length=1, max_length=60)]


class GlossaryTerm(Value):
    """One entry. `also` are other names of it, `choice` the choice or tool whose formula and page
    it has, and `demo` a demonstration of the page Concepts. A formula is LaTeX; "" for none.
    """

    name: Name
    also: tuple[Name, ...] = ()
    topic: Topic
    definition: Annotated[str, Field(min_length=20, max_length=300)]
    choice: str = ""
    formula: Annotated[str, Field(max_length=300)] = ""
    page: str = ""
    demo: str = ""

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if bool(self.choice) == bool(self.page) or (self.choice and self.formula):
            raise PydanticCustomError(
                "term_source",
                "{name} needs either a choice, or a page with or without a formula",
                {"name": self.name},
            )
        if self.choice and self.choice not in _sources():
            raise PydanticCustomError(
                "unknown_choice",
                "{name}: there is no choice {choice}. Write family/kind, such as optimizer/adam",
                {"name": self.name, "choice": self.choice[:60]},
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The name and the other names."""
        return (self.name, *self.also)

    def with_source(self) -> "GlossaryTerm":
        """Return the term with the formula and the page of its choice."""
        if not self.choice:
            return self
        source = _sources()[self.choice]
        return self.model_copy(update={"formula": source.formula, "page": source.page})

    def rank(self, query: str) -> int | None:
        """Return how well it matches a query: 0 for one of its names, 1 for the beginning of one, 2
        for a word within one, 3 for words of the definition; None for no match.

        >>> find_terms("glorot")[0].name, find_terms("Learning Rate")[0].name
        ('Xavier initialization', 'Learning rate')
        """
        wanted = normalize(query)
        names = [normalize(name) for name in self.names]
        if wanted in names:
            return 0
        if any(name.startswith(wanted) for name in names):
            return 1
        if any(f" {wanted}" in name for name in names):
            return 2
        text = " ".join((*names, normalize(self.definition)))
        return 3 if all(word in text for word in wanted.split()) else None


class Glossary(Value):
    """All terms, sorted by name. No name occurs twice, also among the other names."""

    terms: tuple[GlossaryTerm, ...]

    @model_validator(mode="after")
    def _is_sorted_and_unique(self) -> Self:
        seen: set[str] = set()
        last = ""
        for term in self.terms:
            if term.name.casefold() < last:
                raise PydanticCustomError(
                    "terms_unsorted", "{name} must come before the term in front of it",
                    {"name": term.name},
                )  # fmt: skip
            last = term.name.casefold()
            for name in map(normalize, term.names):
                if name in seen:
                    raise PydanticCustomError(
                        "term_twice", "{name} occurs twice. Remove one of the two", {"name": name}
                    )
                seen.add(name)
        return self


def normalize(text: str) -> str:
    """Return text for a comparison: lower case, and one space in place of hyphens and spaces.

    >>> normalize(" Learning-rate  Schedule")
    'learning rate schedule'
    """
    return " ".join(text.casefold().replace("-", " ").replace("–", " ").split())


def read_glossary(text: str | bytes) -> tuple[GlossaryTerm, ...]:
    """Return the terms of JSON text, with formulas and pages. Raises BadExperiment with the code of
    the violated rule.
    """
    return tuple(term.with_source() for term in decode(Glossary, text).terms)


@cache
def glossary() -> tuple[GlossaryTerm, ...]:
    """Return the terms of the lab, sorted by name."""
    return read_glossary(SOURCE.read_text())


def find_terms(query: str) -> list[GlossaryTerm]:
    """Return the terms that match a query, the best first; all for an empty one."""
    ranked = [(term.rank(query), term) for term in glossary()]
    matches = [(rank, term) for rank, term in ranked if rank is not None]
    return [term for _, term in sorted(matches, key=lambda match: match[0])]


def terms_in(text: str) -> list[GlossaryTerm]:
    """Return the terms whose names occur in a text as words, in the order of their occurrence.
    Of names within each other, the longest counts.

    >>> [term.name for term in terms_in("Momentum, and a lower learning rate")]
    ['Momentum', 'Learning rate']
    """
    pattern, terms = _names()
    found = dict.fromkeys(terms[name] for name in pattern.findall(normalize(text)))
    return list(found)


def term_of_choice(choice: str) -> GlossaryTerm | None:
    """Return the term of a choice such as optimizer/adam; None if it has none."""
    return next((term for term in glossary() if term.choice == choice), None)


@cache
def _names() -> tuple[re.Pattern[str], dict[str, GlossaryTerm]]:
    """Return a pattern of all names with more than two letters, and their terms."""
    terms = {normalize(n): term for term in glossary() for n in term.names if len(n) > 2}
    longest_first = "|".join(re.escape(name) for name in sorted(terms, key=len, reverse=True))
    return re.compile(rf"\b({longest_first})(?=s?\b)"), terms


def require_terms(query: str) -> list[GlossaryTerm]:
    """Return the terms that match a query. Raises NotFound if there are none."""
    if terms := find_terms(query):
        return terms
    raise NotFound(
        f"No term of the glossary matches “{clip(query)}”. Try a shorter or different word, or "
        "list all terms with `python -m core glossary`.",
        code="term_not_found",
    )


@cache
def _sources() -> dict[str, type[Choice] | Tool]:
    """Return all choices and tools by family and kind."""
    choices = {
        f"{family.family}/{kind}": cls
        for family in FAMILIES
        for kind, cls in family.members.items()
    }
    return choices | {f"tool/{tool.kind}": tool for tool in TOOLS}
