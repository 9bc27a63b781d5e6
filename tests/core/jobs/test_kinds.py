"""How long a job at work still needs: by its own pace, whatever its last event is."""

from dataclasses import replace

import pytest

from core.base.events import Ended, Probe, Saved, Step, to_json
from core.jobs import kinds
from core.runs import pace
from core.runs.history import History
from core.runs.store import Store
from core.studies.folder import Studies
from core.studies.records import Record, StudyStarted, to_line
from tests.conftest import script, write
from tests.core.figures.descent.conftest import point

STEP = Step(100, (0.5,), 0.1, seconds=8.0)


@pytest.fixture
def run(tmp_path):
    store = Store(tmp_path)
    return store, store.create("{}")


@pytest.mark.parametrize(
    "after", [[], [Probe(100, {}, {}, {})], [Saved(100), Probe(100, {}, {}, {})]]
)
def test_the_time_left_of_a_run_follows_its_own_pace(run, after):
    store, id = run
    for event in (STEP, *after):
        store.append(id, to_json(event))
    assert kinds.seconds_left(store, id, (500, 5.0), worked=9.0) == pytest.approx(32.0)


@pytest.mark.parametrize("events", [2, 6, 30])
def test_queue_and_page_estimate_the_same_time_left(run, events):
    """Also where the pace of the last steps is another one than that of the whole run."""
    store, id = run
    lines = [replace(e, seconds=e.seconds**2) if isinstance(e, Step) else e for e in script()]
    write(store, id, lines[:events])
    left = pace.seconds_left(History.of(store.read(id)[0]))
    assert kinds.seconds_left(store, id, (200, 5.0), worked=9.0) == pytest.approx(left)


def test_before_the_first_step_the_estimate_counts_until_it_is_exceeded(run):
    assert kinds.seconds_left(*run, (500, 5.0), worked=2.0) == 3.0
    assert kinds.seconds_left(*run, (500, 5.0), worked=6.0) is None
    assert kinds.seconds_left(*run, (500, None), worked=1.0) is None


def test_the_time_left_of_a_resumed_study_follows_its_points(tmp_path):
    store = Studies(tmp_path)
    id = store.create("{}")
    record = Record(0, 0, 0, {}, point(10, 0.5), 0.2, 8.0)
    store.append(id, to_line(record))
    assert kinds.seconds_left(store, id, (0, None), worked=1.0) == pytest.approx(32.0)
    store.append(id, to_json(Ended("stopped", "Stopped by hand.", 1, 0)))
    store.append(id, to_line(StudyStarted("Digits", 10, 105, {}, 1, 0.0)))
    assert kinds.seconds_left(store, id, (0, None), worked=1.0) is None
