"""The table of techniques is up to date and complete, and every choice has the required facts."""

import json
from importlib import import_module
from pkgutil import walk_packages

import pytest

import core
from core.__main__ import main
from core.base.spec import Choice
from core.concepts.tools import TOOLS
from core.export.techniques import FAMILIES, markdown, math, page_file, sections
from core.studies.method import Method
from tests.conftest import ROOT

IDS = (
    "D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 N1 N2 N3 N4 N5 N6 N7 I1 I2 I3 I4 I5 L1 L2 L3 L4 L5 "
    "O1 O2 O3 O4 O5 O6 O7 O8 R1 R2 R3 R4 R5 V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 S1 S2 S3 S4 "
    "C1 C2 C3 C4 C5 C6 C7 K1 K2 K3 K4 K5 K6"
)
STUDIES = {"random_features": "S2", "closed_form": "S2", "networks": "S1", "cnn": "S1"}
PAGES = {"Data", "Network", "Train", "Watch", "Concepts", "Double descent", "Predict", "Search"}
WITHOUT_FORMULA = (
    "data set", "start", "axis", "strategy", "search strategy", "pruning", "dimension",
    "analysis", "export format",
)  # fmt: skip
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


def test_the_ids_are_those_of_the_specification():
    ids = {i for _, rows in sections() for row in rows for i in row.ids.split()}
    assert ids == set(IDS.split())
    assert {kind: Method.members[kind].technique for kind in STUDIES} == STUDIES


def test_the_table_has_every_choice_and_tool_of_the_code_and_nothing_else():
    for module in walk_packages(core.__path__, "core."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    families = {family for family in Choice.__subclasses__() if family.family}
    assert set(FAMILIES) == {f for f in families if f.__module__.startswith("core.")}
    labels = [choice.label for f in FAMILIES for choice in f.members.values()]
    rows = [row.split(" | ")[0][2:] for row in markdown().splitlines() if row.startswith("| ")]
    rows = [name for name in rows if name not in ("Name", "---")]
    assert sorted(rows) == sorted([*labels, *(tool.label for tool in TOOLS)])


@pytest.mark.parametrize("choice", CHOICES, ids=lambda m: f"{m.family}-{m.__name__}")
def test_every_choice_has_a_technique_label_source_and_page(choice: type[Choice]):
    assert choice.technique and choice.label and choice.source and choice.doc()
    assert choice.page in PAGES and (ROOT / "pages" / page_file(choice.page)).exists()
    assert choice.formula or choice.family in WITHOUT_FORMULA


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
