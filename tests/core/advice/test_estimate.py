"""The time of a run, from the last one of its kind."""

import pytest

from core.advice.estimate import estimate
from core.base.encoding import encode
from core.base.events import Ended
from core.data.datasets import Digits
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.optim.optimizers import SGD, AdamW
from core.runs.store import Store
from tests.conftest import script, write

PAST = Experiment(name="Past")


@pytest.fixture
def store(tmp_path):
    """One run of 200 steps in 20 s, and one that failed before its first step."""
    here = Store(tmp_path)
    write(here, here.create(encode(PAST)), [Ended("epochs", "Done.", 200, 10, seconds=20.0)])
    write(here, here.create(encode(PAST)), [Ended("failed", "No memory.", 0, 0)])
    return here


@pytest.mark.parametrize(
    "alike",
    [PAST, Experiment(epochs=3, name="x"), Experiment(optimizer=AdamW(learning_rate=0.5))],
)
def test_a_run_of_the_same_kind_takes_as_long_a_step(store, alike):
    found = estimate(store, alike, 1000)
    assert (found.seconds, found.name) == (pytest.approx(100.0), "Past")


@pytest.mark.parametrize(
    "other",
    [
        Experiment(batch_size=PAST.batch_size * 2),
        Experiment(data=Digits(size=28)),
        Experiment(network=(Flatten(), Output())),
        Experiment(optimizer=SGD()),
        Experiment(device="cpu"),
        Experiment(augmentations=("crop",)),
        Experiment(regularizers=("sam",)),
    ],
)
def test_of_another_kind_nothing_is_known(store, other):
    assert estimate(store, other, 1000) is None


def test_a_run_that_goes_on_says_nothing_yet(tmp_path):
    here = Store(tmp_path)
    write(here, here.create(encode(PAST)), script()[:20])
    assert estimate(here, PAST, 10) is None


def test_a_damaged_folder_is_passed_over(store):
    run = store.create('{"of": "another version"}')
    write(store, run, [Ended("epochs", "Done.", 10, 1, seconds=1.0)])
    assert estimate(store, PAST, 200).seconds == pytest.approx(20.0)
