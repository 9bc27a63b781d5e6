"""Strict JSON for numbers that JSON does not have: written as strings, read back as numbers."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.encoding import from_json_data, from_json_text, to_json_data, to_json_text
from core.base.events import Ended, from_json, to_json

words = st.text().filter(lambda text: text not in ("NaN", "Infinity", "-Infinity"))
data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner) | st.dictionaries(words, inner),
)


@given(data)
def test_every_value_survives_strict_json(value: object) -> None:
    text = to_json_text(value)
    json.loads(text, parse_constant=pytest.fail)
    assert repr(from_json_text(text)) == repr(value)  # NaN is not equal to itself, its repr is


def test_the_strings_on_disk_are_those_of_earlier_versions() -> None:
    values = (math.nan, math.inf, -math.inf, 1.5)
    assert to_json_data(values) == ["NaN", "Infinity", "-Infinity", 1.5]
    assert repr(from_json_data(["NaN", "Infinity", "-Infinity", 1.5])) == "[nan, inf, -inf, 1.5]"


def test_a_message_with_the_name_of_a_number_stays_text() -> None:
    event = Ended("failed", "NaN", 1, 0, by="Infinity")
    assert from_json(to_json(event)) == event
