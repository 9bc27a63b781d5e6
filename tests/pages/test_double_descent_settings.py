"""The presets and the settings of the Double descent page."""

from dataclasses import replace

from core.base.encoding import change, decode, encode
from core.base.events import Ended, to_json
from core.experiment import Experiment
from core.studies.draft_studies import any_setting
from core.studies.records import Record, to_line
from core.studies.study import shipped
from pages.parts.double_descent import presets, times
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


def pills(app, label="Presets"):
    return next(g for g in app.get("button_group") if g.label == label)


def vary_a_setting():
    app = open_page()
    pills(app, "Studies of the draft").set_value("setting").run()
    assert not app.exception, app.exception
    return app


def test_a_preset_behind_more_makes_no_other_one_vanish(store):
    app = open_page()
    first = set(pills(app).options) - {"More …"}
    pills(app).set_value("More …").run()
    pills(app).set_value("no-reuse").run()
    assert draft(app).name == shipped()["no-reuse"].name
    assert first < set(pills(app).options)


def test_pills_do_not_depend_on_what_is_measured_meanwhile(store, monkeypatch):
    before = list(pills(open_page()).options)
    monkeypatch.setattr(times, "expected_time", lambda study: None)
    assert list(pills(open_page()).options) == before
    curves = [name for name, s in shipped().items() if s.method.whole_curve]
    assert presets.recorded_seconds().keys() <= set(curves)
    assert set(presets.FIRST_ROW) <= presets.recorded_seconds().keys()
    visible = pills(open_page()).options  # one line at 1440 px
    assert sum(map(len, visible)) <= 120, visible


def test_start_waits_while_a_typed_value_is_refused(store):
    app = open_page()
    next(w for w in app.number_input if w.label == "Seeds").set_value(0)
    app.button(key="bar_start").click().run()  # the entry and the press arrive together
    assert not app.exception and store.ids() == [] and app.button(key="bar_start").disabled


def test_a_study_of_the_draft_has_the_draft_as_it_is(store):
    app = vary_a_setting()
    text = app.session_state["draft"]
    assert draft(app).base.epochs == decode(Experiment, text).epochs
    app.session_state["draft"] = encode(change(decode(Experiment, text), "epochs", 7))
    app.run()
    assert not app.exception
    app.button(key="bar_start").click().run()
    (study_id,) = store.ids()
    assert store.study(study_id).base.epochs == 7
    app.session_state["draft"] = encode(change(decode(Experiment, text), "epochs", 9))
    app.run()  # the address names the study that has started
    assert app.query_params["study"] in (study_id, [study_id])


def test_the_best_value_can_be_used_and_is_chosen_by_validation(store):
    base = Experiment(epochs=2)
    study = change(any_setting(base, repeats=2), "axes.0.values", [1e-3, 3e-3])
    study_id = store.create(encode(study))
    for k, (rate, validation, test) in enumerate(((1e-3, 0.2, 0.1), (3e-3, 0.1, 0.2))):
        both = (validation, validation + 0.001)
        measured = replace(
            point(0, 1.0, control=rate), test_error=(test, test), validation_error=both,
            validation_loss=both, norm=(1.0, 1.0),
        )  # fmt: skip
        store.append(study_id, to_line(Record(k, 0, 0, {"rate": rate}, measured, 0.5, 1.0)))
    store.append(study_id, to_json(Ended("done", "", 2, 0)))
    app = open_page(study_id)
    app.button(key="use best value").click().run()
    assert not app.exception, app.exception
    used = decode(Experiment, app.session_state["draft"])
    assert used.optimizer.learning_rate == 3e-3


def test_any_setting_of_the_draft_can_be_varied(store):
    app = vary_a_setting()
    assert [title.value for title in app.title] == ["Vary one setting"]

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
