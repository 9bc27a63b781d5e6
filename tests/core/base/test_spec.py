"""Families, ranged fields, encoding, links: the traps of open families, each once."""

import base64
import json
import zlib
from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.encoding import build, change, decode, encode, from_link, to_link
from core.base.errors import BadExperiment
from core.base.spec import Call, Choice, Value, fields, ranged


class Fruit(Choice, family="fruit"):
    """A family that only this file knows."""

    weight: float = ranged(
        1.0, above=0, high=10, unit="kg", symbol="m", log=True, help="How heavy it is."
    )


class Apple(Fruit):
    """Round."""

    kind: Literal["apple"] = "apple"
    label: ClassVar[str] = "Apple"
    seeds: int = ranged(5, 0, 20, help="How many seeds.")
    ripe: bool = ranged(True, help="Whether it is ripe.")
    colour: Literal["red", "green"] = ranged("red", help="Of the skin.")


class Basket(Fruit):
    """Holds other fruit, and other baskets."""

    kind: Literal["basket"] = "basket"
    label: ClassVar[str] = "Basket"
    content: tuple[Fruit, ...] = ()


class Meal(Value):
    fruit: Fruit = Apple()
    more: tuple[Fruit, ...] = ()


def nested(depth: int) -> dict:
    basket = {"kind": "basket", "content": []}
    for _ in range(depth - 1):
        basket = {"kind": "basket", "content": [basket]}
    return basket


apples = st.builds(
    Apple,
    weight=st.floats(0, 10, exclude_min=True),
    seeds=st.integers(0, 20),
    ripe=st.booleans(),
    colour=st.sampled_from(["red", "green"]),
)
meals = st.builds(
    Meal, fruit=apples, more=st.lists(apples | st.builds(Basket), max_size=3).map(tuple)
)


@given(meals)
def test_a_value_survives_json_and_link(meal: Meal) -> None:
    assert decode(Meal, encode(meal)) == meal
    assert from_link(Meal, to_link(meal)) == meal
    assert json.loads(encode(meal))["fruit"]["kind"] == "apple"


def test_a_choice_made_on_the_fly_is_in_its_family() -> None:
    class Pear(Fruit):
        """Not round."""

        kind: Literal["pear"] = "pear"
        label: ClassVar[str] = "Pear"

    try:
        assert isinstance(decode(Meal, '{"fruit": {"kind": "pear", "weight": 2}}').fruit, Pear)
        assert build(Meal, {"fruit": "pear"}).fruit == Pear()
        assert "pear" in json.dumps(Meal.model_json_schema())
    finally:
        del Fruit.members["pear"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('{"fruit": {"kind": ["apple"]}}', "unknown_kind", ["fruit", "['apple']", "apple, basket"]),
        ('{"fruit": {"kind": null}}', "unknown_kind", ["fruit", "None", "apple, basket"]),
        ('{"fruit": {}}', "unknown_kind", ["fruit", "apple, basket"]),
        ('{"fruit": 3}', "unknown_kind", ["fruit", "3", "apple, basket"]),
        (
            '{"fruit": {"kind": "apple", "weight": 0}}',
            "greater_than",
            ["fruit.weight", "0", "above 0", "larger"],
        ),
        (
            '{"fruit": {"kind": "apple", "weight": 11}}',
            "less_than_equal",
            ["fruit.weight", "11", "at most 10", "smaller"],
        ),
        ('{"fruit": {"kind": "apple", "weight": NaN}}', "finite_number", ["fruit.weight", "NaN"]),
        ('{"fruit": {"kind": "apple", "weight": 1e999}}', "finite_number", ["fruit.weight", "∞"]),
        ('{"fruit": {"kind": "apple", "seeds": 1.5}}', "int_from_float", ["fruit.seeds", "1.5"]),
        (
            '{"fruit": {"kind": "apple", "colour": "blue"}}',
            "literal_error",
            ["fruit.colour", "'blue'", "red"],
        ),
        ('{"fruit": {"kind": "apple", "wieght": 1}}', "extra_forbidden", ["fruit.wieght"]),
        ('{"more": [{"kind": "apple"}, {"kind": "plum"}]}', "unknown_kind", ["more.1", "'plum'"]),
        ('{"fruit": {"kind": "apple", "weight": "much"}}', "float_parsing", ["'much'"]),
        (
            '{"fruit": {"kind": "apple", "weight": 1000000000.0}}',
            "less_than_equal",
            ["is 1e9,", "at most 10."],
        ),
        ("[1]", "model_type", []),
        ("{", "not_json", []),
    ],
)
def test_invalid_text_is_refused_with_its_field_value_and_rule(
    text: str, code: str, words: list[str]
) -> None:
    with pytest.raises(BadExperiment) as caught:
        decode(Meal, text)
    message = str(caught.value)
    assert caught.value.code == code
    assert all(word in message for word in words), message
    assert "\n" not in message and message.endswith(".")
    assert "Input should" not in message  # the validator's own words


def test_eight_levels_open_and_deep_ones_are_refused_before_the_validator() -> None:
    assert build(Meal, {"fruit": nested(8)}).fruit.content
    for text in (
        json.dumps({"fruit": nested(40)}),
        '{"fruit":' + "[" * 100_000,
        "[" * 3000 + "]" * 3000,
    ):
        with pytest.raises(BadExperiment) as error:
            decode(Meal, text)
        assert error.value.code == "json_too_deep"


def test_brackets_within_a_string_do_not_count_as_depth() -> None:
    class Note(Value):
        text: str = ""

    assert decode(Note, json.dumps({"text": '[[[{{"\\' * 100})).text.startswith("[[[")


def test_text_and_links_that_are_too_large_are_refused() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000)).decode()
    for read, text in ((decode, " " * 300_000), (from_link, bomb)):
        with pytest.raises(BadExperiment) as error:
            read(Meal, text)
        assert error.value.code == "json_too_large"


@given(st.text(max_size=200))
def test_any_text_as_a_link_is_a_value_or_an_error_message(token: str) -> None:
    try:
        assert isinstance(from_link(Meal, token), Meal)
    except BadExperiment as error:
        assert str(error).endswith(".")


def test_kind_must_be_one_string() -> None:
    with pytest.raises(TypeError, match="one string"):

        class Two(Fruit):
            kind: Literal["two", "deux"] = "two"


def test_a_second_class_of_one_kind_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"already .*Apple"):

        class OtherApple(Fruit):
            kind: Literal["apple"] = "apple"

    assert Fruit.members["apple"] is Apple


def test_values_are_frozen_and_change_copies() -> None:
    meal = Meal(more=(Apple(), Basket()))
    heavier = change(meal, "more.0.weight", 2)
    assert (meal.more[0].weight, heavier.more[0].weight) == (1.0, 2.0)
    assert change(meal, "fruit", "basket").fruit == Basket()
    with pytest.raises(Exception, match="frozen"):
        meal.fruit = Basket()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("fruit.mass", "weight"),
        ("more.2", "one of 0, 1"),
        ("x", "fruit, more"),
        ("fruit.weight.y", "fruit.weight has"),
    ],
)
def test_an_unknown_path_lists_the_existing_fields(path: str, words: str) -> None:
    with pytest.raises(BadExperiment, match=words) as error:
        change(Meal(more=(Apple(), Basket())), path, 1)
    assert error.value.code == "unknown_path"


def test_the_facts_of_a_field_are_complete() -> None:
    facts = {fact.name: fact for fact in fields(Apple)}
    assert list(facts) == ["weight", "seeds", "ripe", "colour"]
    weight = facts["weight"]
    assert (weight.low, weight.high, weight.open_low, weight.log) == (0, 10, True, True)
    assert (weight.unit, weight.symbol, weight.label, weight.help) == (
        "kg",
        "m",
        "Weight",
        "How heavy it is.",
    )
    assert facts["colour"].options == ("red", "green")
    assert (facts["seeds"].type, facts["ripe"].type, facts["colour"].type) == (int, bool, str)


def test_schema_of_a_family_within_itself_is_finite() -> None:
    schema = json.dumps(Meal.model_json_schema())
    assert schema.count('"basket"') >= 2


def test_a_call_can_be_made_and_printed() -> None:
    call = Call("datetime.timedelta", {"hours": 1})
    assert call.make(minutes=30).total_seconds() == 5400
    assert call.code() == "datetime.timedelta(hours=1)"
