"""Comparisons on the Double descent page: the same study with one cause of the peak removed."""

import pytest

from core.access.ownership import LAB
from core.base.encoding import encode
from core.base.events import Ended, to_json
from core.base.numbers import duration
from core.jobs import runner
from core.studies.causes import CAUSES
from core.studies.records import Record, StudyStarted, to_line
from tests.core.figures.descent.conftest import point
from tests.pages.double_descent_page import (
    DONE,
    a_peak,
    charts,
    open_page,
    store,
    store_study,
)
from tests.pages.shown import texts

__all__ = ["store"]


def compared(app):
    return next(g for g in app.get("button_group") if g.label == "Compare with")


def test_a_comparison_shows_its_cost_and_starts_the_study_without_the_cause(store):
    study_id = store_study(store, a_peak(), DONE)
    app = open_page(study_id)
    assert "No label noise: 105 points, 5\u00a0to\u00a018\u202fs" in " ".join(texts(app))
    compared(app).set_value(["noise"]).run()
    assert not app.exception, app.exception
    (other,) = set(store.ids()) - {study_id}
    assert store.study(other).base.label_noise.share == 0
    assert runner.current().live("study") == [other]


def further(store, study_id, cause, points, share, *, end=None):
    """The study without this cause, so far."""
    other = store.create(encode(CAUSES[cause].without(store.study(study_id))))
    store.append(other, to_line(StudyStarted("Digits", 10, 780, {}, 1, 0.0)))
    for k, one in enumerate(points):
        store.append(other, to_line(Record(0, k, 0, {}, one, share, 3.0)))
    if end:
        store.append(other, to_json(end))
    return other


@pytest.mark.parametrize("cause", ["noise", "tuned"])
def test_a_comparison_is_drawn_when_complete_and_shows_its_progress_before(store, cause):
    study_id = store_study(store, a_peak(), DONE)
    ridges = [point(10, 0.4, control=ridge) for ridge in (0.0, 0.1)]
    other = further(store, study_id, cause, ridges, 0.25)

    def drawn(app):
        compared(app).set_value([cause]).run()
        assert not app.exception, app.exception
        label = CAUSES[cause].label.format(control="ridge").lower()
        return label in [trace["name"] for trace in charts(app)[0]["data"]]

    with store.own(other):
        app = open_page(study_id)
        assert not drawn(app)
        assert f"2 of 780 points measured, {duration(9)} left" in " ".join(texts(app))
    app = open_page(study_id)
    assert not drawn(app) and "stopped after 2 of 780 points" in " ".join(texts(app))
    next(b for b in app.button if b.label == "Resume comparison").click().run()
    assert runner.current().live("study") == [other]
    runner.current().stop(other, by=LAB)
    store.append(other, to_json(DONE))
    assert drawn(open_page(study_id))


def test_an_incomplete_study_offers_no_comparisons(store):
    ridges = [point(w, 0.4, control=ridge) for ridge in (0.0, 0.1) for w in (10, 30)]
    app = open_page(store_study(store, ridges, Ended("stopped", "Stopped by hand.", 4, 0)))
    assert "Compare with" not in [group.label for group in app.get("button_group")]


def test_the_ensemble_that_the_curve_shows_is_not_a_comparison(store):
    group = compared(open_page(store_study(store, a_peak(), DONE)))
    assert [o.content for o in group.proto.options] == ["No label noise", "Best ridge"]
