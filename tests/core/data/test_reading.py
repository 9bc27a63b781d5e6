"""A Reading: choices for columns, changes."""

import pytest

from core.base.errors import BadExperiment
from core.data.reading import ColumnChoice, Reading


def test_equal_choices_for_columns_have_one_identity():
    one = Reading(columns={"b": {"role": "ignore"}, "a": {"text": "ordinal"}, "c": {}})
    two = Reading(columns={"a": {"text": "ordinal"}, "b": {"role": "ignore", "text": "auto"}})
    assert one == two and one.model_dump_json() == two.model_dump_json()
    assert Reading.model_validate_json(one.model_dump_json()) == one
    assert Reading(columns={"a": {}}).changes() == {} == Reading().changes()
    assert one.changes() == {"columns": {"a": {"text": "ordinal"}, "b": {"role": "ignore"}}}


def test_changes_of_columns_are_merged_and_can_be_taken_back():
    reading = Reading(columns={"a": {"missing": "mean"}}, transpose=True)
    more = reading.with_changes({"columns": {"a": {"role": "input"}, "b": {"role": "ignore"}}})
    assert more.columns == {
        "a": ColumnChoice(role="input", missing="mean"),
        "b": ColumnChoice(role="ignore"),
    }
    assert more.transpose
    back = more.with_changes({"columns": {key: ColumnChoice().model_dump() for key in "ab"}})
    assert back == Reading(transpose=True)
    with pytest.raises(BadExperiment):
        reading.with_changes({"columns": {"a": {"missing": "median", "role": "target"}}})
