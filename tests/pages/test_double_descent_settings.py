"""The presets and the settings of the Double descent page."""

from core.base.events import Ended
from tests.core.figures.descent.conftest import point
from tests.pages.double_descent_page import (
    draft,
    open_page,
    store,
    store_study,
)
from tests.pages.shown import texts

__all__ = ["store"]


def test_a_preset_keeps_the_data_and_sets_its_own_settings(store):
    app = open_page()
    pills = next(g for g in app.get("button_group") if g.label == "Presets")
    pills.set_value("entropy-fast").run()
    assert not app.exception, app.exception
    study = draft(app)
    assert study.method.loss == "cross_entropy" and study.base.data.kind == "digits"
    assert study.base.label_noise.share == 0.2


def test_the_first_press_counts_also_where_the_study_is_on_disk_already(store):
    study_id = store_study(store, [point(10, 0.5)], Ended("stopped", "", 0, 0))
    app = open_page()
    assert app.query_params["study"] == study_id
    pills = next(g for g in app.get("button_group") if g.label == "Presets")
    pills.set_value("entropy-fast").run()
    assert draft(app).method.loss == "cross_entropy"


def test_the_settings_change_the_draft_and_refuse_invalid_values(store):
    app = open_page()
    number = next(n for n in app.number_input if n.label == "Seeds")
    number.set_value(5).run()
    assert draft(app).repeats == 5
    ridges = next(t for t in app.text_input if t.label.startswith("Ridges"))
    ridges.set_value("0, 1e-3").run()
    assert draft(app).method.ridges == (0.0, 1e-3)
    ridges = next(t for t in app.text_input if t.label.startswith("Ridges"))
    ridges.set_value("-1").run()
    assert not app.exception
    assert draft(app).method.ridges == (0.0, 1e-3)


def test_any_setting_of_the_draft_can_be_varied(store):
    app = open_page()
    next(g for g in app.get("button_group") if g.label == "Presets").set_value("More …").run()
    next(g for g in app.get("button_group") if g.label == "Presets").set_value("setting").run()

    def axis():
        return draft(app).axes[0]

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
    assert draft(app).axes == ()
