"""The Double descent page in each of its states, without a browser: before a study, while it is
running, done, stopped, failed, deleted; its presets, settings and comparisons.
"""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.base.encoding import change, decode, encode
from core.base.events import Ended, to_json
from core.jobs import runner
from core.jobs.lane import Lane
from core.studies.causes import CAUSES
from core.studies.duration import Expected
from core.studies.folder import Studies
from core.studies.records import Record, StudyStarted, to_line
from core.studies.study import Study, shipped
from pages.parts.double_descent import studies, times
from tests.conftest import ROOT
from tests.core.figures.descent.conftest import point
from tests.pages.shown import texts

NAME = "random-features"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """The studies of this test's lab, where nothing is ever computed or timed."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LIVE", "poll")
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    expected = Expected(8.0, 105, "Digits", "")
    monkeypatch.setattr(times, "expected_time", lambda study: expected)
    monkeypatch.setattr(studies, "expected_time", lambda study: expected)
    return Studies(tmp_path)


def page(study_id=""):
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60).run()
    if study_id:
        app.query_params["study"] = study_id
    app.switch_page("double_descent.py").run()
    assert not app.exception, app.exception
    return app


def headline(app):
    return next(text[4:] for text in texts(app) if text.startswith("### "))


def a_study(found, points, end=None, name=NAME):
    """A study on the digits with these points."""
    study = change(shipped()[name], "base.data", {"kind": "digits"})
    made = found.create(encode(study))
    reach = {"N": (10, 5000), "N/n": (0.1, 50)}
    found.append(made, to_line(StudyStarted("Digits, 8 × 8, 100 images", 10, 105, reach, 1, 0.0)))
    for k, one in enumerate(points):
        found.append(made, to_line(Record(0, k, 0, {}, one, 0.5, 1.0)))
    if end:
        found.append(made, to_json(end))
    return made


def a_peak():
    heights = {10: 0.5, 30: 0.3, 100: 0.8, 300: 0.4, 1000: 0.2}
    return [point(w, v, fits=w >= 100) for w, v in heights.items()]


DONE = Ended("done", "All points are there.", 5, 0)


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_before_a_study_the_axes_are_drawn_and_start_is_suggested(found):
    app = page()
    assert headline(app) == "105 points, about 8 s. Press Start."
    notes = [note["text"] for note in charts(app)[0]["layout"]["annotations"]]
    assert notes == ["N = n"] and not charts(app)[0]["data"]
    assert not app.query_params.get("study")


def test_start_queues_the_study_and_the_address_names_it(found):
    app = page()
    app.button(key="bar_start").click().run()
    assert not app.exception, app.exception
    (study_id,) = found.ids()
    assert runner.current().live("study") == [study_id]
    assert app.query_params["study"] == study_id
    assert found.study(study_id).base.data.kind == "digits"
    assert app.button(key="bar_start").disabled
    assert "This study is already running or queued." in " ".join(texts(app))


def test_a_done_study_shows_its_peak_in_the_colours_of_the_marks(found):
    app = page(a_study(found, a_peak(), DONE))
    text = headline(app).replace("\u202f", " ")
    assert text.startswith("Double descent: the test error rises from 30 % at 30 features")
    assert ":violet[80 %]" in text and ":green[20 %]" in text and "in 3 of 3 seeds" in text
    assert len(charts(app)) == 3 and app.button(key="bar_start").disabled
    assert "This study is complete." in " ".join(texts(app))
    assert [d.label for d in app.get("download_button")] == ["Points (CSV)", "Study (JSON)"]


def test_a_curve_without_a_peak_is_reported_as_such(found):
    flat = [point(w, 0.5 / k) for k, w in enumerate((10, 30, 100, 300), 1)]
    assert headline(page(a_study(found, flat, DONE))).startswith("No peak")
    rising = [point(w, 0.2 * k) for k, w in enumerate((10, 30, 100, 300), 1)]
    app = page(a_study(found, rising, DONE))
    assert headline(app).startswith("No second descent in this range")


def test_a_peak_of_only_the_other_measure_is_reported_with_a_button(found):
    heights = {10: 0.5, 30: 0.3, 100: 0.8, 300: 0.4, 1000: 0.2}
    falling = zip((0.5, 0.45, 0.4, 0.35, 0.3), heights.items(), strict=True)
    points = [replace(point(w, v), test_error=(error,) * 3) for error, (w, v) in falling]
    app = page(a_study(found, points, DONE))
    assert headline(app).startswith("No peak: the test error falls from 50")
    assert "The test loss does show double descent: 0.3 at 30 features, 0.8 at 100" in headline(app)
    for _ in range(2):
        app.button(key="descent other measure").click().run()
        assert (
            headline(app).startswith("Double descent: the test loss rises from 0.3")
            and not app.exception
        )
        switch = next(g for g in app.get("button_group") if g.label == "Measure")
        switch.set_value("Error").run()
        assert headline(app).startswith("No peak")


def test_networks_show_their_loss_first_and_reuse_carries_a_caution(found):
    made = a_study(found, a_peak(), DONE, name="reuse")
    assert headline(page(made)).startswith("Double descent: the test loss")
    assert "Artefact: the drop is where the reuse of weights ends" in headline(page(made))


def test_a_learning_curve_does_not_mention_peaks(found):
    study = change(shipped()["learning-curve"], "base.data", {"kind": "digits"})
    made = found.create(encode(study))
    found.append(made, to_line(StudyStarted("Digits", 10, 3, {"n": (100, 400)}, 1, 0.0)))
    for k, rows in enumerate((100, 200, 400)):
        one = point(0, 0.4 / 2**k, samples=rows)
        found.append(made, to_line(Record(k, 0, 0, {"samples": rows / 400}, one, 0.5, 1.0)))
    found.append(made, to_json(DONE))
    app = page(made)
    assert headline(app).startswith("More data helps: the test error is 40")
    assert "descent" not in headline(app) and len(charts(app)) == 1


def test_a_running_study_shows_its_progress(found):
    made = a_study(found, a_peak()[:2])
    with found.own(made):
        app = page(made)
        assert headline(app).startswith("2 points so far")
        assert "Running" in " ".join(texts(app))


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Ended("stopped", "Stopped by hand.", 2, 0), "Stopped after 2 of 105 points"),
        (Ended("failed", "The memory is not enough: take fewer rows.", 2, 0), "take fewer rows"),
        (None, "The lab stopped after 2 of 105 points"),
    ],
)
def test_an_incomplete_study_shows_why_and_can_be_resumed(found, end, words):
    made = a_study(found, a_peak()[:2], end)
    app = page(made)
    assert any(words in text.replace("\u202f", " ") for text in texts(app))
    next(b for b in app.button if b.label == "Resume study").click().run()
    assert not app.exception and runner.current().live("study") == [made]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Ended("stopped", "Stopped by hand.", 0, 0), "Stopped before the first point."),
        (None, "The lab stopped before the first point."),
    ],
)
def test_a_study_without_a_point_does_not_count_points(found, end, words):
    app = page(a_study(found, [], end))
    assert words in " ".join(texts(app)) and "0 of 105" not in " ".join(texts(app))
    next(b for b in app.button if b.label == "Start study").click().run()
    assert not app.exception and len(runner.current().live("study")) == 1


def test_a_deleted_study_is_reported(found):
    app = page("20260101-000000-abcdef")
    assert any("This study was not found" in text for text in texts(app))
    assert not app.query_params.get("study")


def test_a_point_that_is_not_finite_is_reported(found):
    lost = point(1000, float("nan"))
    app = page(a_study(found, [*a_peak()[:4], lost], DONE))
    assert any("1 point without a finite value" in text for text in texts(app))


def test_a_preset_keeps_the_data_and_sets_its_own_settings(found):
    app = page()
    pills = next(g for g in app.get("button_group") if g.label == "Presets")
    pills.set_value("entropy-fast").run()
    assert not app.exception, app.exception
    draft = decode(Study, app.session_state["kept study"])
    assert draft.method.loss == "cross_entropy" and draft.base.data.kind == "digits"
    assert draft.base.label_noise.share == 0.2


def test_the_first_press_counts_also_where_the_study_is_on_disk_already(found):
    made = a_study(found, [point(10, 0.5)], Ended("stopped", "", 0, 0))
    app = page()
    assert app.query_params["study"] == made
    pills = next(g for g in app.get("button_group") if g.label == "Presets")
    pills.set_value("entropy-fast").run()
    assert decode(Study, app.session_state["kept study"]).method.loss == "cross_entropy"


def test_the_settings_change_the_draft_and_refuse_invalid_values(found):
    app = page()
    number = next(n for n in app.number_input if n.label == "Seeds")
    number.set_value(5).run()
    assert decode(Study, app.session_state["kept study"]).repeats == 5
    ridges = next(t for t in app.text_input if t.label.startswith("Ridges"))
    ridges.set_value("0, 1e-3").run()
    assert decode(Study, app.session_state["kept study"]).method.ridges == (0.0, 1e-3)
    ridges = next(t for t in app.text_input if t.label.startswith("Ridges"))
    ridges.set_value("-1").run()
    assert not app.exception
    assert decode(Study, app.session_state["kept study"]).method.ridges == (0.0, 1e-3)


def test_any_setting_of_the_draft_can_be_varied(found):
    app = page()
    next(g for g in app.get("button_group") if g.label == "Presets").set_value("More …").run()
    next(g for g in app.get("button_group") if g.label == "Presets").set_value("setting").run()

    def axis():
        return decode(Study, app.session_state["kept study"]).axes[0]

    def values():
        return next(t for t in app.text_input if t.label == "Values")

    varied = next(b for b in app.selectbox if b.label == "Varied setting")
    assert varied.value == "AdamW: learning rate" and axis().name == "optimizer.learning_rate"
    values().set_value("1e-4 to 0.1 in 4").run()
    assert axis().values == (1e-4, 1e-3, 0.01, 0.1)
    values().set_value("-1").run()
    assert "must be above 0" in " ".join(texts(app)) and len(axis().values) == 4
    next(b for b in app.selectbox if b.label == "Varied setting").set_value("Batch size").run()
    assert (axis().name, values().value) == ("batch_size", "3  10  32  96  320")
    next(b for b in app.selectbox if b.label == "Varied setting").set_value("Seeds only").run()
    assert not app.exception
    assert decode(Study, app.session_state["kept study"]).axes == ()


def compared(app):
    return next(g for g in app.get("button_group") if g.label == "Compare with")


def test_a_comparison_shows_its_cost_and_starts_the_study_without_the_cause(found):
    made = a_study(found, a_peak(), DONE)
    app = page(made)
    assert "No label noise: 105 points, about 8 s" in " ".join(texts(app))
    compared(app).set_value(["noise"]).run()
    assert not app.exception, app.exception
    (other,) = set(found.ids()) - {made}
    assert found.study(other).base.label_noise.share == 0
    assert runner.current().live("study") == [other]


def further(found, made, cause, points, share, *, end=None):
    """The study without this cause, so far."""
    other = found.create(encode(CAUSES[cause].without(found.study(made))))
    found.append(other, to_line(StudyStarted("Digits", 10, 780, {}, 1, 0.0)))
    for k, one in enumerate(points):
        found.append(other, to_line(Record(0, k, 0, {}, one, share, 3.0)))
    if end:
        found.append(other, to_json(end))
    return other


@pytest.mark.parametrize("cause", ["noise", "tuned"])
def test_a_comparison_is_drawn_when_complete_and_shows_its_progress_before(found, cause):
    made = a_study(found, a_peak(), DONE)
    ridges = [point(10, 0.4, control=ridge) for ridge in (0.0, 0.1)]
    other = further(found, made, cause, ridges, 0.25)

    def drawn(app):
        compared(app).set_value([cause]).run()
        assert not app.exception, app.exception
        label = CAUSES[cause].label.format(control="ridge").lower()
        return label in [trace["name"] for trace in charts(app)[0]["data"]]

    with found.own(other):
        app = page(made)
        assert not drawn(app)
        assert "2 of 780 points measured, 9 s left" in " ".join(texts(app))
    app = page(made)
    assert not drawn(app) and "stopped after 2 of 780 points" in " ".join(texts(app))
    next(b for b in app.button if b.label == "Resume comparison").click().run()
    assert runner.current().live("study") == [other]
    runner.current().stop(other)
    found.append(other, to_json(DONE))
    assert drawn(page(made))


def test_an_incomplete_study_offers_no_comparisons(found):
    ridges = [point(w, 0.4, control=ridge) for ridge in (0.0, 0.1) for w in (10, 30)]
    app = page(a_study(found, ridges, Ended("stopped", "Stopped by hand.", 4, 0)))
    assert "Compare with" not in [group.label for group in app.get("button_group")]


def test_the_ensemble_that_the_curve_shows_is_not_a_comparison(found):
    assert [o.content for o in compared(page(a_study(found, a_peak(), DONE))).proto.options] == [
        "No label noise", "Best ridge",
    ]  # fmt: skip


def test_repeated_seeds_are_a_finding_and_a_point_each(found):
    study = studies.multi_start(change(shipped()["multi-start"], "name", "x").base)
    made = found.create(encode(study))
    found.append(made, to_line(StudyStarted("Digits", 10, 3, {}, 1, 0.0)))
    for seed, value in enumerate((0.1, 0.2, 0.3)):
        one = point(0, 1.0)
        one = type(one)(**{**one.__dict__, "test_error": (value,), "norm": (1.0,)})
        found.append(made, to_line(Record(seed, 0, 0, {"seed": seed}, one, 0.5, 1.0)))
    found.append(made, to_json(DONE))
    app = page(made)
    assert headline(app).startswith("The seed alone changes the result: test error")
