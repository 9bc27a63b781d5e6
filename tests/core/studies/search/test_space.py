"""The dimensions of a search: scales there and back, values within the range, and what an
experiment offers.
"""

import json

import pytest

from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment
from core.base.spec import fields
from core.experiment import Experiment, shipped
from core.optim.optimizers import Optimizer
from core.studies.axes import FieldAxis
from core.studies.search.dimensions import default_space, dimensions_of, labels
from core.studies.search.ranges import (
    LogRange,
    OneMinusLogRange,
    OptionList,
    UniformRange,
    WholeRange,
)
from core.studies.search.search import Search
from core.studies.search.space import Dimension, apply

ONE_OF_EACH = [
    UniformRange(path="dropout", low=0.0, high=0.8),
    LogRange(path="optimizer.learning_rate", low=1e-5, high=10.0),
    OneMinusLogRange(path="optimizer.beta1", low=0.9, high=0.9999),
    WholeRange(path="depth", low=1, high=4),
    WholeRange(path="batch_size", low=8, high=128, log=True),
    OptionList(path="activation", values=("relu", "gelu", "tanh")),
]
EACH = pytest.mark.parametrize("dimension", ONE_OF_EACH, ids=lambda d: f"{d.kind}-{d.path}")
OFFERING = ("digits", "deep-3-residual", "sine")  # a chain, blocks, and values
SGD = change(Experiment(), "optimizer", {"kind": "sgd", "learning_rate": 0.1})


def test_every_kind_of_dimension_is_tested() -> None:
    assert {dimension.kind for dimension in ONE_OF_EACH} == set(Dimension.members)


@EACH
def test_fractions_and_values_are_inverse_and_rise_together(dimension: Dimension) -> None:
    values = [dimension.at(k / 20) for k in range(21)]
    assert all(map(dimension.accepts, values))
    fractions = [dimension.fraction(value) for value in values]
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] <= 1
    assert [dimension.at(fraction) for fraction in fractions] == values


@EACH
def test_a_value_set_in_an_experiment_is_read_from_it(dimension: Dimension) -> None:
    for fraction in (0.0, 0.3, 0.99):
        value = dimension.at(fraction)
        assert dimension.read(dimension.apply(Experiment(), value)) == value


def test_scales_are_those_of_their_formulas() -> None:
    log, decay, whole = ONE_OF_EACH[1], ONE_OF_EACH[2], ONE_OF_EACH[3]
    assert log.at(0.5) == pytest.approx(10**-2)
    assert decay.at(0.5) == pytest.approx(1 - 10**-2.5, rel=1e-4)
    assert [whole.at(k / 100) for k in range(100)] == [1] * 25 + [2] * 25 + [3] * 25 + [4] * 25


@pytest.mark.parametrize("name", OFFERING)
def test_everything_offered_is_a_valid_search_and_contains_the_present_value(name: str) -> None:
    experiment = shipped()[name]
    offered = dimensions_of(experiment)
    space = list(offered.values())
    for start in range(0, len(space), 20):
        search = Search(base=experiment, space=space[start : start + 20])
        assert decode(Search, encode(search)) == search
    for dimension in space:
        current = dimension.read(experiment)
        assert dimension.accepts(current) or not current, dimension
    paths = [dimension.path for dimension in default_space(experiment)]
    assert paths[0] == "optimizer.learning_rate" and "batch_size" in paths
    assert list(labels(experiment, space).values()) == list(offered)


def test_a_choice_is_applied_before_its_fields_and_a_field_without_its_choice_is_absent() -> None:
    space = [
        LogRange(path="optimizer.learning_rate", low=1e-4, high=1.0),
        OneMinusLogRange(path="optimizer.beta1", low=0.9, high=0.99),
        OptionList(path="optimizer", values=("sgd", "adam")),
    ]
    search = Search(base=SGD, space=space)
    assert next(iter(search.dimensions)) == "optimizer"
    adam = apply(space, SGD, {"optimizer.learning_rate": 0.5, "optimizer": "adam"})
    assert (adam.optimizer.kind, adam.optimizer.learning_rate) == ("adam", 0.5)
    assert space[1].is_in(adam) and not space[1].is_in(SGD)


@pytest.mark.parametrize(
    ("change_of", "code"),
    [
        ({"space": []}, "no_dimensions"),
        ({"space": [ONE_OF_EACH[1], ONE_OF_EACH[1]]}, "duplicate_dimension"),
        ({"space": [{"kind": "log", "path": "optimizer.learning_rate", "low": 0, "high": 1}]},
         "log_range_start"),
        ({"space": [{"kind": "log", "path": "optimizer.learning_rate", "low": 1, "high": 1}]},
         "range_ends"),
        ({"space": [{"kind": "log", "path": "optimizer.learning_rate", "low": 1, "high": 100}]},
         "dimension_value"),
        ({"space": [{"kind": "one_minus_log", "path": "optimizer.beta1", "low": 0.9, "high": 1}]},
         "one_minus_log_end"),
        ({"space": [{"kind": "log", "path": "optimizer.nothing", "low": 1, "high": 2}]},
         "unknown_path"),
        ({"space": [{"kind": "uniform", "path": "split.validation", "low": 0.1, "high": 0.2}]},
         "not_comparable"),
        ({"space": [{"kind": "options", "path": "optimizer", "values": ["adam", "evil"]}]},
         "dimension_value"),
        ({"space": [{"kind": "options", "path": "optimizer", "values": ["adam"]}]},
         "too_few_options"),
        ({"space": [{"kind": "options", "path": "optimizer", "values": ["adam", "adam"]}]},
         "duplicate_option"),
        ({"space": [{"kind": "log", "path": "a" * 500, "low": 1, "high": 2}]}, "string_too_long"),
        ({"space": [{"kind": "log", "path": "__class__", "low": 1, "high": 2}]}, "unknown_path"),
        ({"strategy": "gaussian_process",
          "space": [{"kind": "options", "path": "optimizer", "values": ["adam", "sgd"]}]},
         "numbers_only"),
        ({"strategy": "many_starts"}, "many_starts_vary_seeds"),
        ({"strategy": "hub"}, "unknown_kind"),
        ({"against": "parameters"}, "pruning_with_two_goals"),
        ({"trials": 10**9}, "less_than_equal"),
        ({"code": "import os"}, "extra_forbidden"),
    ],
)  # fmt: skip
def test_a_hostile_search_is_refused_with_a_code(change_of: dict, code: str) -> None:
    data = Search(space=[ONE_OF_EACH[1]]).model_dump(mode="json") | {
        name: [d if isinstance(d, dict) else d.model_dump(mode="json") for d in value]
        if name == "space"
        else value
        for name, value in change_of.items()
    }

    with pytest.raises(BadExperiment) as refused:
        decode(Search, json.dumps(data))
    assert refused.value.code == code
    assert len(str(refused.value)) < 400


def test_a_search_names_its_settings_by_the_labels_of_their_fields() -> None:
    space = (*default_space(Experiment()), LogRange(path="optimizer.beta2", low=0.9, high=0.99))
    named = Search(space=space).summary

    optimizer = {fact.name: fact.label for fact in fields(type(Experiment().optimizer))}
    assert all(optimizer[name] in named for name in ("beta1", "beta2"))
    for kind, name in (("adam", "beta1"), ("nadam", "beta2"), ("lion", "epsilon")):
        member = {fact.name: fact.label for fact in fields(Optimizer.members[kind])}
        axis = FieldAxis(path=f"optimizer.{name}", values=(0.9,))
        assert axis.title == member.get(name, axis.title) != name.capitalize()
    assert FieldAxis(path="regularizers.0.strength", values=(1,)).title == "Strength"
