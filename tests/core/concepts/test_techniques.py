"""The table of techniques: up to date, whole, and every choice has what a person asks of it."""

import json

import pytest

from core.__main__ import main
from core.base.spec import Choice
from core.concepts.techniques import FAMILIES, markdown, math, techniques
from tests.conftest import ROOT

ROWS = "N1 N2 N3 N4 N5 N6 I1 I2 I3 I4 I5 L1 L2 L3 L4 L5 O1 O2 O3 O4 O5 O6 O7 R1 R2 R3 R4 R5 C3 C7"
TITLES = {"Data", "Network", "Train", "Concepts"}
MEMBERS = [
    member
    for family in FAMILIES
    for member in family.members.values()
    if member.__module__.startswith("core.")
]


def test_the_file_is_what_the_classes_say():
    assert (ROOT / "assets" / "techniques.md").read_text() == markdown(), (
        "run: python -m core techniques > assets/techniques.md"
    )


def test_every_row_of_the_plan_has_a_choice():
    told = {row for family in FAMILIES for t in techniques(family) for row in t.ids.split()}
    assert set(ROWS.split()) <= told


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: f"{m.family}-{m.__name__}")
def test_every_choice_has_a_row_a_label_a_source_and_a_page_that_there_is(member: type[Choice]):
    assert member.technique and member.label and member.source and member.doc()
    assert member.page in TITLES and (ROOT / "pages" / f"{member.page.lower()}.py").exists()
    assert member.formula or member.family == "data set"


def test_a_formula_does_not_end_its_cell():
    assert all(row.count("|") == 6 for row in markdown().splitlines() if row.startswith("| "))
    assert math("") == "" and "|" not in math(r"\|w\|_1 = |a|")


def test_the_search_wants_every_word_in_any_case():
    rows = [t for family in FAMILIES for t in techniques(family)]
    assert {t.name for t in rows if t.holds("polyak sgd")} == {"SGD with momentum"}
    assert [t for t in rows if t.holds("")] == rows and not any(t.holds("xyzzy") for t in rows)


def test_the_command_line_prints_the_file(capsys):
    assert main(["techniques"]) == 0
    assert capsys.readouterr().out == markdown()
    assert main(["techniques", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {row["name"] for row in told["Schedules"]} >= {"Cosine", "One cycle"}
