"""The Double descent page of a lab in which nothing is ever computed, and studies stored for it."""

import json
import re

import pytest

from core.base.encoding import change, decode, encode
from core.base.events import Ended, to_json
from core.jobs import runner
from core.jobs.lane import Lane
from core.studies.duration import Expected
from core.studies.folder import Studies
from core.studies.records import Record, StudyStarted, to_line
from core.studies.study import Study, shipped
from pages.parts.double_descent import times
from tests.core.figures.descent.conftest import point
from tests.pages.shown import texts, visit

NAME = "random-features"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The studies of this test's lab, where nothing is ever computed or timed."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LIVE", "poll")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    expected = Expected(8.0, 105, "Digits", "")
    monkeypatch.setattr(times, "expected_time", lambda study: expected)
    return Studies(tmp_path)


def open_page(study_id=""):
    return visit("double_descent", **({"study": study_id} if study_id else {}))


def headline(app):
    """The Markdown above the chart."""
    return next(text[4:] for text in texts(app) if text.startswith("### "))


def plain(markdown):
    """Markdown without its colours and backslashes."""
    return re.sub(r":(?:green|violet)\[([^]]*)\]", r"\1", markdown).replace("\\", "")


def draft(app):
    """The draft study of the session."""
    return decode(Study, app.session_state["kept study"])


def store_study(store, points, end=None, name=NAME):
    """A study on the digits with these points."""
    study = change(shipped()[name], "base.data", {"kind": "digits"})
    study_id = store.create(encode(study))
    reach = {"N": (10, 5000), "N/n": (0.1, 50)}
    store.append(
        study_id, to_line(StudyStarted("Digits, 8 × 8, 100 images", 10, 105, reach, 1, 0.0))
    )
    for chunk, measured in enumerate(points):
        store.append(study_id, to_line(Record(0, chunk, 0, {}, measured, 0.5, 1.0)))
    if end:
        store.append(study_id, to_json(end))
    return study_id


def a_peak():
    """Points with double descent in error and loss, the peak at 100 features."""
    heights = {10: 0.5, 30: 0.3, 100: 0.8, 300: 0.4, 1000: 0.2}
    return [point(w, v, fits=w >= 100) for w, v in heights.items()]


DONE = Ended("done", "All points are measured.", 5, 0)


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
