"""Data: split, normalization, augmentation and label noise reach the draft and are previewed."""

import json

import pytest

from core.data.datasets import Digits, correct
from core.data.normalization import Unit
from tests.pages.data.conftest import metrics
from tests.pages.shown import draft, press, texts, well


def test_split_and_scale_reach_the_draft_and_the_numbers(page):
    app = page()
    next(w for w in app.get("button_group") if w.label == "Step").set_value(
        "Split and normalize"
    ).run()
    next(w for w in app.number_input if w.label.startswith("Validation")).set_value(0.3)
    next(w for w in app.selectbox if w.label == "Method").set_value("unit")
    well(app.run())
    assert draft(app).split.validation == 0.3 and draft(app).normalization == Unit()
    assert metrics(app)["Validation set"] == "539"
    table = app.dataframe[0].value
    before, after = table.iloc[0], table.iloc[1]
    assert float(after["Mean"]) == pytest.approx(float(before["Mean"]) / 255, abs=1e-3)


def test_fractions_that_leave_no_training_data_are_refused(page):
    app = page()
    next(w for w in app.get("button_group") if w.label == "Step").set_value(
        "Split and normalize"
    ).run()
    next(w for w in app.number_input if w.label.startswith("Validation")).set_value(0.9)
    well(app.run())
    assert draft(app).split.validation == 0.15
    assert any("leave no training data" in text for text in texts(app))


def test_the_draft_follows_its_data_with_a_notice(page):
    app = page(came_for="sets")
    next(w for w in app.get("button_group") if w.key == "ready sets").set_value(
        "Points and curves"
    ).run()
    app = press(app, "use spirals")
    assert draft(app).data.kind == "spirals" and draft(app).normalization.per == "channel"
    said = " ".join(e.value for e in app.info)
    assert "The network is now" in said and not app.error
    assert metrics(app)["Columns"] == "2"


def test_a_split_is_chosen_with_one_press(page):
    app = page()
    next(w for w in app.get("button_group") if w.key == "data_step").set_value(
        "Split and normalize"
    ).run()
    app = press(app, "shares 98 / 1 / 1")
    assert (draft(app).split.validation, draft(app).split.test) == (0.01, 0.01)
    assert metrics(app)["Training set"] == "1 761"


def go(app, step):
    next(w for w in app.get("button_group") if w.key == "data_step").set_value(step).run()
    return well(app)


def shown_images(app):
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [image["source"] for chart in charts for image in chart["layout"]["images"]]


def test_augmentations_are_switched_on_and_shown_before_and_after(page):
    app = go(page(), "Augment")
    before = shown_images(app)
    assert before[:7] == before[7:14]  # no augmentation yet
    next(t for t in app.toggle if t.label == "Noise").set_value(True)
    app = well(app.run())
    assert [a.kind for a in draft(app).augmentations] == ["noise"]
    app = well(app.run())
    changed = shown_images(app)
    assert changed[:7] == before[:7] and all(a != b for a, b in zip(changed, changed[7:14]))


def test_an_augmentation_that_does_not_fit_is_refused(page):
    app = go(page(), "Augment")
    next(t for t in app.toggle if t.label == "Crop").set_value(True)
    app = well(app.run())
    next(n for n in app.number_input if n.label.startswith("Padding")).set_value(9)
    app = well(well(app.run()).run())
    assert any("padding to at most 7" in text for text in texts(app))
    app = press(app, "change crop_destroys")
    assert draft(app).augmentations[0].padding == 1


def test_corrections_are_stated_and_removed_in_one_press(page):
    data = correct(Digits(), relabel={0: 5}, drop=[1])
    app = page(data)
    assert any(data.changes in text for text in texts(app))
    app = press(app, "remove corrections")
    assert draft(app).data == Digits()
    assert not any(data.changes in text for text in texts(app))


def test_label_noise_shows_how_many_labels_are_wrong_and_which(page):
    app = go(page(), "Label noise")
    assert any("All 1 257 training labels" in text.replace("\u202f", " ") for text in texts(app))
    next(n for n in app.number_input if n.label.startswith("Fraction")).set_value(0.2)
    app = well(well(app.run()).run())
    assert draft(app).label_noise.share == 0.2
    assert any("251 of 1 257" in text.replace("\u202f", " ") for text in texts(app))
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    pairs = [t.split(" → ") for chart in charts for t in chart["layout"]["xaxis"]["ticktext"]]
    assert len(pairs) == 21 and all(true != wrong for true, wrong in pairs)
