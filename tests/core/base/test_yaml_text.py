"""YAML reads back to the same value as JSON, whatever the texts in it look like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.encoding import decode, encode
from core.base.errors import BadExperiment
from core.base.yaml_text import as_json, encode_yaml, parse_yaml
from core.experiment import Experiment, load, shipped
from core.studies import study


@pytest.mark.parametrize("value", [*shipped().values(), *study.shipped().values()], ids=repr)
def test_every_shipped_value_reads_back(value) -> None:
    text = as_json(encode_yaml(value), "value.yaml")
    assert encode(decode(type(value), text)) == encode(value)


TEXTS = st.text(max_size=12) | st.sampled_from(
    ["no", "on", "1e-3", "1_000", "0x10", "12:30", "2024-01-01", "~", "null", "", "- a", "a: b",
     "# x", "*a", "&a", "!t", "'", '"', "1.", ".5", "-", "…", "\x85",
     "\ufeffa", "é\u2028ü", "\ttab"]
)  # fmt: skip


@given(TEXTS)
def test_any_name_reads_back(name: str) -> None:
    value = Experiment().model_copy(update={"name": name, "about": f"{name}\n{name}"})
    assert parse_yaml(encode_yaml(value)) == json.loads(encode(value))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("rate: 1e-3", {"rate": 0.001}),
        ("name: no", {"name": "no"}),
        ("day: 2024-01-01", {"day": "2024-01-01"}),
        ("n: 010", {"n": 10}),
        ("t: 12:30:45", {"t": "12:30:45"}),
        ("a: [1, -2.5, true, null, ~]", {"a": [1, -2.5, True, None, None]}),
        ("", None),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, data: object) -> None:
    assert parse_yaml(text) == data


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1]\nb: *x", "not_yaml"),
        ("a: !!python/object/apply:os.system [ls]", "not_yaml"),
        ("a: [1", "not_yaml"),
        ("a: 1\n\tb: 2", "not_yaml"),
        ("a\x00b", "not_yaml"),
        ("[" * 5000, "yaml_too_deep"),
        ("- " * 5000, "yaml_too_deep"),
        ("a" * 300_000, "yaml_too_large"),
    ],
)
def test_hostile_or_broken_text_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadExperiment) as caught:
        as_json(text, "x.yml")
    assert caught.value.code == code


def test_an_experiment_is_written_by_hand(tmp_path) -> None:
    path = tmp_path / "mine.YAML"
    path.write_text("name: Mine\noptimizer: {kind: sgd, learning_rate: 1e-2}\nepochs: 3\n")
    experiment = load(str(path))
    assert (experiment.optimizer.learning_rate, experiment.epochs) == (0.01, 3)
    path.write_text("epochs: many")
    with pytest.raises(BadExperiment):
        load(str(path))
