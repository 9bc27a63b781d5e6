"""Every change that a finding suggests is read again: its finding is gone, or suggests another."""

import ast
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import core.data
from core.base.errors import BadData
from core.base.finding import Action, Finding
from core.data.reading import Reading
from core.data.upload_bundle import file_names, inspect_bundle
from tests.core.data.inspection.offering_files import FILES, Files
from tests.core.data.inspection.test_ways_out import FILES as CASES

SOURCES = Path(core.data.__file__).parent
RULES = [*SOURCES.glob("inspection/*.py"), *SOURCES.glob("spreadsheet/*.py")]


def findings(files: Files) -> list[Finding]:
    names = file_names(files.sources, ())
    train, others = inspect_bundle(files.sources, names, files.reading, lambda *_: None)
    return [*train.findings, *others]


def follow_actions(files: Files, before: list[Finding]) -> None:
    for finding in before:
        if finding.action:
            changed = files._replace(reading=files.reading.with_changes(finding.action.changes))
            again = [f.action for f in findings(changed) if f.code == finding.code]
            assert finding.action not in again, finding.code


@pytest.mark.parametrize("pair", CASES, ids=lambda pair: pair[0].name)
def test_a_change_suggested_for_a_case_ends_its_finding_or_is_replaced_by_another(pair):
    files = Files((*pair, None, None), Reading())
    before: list[Finding] = []
    with suppress(BadData):  # the ways out of a refusal are followed in test_ways_out.py
        before = findings(files)
    follow_actions(files, before)


@pytest.fixture(scope="module")
def suggested() -> tuple[dict[str, list[Finding]], set[tuple[str, int]]]:
    """The findings on each of the files, and the places in which their actions are created."""
    reached, create = set(), Action.__init__

    def recorded(self, *args, **named):
        frame = sys._getframe(1)
        reached.add((frame.f_code.co_filename, frame.f_lineno))
        create(self, *args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Action, "__init__", recorded)
        return {name: findings(files) for name, files in FILES.items()}, reached


@pytest.mark.parametrize("name", FILES)
def test_a_suggested_change_ends_its_finding_or_is_replaced_by_another(suggested, name):
    before, _ = suggested
    assert before[name]
    follow_actions(FILES[name], before[name])


def test_every_action_of_a_rule_is_suggested_for_one_of_the_files(suggested):
    _, reached = suggested
    created = {
        (str(path), node.lineno)
        for path in RULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Action"
    }
    assert created - reached == set()


@pytest.mark.parametrize("name", ["numbered images", "codes of rows"])
def test_an_identifier_is_not_offered_where_it_cannot_be_an_input(suggested, name):
    (identifiers,) = (f for f in suggested[0][name] if f.code == "identifiers")
    assert identifiers.action is None
