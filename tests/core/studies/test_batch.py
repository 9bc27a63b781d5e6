"""Several values of a number as text, and the batch of experiments that they make."""

import numpy as np
import pytest

from core.base.encoding import read
from core.base.errors import BadExperiment
from core.base.spec import fields
from core.experiment import Experiment, shipped
from core.network.dropout import Dropout
from core.network.layers import Flatten, Output
from core.optim.regularizers import Regularizer
from core.studies.batch import MOST, make_batch, number_fields
from core.studies.number_lists import format_numbers, is_number, parse_numbers

NUMBERS = number_fields(Experiment())
RATE, SIZE = NUMBERS["optimizer.learning_rate"].fact, NUMBERS["batch_size"].fact


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.1, 0.01, 0.001", [0.1, 0.01, 0.001]),
        ("0.1,0.01", [0.1, 0.01]),
        ("0.1 1e-2;−1", [0.1, 0.01, -1.0]),
        ("0,1; 0,01", [0.1, 0.01]),
        ("0,1, 0,01", [0.1, 0.01]),
        ("0.1, 0.1", [0.1]),
        ("0.1", None),
        ("0,1", None),
        ("1,000", None),
        ("", None),
    ],
)
def test_lists_of_fractions(text, values):
    assert parse_numbers(text, RATE) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [("16,32", [16, 32]), ("16, 32, 1e2", [16, 32, 100]), ("100,200,300", [100, 200, 300]),
     ("8 … 16, 3 values", [8, 12, 16]), ("1 to 3 in 9", [1, 2, 3]), ("64", None)],
)  # fmt: skip
def test_lists_of_whole_numbers(text, values):
    assert parse_numbers(text, SIZE) == values
    assert all(type(value) is int for value in values or ())


@pytest.mark.parametrize("text", ["{} … {}, {} values", "{} to {} in {}", "{}...{} , {}"])
def test_ranges_are_logarithmic_where_the_field_is(text):
    log, linear = RATE, NUMBERS["optimizer.beta1"].fact
    assert log.log and not linear.log
    parsed = parse_numbers(text.format("0.001", "0.1", 7), log)
    np.testing.assert_allclose(parsed, np.geomspace(0.001, 0.1, 7), rtol=1e-5)
    parsed = parse_numbers(text.format("0.1", "0.9", 5), linear)
    np.testing.assert_allclose(parsed, np.linspace(0.1, 0.9, 5), rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "code"),
    [("0.1, x", "not_a_number"), ("0.1 … x", "not_a_number"), ("1 … 0.1", "range_ends"),
     ("0.1 … 1, 0 values", "range_count"), ("0.1 … 1, 999 values", "range_count")],
)  # fmt: skip
def test_what_is_no_list_has_its_code(text, code):
    with pytest.raises(BadExperiment) as refused:
        parse_numbers(text, RATE)
    assert refused.value.code == code


def test_every_number_of_every_ready_made_experiment_takes_several_values():
    regularizers = tuple(cls() for cls in Regularizer.members.values())
    everything = Experiment(regularizers=regularizers, network=(Flatten(), Dropout(), Output()))
    for experiment in [*shipped().values(), everything]:
        for path, number in number_fields(experiment).items():
            assert read(experiment, path) == number.value
            assert make_batch(experiment, {path: [number.value]}).experiments
    for name in ("optimizer.weight_decay", "network.1.p", "regularizers.0.strength", "epochs"):
        assert name in number_fields(everything), name
    plain = {fact.name for fact in fields(Experiment) if is_number(fact)}
    assert plain <= number_fields(everything).keys()


def test_a_batch_is_the_grid_of_all_values_and_its_names_say_them():
    lists = {"optimizer.learning_rate": [0.1, 0.01], "batch_size": [16, 32, 64]}
    batch = make_batch(Experiment(name="Base"), lists)
    found = [(e.optimizer.learning_rate, e.batch_size) for e in batch.experiments]
    assert found == [(a, b) for a in (0.1, 0.01) for b in (16, 32, 64)]
    assert len({e.name for e in batch.experiments}) == 6
    for experiment, pair in zip(batch.experiments, found, strict=True):
        assert all(format_numbers([value]) in experiment.name for value in pair)
    rest = {e.model_copy(update={"name": "", "batch_size": 1, "optimizer": Experiment().optimizer})
            for e in batch.experiments}  # fmt: skip
    assert len(rest) == 1  # nothing else differs


def test_names_keep_their_values_when_they_are_long():
    named = Experiment(name="n" * 60)
    batch = make_batch(named, {"optimizer.weight_decay": [1e-4, 1e-3]})
    assert [e.name[-5:] for e in batch.experiments] == [" 1e-4", "0.001"] or len(
        {e.name for e in batch.experiments}
    ) == 2
    assert all(len(e.name) <= 60 for e in batch.experiments)


def test_fields_of_one_name_are_told_apart():
    network = (Flatten(), Dropout(p=0.1), Dropout(p=0.2), Output())
    lists = {"network.1.p": [0.1, 0.3], "network.2.p": [0.2]}
    names = [e.name for e in make_batch(Experiment(network=network), lists).experiments]
    assert all("dropout 2" in name and "dropout 3" in name for name in names)


@pytest.mark.parametrize(
    ("lists", "code"),
    [({"epochs": list(range(1, MOST + 2))}, "too_many_runs"),
     ({"epochs": [1, 2, 3, 4, 5], "batch_size": [1, 2, 3, 4, 5]}, "too_many_runs"),
     ({"optimizer.learning_rate": [0.1, -1.0]}, "greater_than"),
     ({"batch_size": [16, 16.5]}, "int_from_float"),
     ({"optimizer.nothing": [1, 2]}, "unknown_path")],
)  # fmt: skip
def test_what_cannot_be_a_batch_has_its_code(lists, code):
    with pytest.raises(BadExperiment) as refused:
        make_batch(Experiment(), lists)
    assert refused.value.code == code
