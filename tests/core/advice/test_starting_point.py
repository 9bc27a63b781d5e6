"""A starting point fits the data, is valid, and is not offered twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.advice.starting_point import FEWEST, MOST, starting_point
from core.data.dataset import Facts
from core.experiment import Experiment, shipped
from core.network.build import check
from core.training.checks import check_experiment

CLASSES = ("a", "b", "c")


@pytest.mark.parametrize(
    ("facts", "epochs", "preset"),
    [
        (Facts((1, 8, 8), CLASSES, 3000), 90, "small"),
        (Facts((1, 8, 8), CLASSES, 3000, 500), 75, "small"),
        (Facts((3, 32, 32), CLASSES, 50_000, 10_000), 4, "lenet"),
        (Facts((1, 28, 28), CLASSES, 10**6), FEWEST, "lenet"),
        (Facts((1, 2, 3), CLASSES, 60), MOST, "mlp"),
        (Facts((13,), CLASSES, 300), MOST, "points"),
        (Facts((13,), (), 300), MOST, "points"),
    ],
)
def test_a_starting_point_fits_the_data(facts, epochs, preset):
    for name in ("digits", "sine"):
        start = starting_point(shipped()[name], facts)
        check(start.experiment.network, facts.shape, facts.outputs)
        check_experiment(start.experiment, facts)
        assert (start.experiment.epochs, start.preset.kind) == (epochs, preset)
        assert starting_point(start.experiment, facts) is None


def test_the_included_digits_uploaded_as_spreadsheets_get_the_settings_of_the_included_ones():
    draft = shipped()["digits"]
    facts = draft.data.facts(Path())
    assert starting_point(draft, facts) is None


def test_data_and_split_of_the_draft_stay():
    draft = Experiment(name="mine", seeds={"order": 3})
    start = starting_point(draft, replace(Facts((5,), CLASSES, 90), rows=90)).experiment
    assert (start.name, start.data, start.split, start.seeds) == (
        draft.name, draft.data, draft.split, draft.seeds,
    )  # fmt: skip
