"""The Double descent page in each of its states, without a browser: before a study, while it is
running, done, stopped, failed, deleted.
"""

import math
from dataclasses import replace

import pytest

from core.advice.learning_curve import judge_learning_curve
from core.advice.seed_comparison import SeedGroup, compare_seeds
from core.advice.study_verdict import describe_other_measure, judge_curve
from core.base.encoding import change, encode
from core.base.events import Ended, to_json
from core.jobs import runner
from core.studies.draft_studies import multi_start
from core.studies.records import Record, StudyStarted, progress, to_line
from core.studies.study import shipped
from pages.parts.double_descent.cards import AXES, NOT_VARIED
from tests.core.figures.descent.conftest import point
from tests.pages.double_descent_page import (
    DONE,
    a_peak,
    charts,
    draft,
    headline,
    open_page,
    plain,
    store,
    store_study,
)
from tests.pages.shown import texts

__all__ = ["store"]


def test_before_a_study_the_axes_are_drawn_and_start_is_suggested(store):
    app = open_page()
    assert headline(app) == "105 points, 5\u00a0to\u00a018\u202fs. Press Start."
    (chart,) = charts(app)
    assert [note["text"] for note in chart["layout"]["annotations"]] == ["N = n"]
    (sketch,) = chart["data"]
    peak = sketch["x"][max(range(30, 121), key=sketch["y"].__getitem__)]
    (threshold,) = (shape["x0"] for shape in chart["layout"]["shapes"])
    assert 0.9 < peak / threshold < 1.1 and sketch["name"] == "Expected shape (sketch)"
    assert not app.query_params.get("study")


def test_networks_show_both_thresholds_before_a_study(store):
    app = open_page()
    next(g for g in app.get("button_group") if g.label == "Presets").set_value("entropy-fast").run()
    chart = charts(app)[0]
    notes = [note["text"] for note in chart["layout"]["annotations"]]
    assert notes == ["P = n", "P = n·K"]
    low, high = chart["layout"]["xaxis"]["range"]
    assert all(low < math.log10(shape["x0"]) < high for shape in chart["layout"]["shapes"])


def test_the_main_curve_comes_first_and_the_others_on_request(store):
    ridges = [
        point(w, 0.3, control=ridge) for ridge in (0.0, 1e-3, 1e-2, 0.1) for w in (10, 100, 999)
    ]
    app = open_page(store_study(store, ridges, DONE))

    def names():
        return {t.get("name") for t in charts(app)[0]["data"] if "ridge" in t.get("name", "")}

    assert not names()
    app.toggle(key="descent every line").set_value(True).run()
    assert not app.exception and len(names()) >= 3


def test_start_queues_the_study_and_the_address_names_it(store):
    app = open_page()
    app.button(key="bar_start").click().run()
    assert not app.exception, app.exception
    (study_id,) = store.ids()
    assert runner.current().live("study") == [study_id]
    assert app.query_params["study"] == study_id
    assert store.study(study_id).base.data.kind == "digits"
    assert app.button(key="bar_start").disabled
    assert "This study is already running or queued." in " ".join(texts(app))


def test_a_done_study_shows_its_peak_in_the_colours_of_the_marks(store):
    app = open_page(store_study(store, a_peak(), DONE))
    finding = judge_curve(a_peak(), "test_error", noun="feature").finding
    assert finding.code == "double_descent" and plain(headline(app)) == finding.text
    text = headline(app).replace("\u202f", " ")
    assert ":violet[80 %]" in text and ":green[20 %]" in text
    assert len(charts(app)) == 3 and app.button(key="bar_start").disabled
    assert "This study is complete." in " ".join(texts(app))
    assert [d.label for d in app.get("download_button")] == ["Points (CSV)", "Study (JSON)"]


def test_a_curve_without_a_peak_is_reported_as_such(store):
    falling = [point(w, 0.5 / k) for k, w in enumerate((10, 30, 100, 300), 1)]
    rising = [point(w, 0.2 * k) for k, w in enumerate((10, 30, 100, 300), 1)]
    for points, code in ((falling, "no_peak"), (rising, "no_second_descent")):
        finding = judge_curve(points, "test_error", noun="feature").finding
        assert finding.code == code
        assert plain(headline(open_page(store_study(store, points, DONE)))) == finding.text


def test_an_unclear_peak_has_a_button_that_adds_seeds_to_the_draft(store):
    seeds = [(0.3, 0.3, 0.9), (0.6, 0.6, 0.6), (0.3, 0.9, 0.3)]
    points = [
        replace(point(w, 0.5), test_error=each, test_loss=each)
        for w, each in zip((10, 30, 100), seeds, strict=True)
    ]
    action = judge_curve(points, "test_error", noun="feature").finding.action
    app = open_page(store_study(store, points, DONE))
    next(b for b in app.button if b.label == action.label).click().run()
    assert not app.exception, app.exception
    assert action.changes == {"repeats": 6}
    assert draft(app).repeats == 6


def test_a_peak_of_only_the_other_measure_is_reported_with_a_button(store):
    heights = {10: 0.5, 30: 0.3, 100: 0.8, 300: 0.4, 1000: 0.2}
    falling = zip((0.5, 0.45, 0.4, 0.35, 0.3), heights.items(), strict=True)
    points = [replace(point(w, v), test_error=(error,) * 3) for error, (w, v) in falling]
    error, loss = (
        judge_curve(points, measure, noun="feature") for measure in ("test_error", "test_loss")
    )
    other = describe_other_measure(loss, "test_loss", noun="feature")
    assert (error.code, loss.code) == ("no_peak", "double_descent")
    app = open_page(store_study(store, points, DONE))
    assert plain(headline(app)) == f"{error.finding.text}\n\n{other.text}"
    for _ in range(2):
        app.button(key="descent other measure").click().run()
        assert plain(headline(app)) == loss.finding.text and not app.exception
        switch = next(g for g in app.get("button_group") if g.label == "Measure")
        switch.set_value("Error").run()
        assert plain(headline(app)).startswith(error.finding.text)


def test_networks_show_their_loss_first_and_reuse_carries_a_caution(store):
    study_id = store_study(store, a_peak(), DONE, name="reuse")
    finding, caution = judge_curve(a_peak(), "test_loss").finding, shipped()["reuse"].method.caution
    assert plain(headline(open_page(study_id))) == f"{finding.text} {caution}" and caution


def test_a_learning_curve_does_not_mention_peaks(store):
    study = change(shipped()["learning-curve"], "base.data", {"kind": "digits"})
    study_id = store.create(encode(study))
    store.append(study_id, to_line(StudyStarted("Digits", 10, 3, {"n": (100, 400)}, 1, 0.0)))
    points = []
    for k, rows in enumerate((100, 200, 400)):
        points.append(point(0, 0.4 / 2**k, samples=rows))
        record = Record(k, 0, 0, {"samples": rows / 400}, points[-1], 0.5, 1.0)
        store.append(study_id, to_line(record))
    store.append(study_id, to_json(DONE))
    app = open_page(study_id)
    finding = judge_learning_curve(points, "test_error").finding
    assert finding.code == "more_data_helps" and plain(headline(app)) == finding.text
    assert len(charts(app)) == 1


def test_an_axis_that_the_study_does_not_vary_has_a_note_and_no_answer(store):
    """The points of a closed form are measured after 0 steps, which no log axis can show."""
    for end in (DONE, None):
        study_id = store_study(store, [replace(p, steps=0) for p in a_peak()], end)
        for over in ("steps", "samples"):
            app, axis = open_page(study_id), AXES[over]
            switch = next(g for g in app.get("button_group") if AXES["width"] in g.options)
            switch.set_value(axis).run()
            assert not app.exception and not charts(app)
            assert NOT_VARIED[over] in texts(app)
            assert not any(text.startswith("### ") for text in texts(app))


def test_the_bar_of_a_study_is_filled_like_its_count_of_points(store):
    started = StudyStarted("Digits", 10, 4, {}, 1, 0.0)
    records = [Record(k, 0, k, {}, a_peak()[k], 0.01 * k, 1.0) for k in range(2)]
    assert progress(records, started).fraction == 0.5  # the work is far from half done


def test_a_running_study_shows_its_progress(store):
    study_id = store_study(store, a_peak()[:2])
    with store.own(study_id):
        app = open_page(study_id)
        assert headline(app).startswith("2 model sizes so far")
        assert "Running" in " ".join(texts(app))


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Ended("stopped", "Stopped by hand.", 2, 0), "Stopped after 2 of 105 points"),
        (Ended("failed", "The memory is not enough: take fewer rows.", 2, 0), "take fewer rows"),
        (None, "The lab stopped after 2 of 105 points"),
    ],
)
def test_an_incomplete_study_shows_why_and_can_be_resumed(store, end, words):
    study_id = store_study(store, a_peak()[:2], end)
    app = open_page(study_id)
    assert any(words in text.replace("\u202f", " ") for text in texts(app))
    next(b for b in app.button if b.label == "Resume study").click().run()
    assert not app.exception and runner.current().live("study") == [study_id]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Ended("stopped", "Stopped by hand.", 0, 0), "Stopped before the first point."),
        (None, "The lab stopped before the first point."),
    ],
)
def test_a_study_without_a_point_does_not_count_points(store, end, words):
    app = open_page(store_study(store, [], end))
    assert words in " ".join(texts(app)) and "0 of 105" not in " ".join(texts(app))
    next(b for b in app.button if b.label == "Start study").click().run()
    assert not app.exception and len(runner.current().live("study")) == 1


def test_a_deleted_study_is_reported(store):
    app = open_page("20260101-000000-abcdef")
    assert any("This study was not found" in text for text in texts(app))
    assert not app.query_params.get("study")


def test_a_point_that_is_not_finite_is_reported(store):
    lost = point(1000, float("nan"))
    app = open_page(store_study(store, [*a_peak()[:4], lost], DONE))
    assert any("1 point without a finite value" in text for text in texts(app))


def test_repeated_seeds_are_a_finding_and_a_point_each(store):
    study = multi_start(change(shipped()["multi-start"], "name", "x").base)
    study_id = store.create(encode(study))
    store.append(study_id, to_line(StudyStarted("Digits", 10, 3, {}, 1, 0.0)))
    errors = (0.1, 0.2, 0.3)
    for seed, error in enumerate(errors):
        measured = replace(point(0, 1.0), test_error=(error,), norm=(1.0,))
        store.append(study_id, to_line(Record(seed, 0, 0, {"seed": seed}, measured, 0.5, 1.0)))
    store.append(study_id, to_json(DONE))
    app = open_page(study_id)
    finding = compare_seeds([SeedGroup("", errors)], "test_error")
    assert finding.code == "seed_spread" and plain(headline(app)) == finding.text
    assert list(charts(app)[0]["data"][0]["y"]) == sorted(errors)
