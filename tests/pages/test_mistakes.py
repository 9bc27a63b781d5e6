"""The tab Mistakes of runs on tables, without a browser: classes and values."""

import pytest

from core.analysis import results
from core.analysis.catalogue import (
    Baselines,
    Calibration,
    Confusion,
    Mistakes,
    MoreRows,
    Residuals,
    Thresholds,
)
from core.analysis.results import result_of
from core.analysis.trained import TrainedRun
from core.analysis.verdict.baselines import best_baseline
from core.base.control import GO, STOP
from core.base.encoding import encode
from core.experiment import shipped
from core.jobs import runner, tasks
from core.jobs.kinds import KINDS, RUN
from core.jobs.tasks import TaskState
from core.runs.store import Store
from core.studies import trainer
from pages.kit import analyses
from tests.pages.shown import press, texts, visit, well, written


def finished(home, name, *analyses):
    """A finished run of a ready-made experiment, with the results of these analyses."""
    store = Store(home)
    experiment = shipped()[name].model_copy(update={"epochs": 1, "device": "cpu"})
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    return run, [result_of(store, run, analysis) for analysis in analyses]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    return tmp_path


def open_tab(run):
    app = visit("watch", run=run)
    app.session_state["watch_tab"] = "Mistakes"
    return well(app.run())


def test_two_classes_of_a_table_show_all_cards_and_the_rows_of_a_cell(home):
    analyses = Confusion(), Mistakes(), Calibration(), Thresholds()
    run, (confusion, mistakes, *_) = finished(home, "spirals", *analyses)
    app = open_tab(run)
    titles = [title.value for title in app.subheader]
    assert {"Confusion matrix", "Scores by class", "Mistakes", "Calibration"} < set(titles)
    assert "ROC and precision-recall curves" in titles

    def rows():
        (table,) = [t for t in app.dataframe if "Influential columns" in t.value.columns]
        return [int(row.replace("\u202f", "")) - 1 for row in written(table)["Row"]]

    wrong = mistakes["wrong"]
    assert rows() == mistakes["rows"][: min(wrong, 20)]
    if wrong > 20:
        app = press(app, "Next")
        assert rows() == mistakes["rows"][20 : min(wrong, 40)]
    menu = next(box for box in app.selectbox if box.label.startswith("Samples"))
    assert menu.options[0] == f"All mistakes ({wrong})"
    app = well(menu.set_value("0>1").run())
    pairs = list(zip(mistakes["true"], mistakes["predicted"], strict=True))
    cell = [mistakes["rows"][k] for k, pair in enumerate(pairs) if pair == (0, 1)]
    assert len(cell) == confusion["counts"][0][1] and rows() == cell[:20]
    positive = next(box for box in app.selectbox if box.label == "Positive class")
    well(positive.set_value(0).run())


def test_the_headline_offers_the_baselines_until_it_names_the_best_one(home):
    run, _ = finished(home, "sine")
    app = visit("watch", run=run)
    app = press(app, f"begin baselines {run}")
    for task in list(tasks.current(home)._tasks):
        assert tasks.current(home).wait(task)["state"] == TaskState.DONE
    app = well(app.run())
    best = best_baseline(results.stored(Store(home), run, Baselines()), "test")
    assert any(best.name in text for text in texts(app))
    assert f"begin baselines {run}" not in [b.key for b in app.button]
    tasks.current(home).close()


def test_values_show_scores_and_the_worst_predictions(home):
    run, (found,) = finished(home, "sine", Residuals())
    app = open_tab(run)
    assert [title.value for title in app.subheader][:2] == ["Residuals", "Worst predictions"]
    shown = {metric.label for metric in app.metric}
    assert set(found["scores"]) <= shown
    (table,) = [t for t in app.dataframe if "Residual" in t.value.columns]
    assert len(table.value) == 20 and found["samples"] == 90
    assert any("90 samples" in text for text in texts(app))


def test_the_test_set_of_a_stopped_run_is_not_used_unless_it_is_asked_for(home):
    """The page opens on the validation set, and the command line evaluates it."""
    store = Store(home)
    experiment = shipped()["spirals"].model_copy(update={"device": "cpu"})
    run = store.create(encode(experiment))
    trainer.execute(store, run, poll_control=lambda t: STOP if t.epoch >= 2 else GO)
    assert store.last(run, "reason")["test"] is None
    stopped = TrainedRun(store, run)
    assert stopped.held_out == "validation"
    result_of(store, run, Confusion(part="validation"))
    app = open_tab(run)
    (switch,) = [group for group in app.button_group if group.label == "Samples"]
    assert switch.value == "validation"
    assert any(f"{len(stopped.part('validation'))} validation sample" in t for t in texts(app))


def test_a_result_that_is_stored_between_the_two_looks_of_a_page_is_shown(monkeypatch):
    looks = iter([None, {"rows": 3}])
    task = {"over": True, "state": TaskState.DONE, "problem": ""}
    monkeypatch.setattr(analyses.results, "stored", lambda *_: next(looks))
    monkeypatch.setattr(analyses.results, "key_of", lambda *_: "key")
    monkeypatch.setattr(analyses, "current", lambda _: task)
    assert analyses.result("run", MoreRows()) == {"rows": 3}


def test_a_measurement_that_a_restart_has_interrupted_can_be_started_again(home):
    """The server has forgotten the task; others that were never asked for say nothing."""
    run, _ = finished(home, "spirals", Baselines())
    results.note_task(Store(home), run, MoreRows(), "the task of another server")
    app = visit("watch", run=run)
    app.session_state["watch_tab"] = "Verdict"
    app = well(app.run())
    assert [analyses.INTERRUPTED in text for text in texts(app)].count(True) == 1
    assert [b.label for b in app.button].count("Try again") == 1
    app = press(app, "Try again")
    task = results.noted_task(Store(home), run, MoreRows())
    assert tasks.current(home).look(task)
    assert not any(analyses.INTERRUPTED in text for text in texts(app))
    tasks.current(home).close()
