"""Scores with intervals: the coverage of the interval of values, and the two forms."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.events import to_json
from core.runs.history import History
from core.runs.measured import Measured, measure_parts, squared_scatter
from core.runs.score import value
from tests.conftest import ended, script


def made_up(*, with_end: bool = True) -> History:
    """The made-up run of the shared script, with all of its sizes."""
    started, *events = [*script(), *([ended()] if with_end else [])]
    sizes = {"train": 1280, "validation": 256, "test": 256}
    history = History()
    history.add(map(to_json, [replace(started, sizes=sizes), *events]))
    return history


def test_accuracy_has_the_turned_interval_of_the_error() -> None:
    part = Measured(0.1, 200)
    error, low, high = part.in_form("error")
    assert part.in_form("accuracy") == pytest.approx([1 - error, 1 - high, 1 - low])
    explained = Measured(2.0, 200, 1.4, std=4.0).in_form("accuracy")
    assert explained[0] == pytest.approx(1 - 2**2 / 4**2) and explained[1] < 0.75 < explained[2]


@pytest.mark.parametrize("noise", ["normal", "laplace"])
def test_the_interval_of_values_holds_the_true_rmse_in_about_95_of_100_samples(noise: str) -> None:
    random = np.random.default_rng(0)
    scale = 1 if noise == "normal" else 2**-0.5  # a standard deviation of 1 for both
    hits = 0
    for _ in range(400):
        errors = getattr(random, noise)(0, scale, 300)
        scatter = squared_scatter([(0.0, float(e)) for e in errors])
        _, low, high = Measured(float(np.sqrt(np.mean(errors**2))), 300, scatter).interval
        hits += low <= 1 <= high
    assert 360 <= hits <= 396


def test_the_parts_of_a_run_have_the_scores_of_its_end() -> None:
    history = made_up()
    parts = measure_parts(history)
    assert {name: part.error for name, part in parts.items()} == {
        name: pytest.approx(value(getattr(history.ended, name), "error")) for name in parts
    }
    assert {name: part.samples for name, part in parts.items()} == history.started.sizes


def test_a_run_without_final_scores_has_those_of_its_best_epoch() -> None:
    history = made_up(with_end=False)
    best = history.epochs[history.best]
    parts = measure_parts(history)
    assert parts["validation"].error == pytest.approx(value(best.validation, "error"))
    assert "test" not in parts
