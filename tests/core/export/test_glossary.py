"""The glossary: the terms are complete and unique, their pages, demonstrations and formulas exist,
and a search finds the term that is meant.
"""

import json
import re

import pytest

from core.__main__ import main
from core.base.errors import BadExperiment, NotFound
from core.concepts.demonstrations import DEMONSTRATIONS
from core.concepts.tools import TOOLS
from core.export.glossary import (
    SOURCE,
    find_terms,
    glossary,
    read_glossary,
    require_terms,
)
from core.export.techniques import FAMILIES
from pages.kit.site import GROUPS

PAGES = {title for rows in GROUPS.values() for _, title, _ in rows}


def depth_of_braces(formula):
    depth = lowest = 0
    for sign in re.sub(r"\\[{}]", "", formula):
        depth += (sign == "{") - (sign == "}")
        lowest = min(lowest, depth)
    return depth, lowest


def test_every_term_is_complete_and_leads_to_a_page():
    assert len(glossary()) >= 120
    for term in glossary():
        assert term.page in PAGES, term.name
        assert term.definition.strip().endswith("."), term.name
        assert term.demo in ("", *(tool.kind for tool in DEMONSTRATIONS)), term.name
        assert all(name == name.strip() != "" for name in term.names), term.name


def test_the_formulas_are_balanced():
    formulas = [term.formula for term in glossary() if term.formula]
    assert len(formulas) > 90
    for formula in formulas:
        assert depth_of_braces(formula) == (0, 0), formula
        assert len(re.findall(r"\\left\b", formula)) == len(re.findall(r"\\right\b", formula))
        begun = re.findall(r"\\begin\{(\w+)\}", formula)
        assert begun == re.findall(r"\\end\{(\w+)\}", formula), formula
        assert "$" not in formula and "\n" not in formula, formula


def test_no_formula_of_a_choice_or_tool_is_written_a_second_time():
    written = {
        row["formula"] for row in json.loads(SOURCE.read_text())["terms"] if "formula" in row
    }
    choices = {cls.formula for family in FAMILIES for cls in family.members.values()}
    assert not written & (choices | {tool.formula for tool in TOOLS})


def entry(name, **changes):
    row = {
        "name": name,
        "topic": "Data",
        "definition": "A definition of this term.",
        "page": "Data",
    }
    return {key: value for key, value in (row | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([entry("b"), entry("A")], "terms_unsorted"),
        ([entry("A"), entry("a")], "term_twice"),
        ([entry("A", also=["b-c"]), entry("B c")], "term_twice"),
        ([entry("A", page=None)], "term_source"),
        ([entry("A", choice="optimizer/adam")], "term_source"),
        ([entry("A", page=None, choice="optimizer/adam", formula="x")], "term_source"),
        ([entry("A", page=None, choice="optimizer/evil")], "unknown_choice"),
        ([entry("A", definition="")], "string_too_short"),
        ([entry("")], "string_too_short"),
        ([entry("A", topic="Magic")], "literal_error"),
        ([entry("A", script="x")], "extra_forbidden"),
        (None, "tuple_type"),
    ],
)
def test_an_invalid_glossary_is_refused(rows, code):
    with pytest.raises(BadExperiment) as refused:
        read_glossary(json.dumps({"terms": rows}))
    assert refused.value.code == code


def test_each_name_finds_its_term_first():
    for term in glossary():
        for name in term.names:
            assert find_terms(name.upper().replace("-", " "))[0] == term


def test_better_matches_come_first():
    names = [term.name for term in find_terms("gradient")]
    assert names[0] == "Gradient" and names.index("Gradient norm") < names.index("Adam")
    assert find_terms("glorot")[0].name == "Xavier initialization"
    assert find_terms("  ") == list(glossary())
    with pytest.raises(NotFound) as unknown:
        require_terms("no such term")
    assert unknown.value.code == "term_not_found"


def test_the_command_prints_one_term_or_all(capsys):
    assert main(["glossary", "weight", "decay"]) == 0
    printed = capsys.readouterr().out
    assert r"Formula: \theta \leftarrow (1-\eta\lambda)\,\theta" in printed
    assert printed.startswith("Weight decay\n") and "Page: Train" in printed
    assert main(["glossary", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in answer["terms"]] == [term.name for term in glossary()]
    assert main(["glossary", "no such term"]) == 2
