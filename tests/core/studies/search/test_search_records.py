"""The log of a search: lines there and back, and its trials in every state."""

import json
from math import inf

import pytest

from core.base.encoding import encode
from core.base.events import Ended, to_json
from core.experiment import Experiment
from core.studies.search.dimensions import default_space
from core.studies.search.folder import Searches
from core.studies.search.records import (
    SearchStarted,
    TrialEnded,
    TrialStarted,
    from_line,
    progress,
    to_line,
    trials,
)
from core.studies.search.search import Search

VALUES = {"optimizer.learning_rate": 0.01, "optimizer": "adam"}
EVENTS = [
    SearchStarted("Digits", 4, 1, 1.5e9),
    TrialStarted(0, "search", VALUES, 0, "20260101-000000-000000"),
    TrialStarted(1, "search", VALUES, 0, "20260101-000000-000001"),
    TrialEnded(0, "done", 0.5, 12.0, 3, 1.5, 90, "", curve=(0.9, 0.5), scores={"loss": 0.5},
               multiply_adds=80, seconds=2.0, fraction=0.25),
    TrialEnded(1, "done", inf, None, 1, 0.5, 90, "", "diverged", seconds=3.0, fraction=0.5),
    TrialStarted(2, "finalist", VALUES, 1, "20260101-000000-000002"),
    TrialStarted(2, "finalist", VALUES, 1, "20260101-000000-000002"),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_are_strict_json_and_are_read_back(event: object) -> None:
    line = to_line(event)
    json.loads(line, parse_constant=pytest.fail)
    assert from_line(line) == event
    newer = json.loads(line) | {"field_of_a_later_version": 1}
    assert from_line(json.dumps(newer)) == event


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"event":"TrialEnded"}', "null", '{"event":3'])
def test_a_line_without_an_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not an event"):
        from_line(line)


def test_trials_are_joined_from_their_events() -> None:
    done, diverged, again = trials(EVENTS)
    assert (done.state, done.value, done.seconds, done.finished_at) == ("done", 0.5, 1.5, 2.0)
    assert done.values == VALUES and done.curve == (0.9, 0.5)
    assert diverged.value == inf and diverged.is_complete
    assert (again.state, again.stage, again.starts) == ("running", "finalist", 2)
    so_far = progress(EVENTS)
    assert (so_far.points, so_far.total, so_far.seconds_left) == (2, 4, 3.0)


def test_a_search_is_stored_like_a_study(tmp_path) -> None:
    store = Searches(tmp_path)
    search = Search(space=default_space(Experiment()))
    search_id = store.create(encode(search))
    for event in EVENTS:
        store.append(search_id, to_line(event))
    store.append(search_id, to_json(Ended("stopped", "Stopped.", 2, 0)))
    assert store.search(search_id) == search
    events, _ = store.events(search_id)
    assert events[:-1] == EVENTS and events[-1]["reason"] == "stopped"
    assert store.trials(search_id) == trials(EVENTS)
    run = store.runs(search_id).create(encode(Experiment()))
    assert (tmp_path / "searches" / search_id / "runs" / run / "experiment.json").is_file()
