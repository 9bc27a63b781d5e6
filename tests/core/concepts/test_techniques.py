"""The table of techniques is up to date and complete, and every choice has the required facts."""

import json

import pytest

from core.__main__ import main
from core.base.spec import Choice
from core.concepts.techniques import FAMILIES, markdown, math, sections
from core.concepts.tools import TOOLS
from tests.conftest import ROOT

REQUIRED_TECHNIQUES = (
    "N1 N2 N3 N4 N5 N6 I1 I2 I3 I4 I5 L1 L2 L3 L4 L5 O1 O2 O3 O4 O5 O6 O7 R1 R2 R3 R4 R5 C3 C7"
)
PAGES = {"Data", "Network", "Train", "Concepts"}
CHOICES = [
    choice
    for family in FAMILIES
    for choice in family.members.values()
    if choice.__module__.startswith("core.")
]


def test_the_stored_table_matches_the_classes():
    assert (ROOT / "assets" / "techniques.md").read_text() == markdown(), (
        "run: python -m core techniques > assets/techniques.md"
    )


def test_every_required_technique_has_a_choice_or_a_tool():
    ids = {i for _, rows in sections() for row in rows for i in row.ids.split()}
    assert set(REQUIRED_TECHNIQUES.split()) <= ids


@pytest.mark.parametrize("choice", CHOICES, ids=lambda m: f"{m.family}-{m.__name__}")
def test_every_choice_has_a_technique_label_source_and_page(choice: type[Choice]):
    assert choice.technique and choice.label and choice.source and choice.doc()
    assert choice.page in PAGES and (ROOT / "pages" / f"{choice.page.lower()}.py").exists()
    assert choice.formula or choice.family == "data set"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.kind)
def test_every_tool_is_complete_and_has_an_existing_page(tool):
    assert all((tool.kind, tool.label, tool.about, tool.formula, tool.source, tool.technique))
    assert tool.page in PAGES and len({t.kind for t in TOOLS}) == len(TOOLS)


def test_a_formula_does_not_end_its_table_cell():
    rows = [row for row in markdown().splitlines() if row.startswith("| ")]
    assert all(row.count("|") == 5 for row in rows)
    assert math("") == "" and "|" not in math(r"\|w\|_1 = |a|")


def test_the_search_requires_every_word_in_any_case():
    rows = [row for _, section in sections() for row in section]
    assert {row.name for row in rows if row.matches("polyak sgd")} == {"SGD with momentum"}
    assert [row for row in rows if row.matches("")] == rows
    assert not any(row.matches("xyzzy") for row in rows)


def test_the_command_line_prints_the_stored_table(capsys):
    assert main(["techniques"]) == 0
    assert capsys.readouterr().out == markdown()
    assert main(["techniques", "--json"]) == 0
    families = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {row["name"] for row in families["Schedules"]} >= {"Cosine", "One cycle"}
    assert len(families["Tools and demonstrations"]) == len(TOOLS)
