"""The page Watch in each state of a run, without a browser, and the marks of a training in one. A
training that is watched until its server ends: test_restart.py.
"""

import json
import re
from dataclasses import replace
from functools import partial

import pytest
from plotly.graph_objects import Figure

from core.advice.run_status import NEVER_STARTED, describe_end, describe_resume
from core.base.encoding import encode
from core.base.events import Ended
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.lane import Lane
from core.optim.regularizers import ClipNorm
from core.optim.stopping import AbsoluteChange, Patience
from core.runs import trash
from pages.kit import feed, live_chart
from tests.conftest import ended, script, write
from tests.pages.shown import draft, press, texts, visit

EXPERIMENT = encode(Experiment(name="Made up"))


def watch(run=None):
    """Open the page as a new visitor."""
    return visit("watch", **({"run": run} if run else {}))


def buttons(app):
    return [b.label for b in app.button if b.key and b.key.startswith("act_")]


def test_without_a_run_the_page_has_no_numbers(store):
    app = watch()
    assert "No run in progress. Start the draft below." in texts(app)
    assert not app.metric and not app.get("page_link")  # there is no earlier run


def test_a_live_run(store):
    run = store.create(EXPERIMENT)
    write(store, run, script()[:30])
    with store.own(run):
        app = watch()
    assert buttons(app) == ["Pause", "Step", "Stop"]
    assert [m.label for m in app.metric] == [
        "Validation error",
        "Validation loss",
        "Training loss",
        "Learning rate",
        "Update / weight",
    ]
    assert app.metric[1].value == "0.32"  # 0.3 + 0.02 · 1² after epoch 5
    assert any("Epoch" in text for text in [p.proto.text for p in app.get("progress")])


def test_a_finished_run_shows_its_end_and_offers_its_files(store):
    run = store.create(EXPERIMENT)
    started, *events = script()
    sizes = {"train": 1280, "validation": 256, "test": 256}
    write(store, run, [replace(started, sizes=sizes), *events, ended()])
    app = watch(run)
    assert describe_end(ended()) in texts(app)
    assert any("7.8" in text for text in texts(app) if text.startswith("### "))
    assert [m.value.replace("\u202f", " ") for m in app.metric] == [
        "7.8 %",
        "7.5 %",
        "5 %",
        "0.31",
        "20 s",
    ]
    assert [d.label for d in app.get("download_button")] == [
        "Curves (CSV)",
        "Layers (CSV)",
        "Experiment (JSON)",
    ]  # no checkpoint here
    assert not buttons(app)


FAILED = Ended("failed", "The memory is not enough: halve the batch size.", 0, 0)
DIVERGED = Ended("diverged", "The loss is no longer a number at step 9: lower the rate.", 9, 0)


@pytest.mark.parametrize(
    ("end", "action"),
    [(FAILED, "Edit settings"), (DIVERGED, "Use learning rate 1e-4")],
)
def test_a_failed_run_shows_its_error_and_a_way_to_fix_it(store, end, action):
    run = store.create(EXPERIMENT)
    write(store, run, [*script()[:1], end])
    app = watch(run)
    assert any(end.message in text for text in texts(app))
    app = press(app, action)
    assert app.main.info and draft(app).name.startswith("Made up")  # Train reports what was applied


def test_an_interrupted_run_can_be_resumed(store):
    run = store.create(EXPERIMENT)
    write(store, run, script()[:20])
    app = watch(run)
    assert buttons(app) == ["Resume"]
    with feed.tail(run).read() as history:
        assert any(describe_resume(history) in text for text in texts(app))


def test_a_run_that_never_started_can_be_queued_again(store, monkeypatch):
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    run = store.create(EXPERIMENT)
    app = watch(run)
    assert NEVER_STARTED in [p.proto.text for p in app.get("progress")]
    (button,) = (b for b in app.button if b.key and b.key.startswith("act_"))
    assert button.label == "Queue again"
    button.click().run()
    assert not app.exception and runner.current().live() == [run]


def test_a_run_deleted_elsewhere_shows_a_message_and_no_exception(store):
    run = store.create(EXPERIMENT)
    write(store, run, script()[:20])
    app = watch(run)
    trash.delete(store, run)
    next(b for b in app.button if b.label == "Resume").click().run()
    assert not app.exception and not app.error
    (said,) = (text for text in texts(app) if "Run not found" in text)
    assert "python" not in said and str(store.root) not in said


def test_a_refusal_of_the_runner_is_shown(store):
    run = store.create(EXPERIMENT)
    write(store, run, script()[:20])
    app = watch(run)
    write(store, run, [ended()])  # another process went on with it
    next(b for b in app.button if b.label == "Resume").click().run()
    assert not app.exception and any("is finished" in i.value for i in app.info)


def test_the_error_has_its_own_title_and_is_in_percent(store, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")
    run = store.create(EXPERIMENT)
    write(store, run, script()[:30])
    app = watch(run)
    assert "Loss" in [s.value for s in app.subheader]
    next(w for w in app.get("button_group") if w.label == "Metric").set_value("Error").run()
    assert "Error" in [s.value for s in app.subheader]
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    axis = figure["layout"]["yaxis"]
    assert axis["title"]["text"] == "error rate"
    assert all(text.endswith("%") for text in axis["ticktext"])


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_choice_of_the_x_axis_acts_on_all_charts(store, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")
    run = store.create(EXPERIMENT)
    write(store, run, script()[:30])
    app, shown = watch(run), {}
    for choice in ("Step", "Epoch", "Time"):
        next(w for w in app.get("button_group") if w.label == "X-axis").set_value(choice).run()
        layouts = [figure["layout"]["xaxis"] for figure in figures(app)]
        assert len(layouts) == 3
        (shown[choice],) = {(x["title"]["text"], str(x.get("range"))) for x in layouts}
    assert len({title for title, _ in shown.values()}) == 3


def test_error_or_accuracy_is_chosen_once_for_the_whole_page(store, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")
    run = store.create(EXPERIMENT)
    write(store, run, [*script(), ended()])
    app = watch(run)
    assert app.metric[0].label == "Test error"
    next(w for w in app.get("button_group") if w.label == "Scores").set_value("accuracy").run()
    assert app.query_params["score"] == "accuracy"  # it outlives a reload
    shown = {m.label: m.value for m in app.metric}
    assert shown["Test accuracy"] == "92.2\u202f%" and not any("error" in name for name in shown)
    next(w for w in app.get("button_group") if w.label == "Metric").set_value("Accuracy").run()
    assert figures(app)[0]["layout"]["yaxis"]["title"]["text"] == "accuracy"
    assert any(shown["Validation accuracy"] in t and "Best epoch" in t for t in texts(app))
    next(w for w in app.get("button_group") if w.label == "Scores").set_value("error").run()
    assert app.metric[0].label == "Test error" and "score" not in app.query_params
    next(w for w in app.get("button_group") if w.label == "Scores").set_value("accuracy").run()
    app.switch_page("start.py").run()
    assert any("accuracy 92.2\u202f%" in text for text in texts(app))


def test_the_address_names_the_run_and_without_it_the_newest_is_shown(store):
    old, new = (store.create(encode(Experiment(name=name))) for name in ("Old run", "New run"))
    assert any("Old run" in text for text in texts(watch(old)))
    newest = "Old run" if store.ids()[0] == old else "New run"
    assert any(newest in text for text in texts(watch()))
    assert {old, new} == set(store.ids())


@pytest.mark.parametrize("said", ["nobody", "../../etc", "20000101-000000-abcdef"])
def test_a_missing_run_is_reported_and_no_other_one_is_shown(store, said):
    run = store.create(EXPERIMENT)
    write(store, run, script()[:20])
    with store.own(run):
        app = watch(said)
    assert any("Run not found" in text for text in texts(app))
    assert not buttons(app) and not any(said in text for text in texts(app))
    assert [link.proto.label for link in app.get("page_link")] == ["Open an earlier run"]


def test_without_streams_the_charts_are_drawn_by_the_server(store, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")
    run = store.create(EXPERIMENT)
    write(store, run, script()[:30])
    figures = [json.loads(chart.proto.spec) for chart in watch(run).get("plotly_chart")]
    assert [len(f["data"]) for f in figures] == [11, 5, 2]  # with a text for norms of 0
    assert figures[0]["data"][2]["name"] == "Validation" and len(figures[0]["data"][2]["x"]) == 5


def test_a_run_of_another_version_is_reported(store):
    run = store.create('{"optimizer": {"kind": "from the future"}}')
    assert any("from the future" in text for text in texts(watch(run)))


def test_what_stopping_earlier_would_have_cost_and_the_clipped_steps_are_shown(store):
    experiment = Experiment(stopping=(Patience(patience=2, only_mark=True),))
    run = store.create(encode(experiment))
    write(store, run, [*script(), ended("epochs", "All 10 epochs are done.")])
    said = [text.replace("\u202f", " ") for text in texts(watch(run))]
    rule = experiment.stopping[0].summary
    assert any(rule in text and "epoch 6, with validation loss 0.3" in text for text in said)
    assert any("Gradient clipping: 25 % of the steps" in text for text in said)


def test_a_figure_without_data_is_drawn_once_for_all_pages():
    draws = []

    def figure(mode, *, name):
        draws.append((mode, name))
        return Figure(layout={"title": {"text": f"{name} {mode}"}})

    for name in ("Loss", "Error", "Loss"):
        for mode in ("light", "dark"):
            shown = live_chart._without_data(partial(figure, name=name), mode)
            assert shown["layout"]["title"]["text"] == f"{name} {mode}"
    assert draws == [(mode, name) for name in ("Loss", "Error") for mode in ("light", "dark")]


@pytest.mark.browser
def test_marks_and_the_fraction_of_clipped_steps_appear_while_a_run_trains(page, server):
    experiment = Experiment(
        epochs=100_000,
        stopping=(AbsoluteChange(limit=1e3, only_mark=True),),
        regularizers=(ClipNorm(limit=0.01),),
    )
    run = server.store.create(encode(experiment))
    page.goto(f"{server.url}/watch?run={run}")
    page.get_by_role("button", name="Queue again").click()
    page.wait_for_function(
        """plot => document.querySelector(plot)?.data
            ?.find(trace => trace.name === "Would have stopped")?.x?.length === 1""",
        arg=".st-key-chart_loss .lab-plot",
    )
    clipped = page.get_by_text(re.compile(r"Gradient clipping: \d+")).first.inner_text()
    assert 50 < int(re.search(r"\d+", clipped)[0]) <= 100
    page.get_by_role("button", name="Stop", exact=True).first.click()
    page.get_by_text("Stopped manually").first.wait_for()
    end = server.store.last(run)
    assert (end["event"], end["reason"]) == ("Ended", "stopped")
