"""Every choice of every family in its place in an experiment: as JSON, as a link, and set on the
command line, kind by kind and field by field.
"""

import json
from argparse import Namespace

import pytest

from core.base.encoding import change, decode, encode, from_link, to_link
from core.base.errors import BadExperiment
from core.base.spec import Choice, FieldFacts, fields
from core.commands.requested import assignments
from core.data.augmentations import Augmentation
from core.data.datasets import DataSet
from core.data.normalization import Normalization
from core.data.sampling import Sampling
from core.experiment import Experiment
from core.losses import Loss
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from core.weights.start import Start

ONE = {
    "initializer": Initializer, "loss": Loss, "optimizer": Optimizer, "schedule": Schedule,
    "sampling": Sampling, "normalization": Normalization, "data": DataSet, "start": Start,
}  # fmt: skip
SEVERAL = {
    "network": Layer, "regularizers": Regularizer, "stopping": StoppingRule,
    "augmentations": Augmentation,
}  # fmt: skip
PLACES = [
    (place, member)
    for place, family in (ONE | SEVERAL).items()
    for member in family.members.values()
    if not any(field.is_required() for field in member.model_fields.values())
]
EVERY = pytest.mark.parametrize(("place", "member"), PLACES, ids=lambda v: getattr(v, "label", v))


def holding(place: str, choice: Choice) -> Experiment:
    return Experiment(**{place: choice if place in ONE else (choice,)})


def held(experiment: Experiment, place: str) -> Choice:
    value = getattr(experiment, place)
    return value if place in ONE else value[0]


def told(*settings: str) -> Experiment:
    """The default experiment after these --set."""
    experiment = Experiment()
    for path, value in assignments(Namespace(epochs=None, name=None, set=list(settings))):
        experiment = change(experiment, path, value)
    return experiment


def other(fact: FieldFacts, now: object) -> object:
    """A value within the field's range that is not the present one; None where this knows none."""
    if fact.options:
        return next((option for option in fact.options if option != now), None)
    if fact.type is bool:
        return not now
    if fact.type is int:
        return next(v for v in (now + 1, now - 1) if fact.high is None or v <= fact.high)
    if fact.type is float:
        ends = (fact.low or 0.0, fact.high if fact.high is not None else 2 * abs(now) + 1)
        return (now + min(ends[1], now + 1.0)) / 2 if now < ends[1] else (now + ends[0]) / 2
    return None


@EVERY
def test_it_survives_its_text_and_its_link(place: str, member: type[Choice]) -> None:
    experiment = holding(place, member())
    assert held(experiment, place) == member()
    assert decode(Experiment, encode(experiment)) == experiment
    assert from_link(Experiment, to_link(experiment)) == experiment


@EVERY
def test_it_is_set_on_the_command_line_by_its_kind(place: str, member: type[Choice]) -> None:
    kind = member.model_fields["kind"].default
    said = kind if place in ONE else json.dumps([kind])
    assert told(f"{place}={said}") == holding(place, member())


@EVERY
def test_every_field_of_it_is_set_by_its_path(place: str, member: type[Choice]) -> None:
    kind = member.model_fields["kind"].default
    said = kind if place in ONE else json.dumps([kind])
    at = place if place in ONE else f"{place}.0"
    for fact in fields(member):
        value = other(fact, getattr(member(), fact.name))
        if value is None:
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        experiment = told(f"{place}={said}", f"{at}.{fact.name}={text}")
        assert getattr(held(experiment, place), fact.name) == value != fact.default
        assert from_link(Experiment, to_link(experiment)) == experiment


@EVERY
def test_beyond_its_range_it_is_refused_with_place_value_and_rule(
    place: str, member: type[Choice]
) -> None:
    kind = member.model_fields["kind"].default
    said = kind if place in ONE else json.dumps([kind])
    at = place if place in ONE else f"{place}.0"
    for fact in fields(member):
        if fact.type not in (int, float) or fact.options or fact.high is None:
            continue
        with pytest.raises(BadExperiment) as refused:
            told(f"{place}={said}", f"{at}.{fact.name}={json.dumps(fact.type(2 * fact.high + 1))}")
        sentence = str(refused.value)
        assert sentence.startswith(f"{at}.{fact.name} is ") and "must be" in sentence
        assert sentence.endswith("Choose a smaller value.")
