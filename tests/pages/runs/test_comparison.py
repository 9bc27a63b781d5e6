"""Selected runs in one chart, with their differences."""

import json
from dataclasses import replace

from core.base.encoding import decode, encode
from core.base.events import Epoch
from core.base.numbers import percent
from core.experiment import Experiment, comparisons, shipped
from core.export import exports
from core.export.report.report_format import ReportFormat
from core.jobs import runner
from core.losses import MSE
from pages.parts.runs.differing_settings import distinguishes
from tests.conftest import ended, script, write
from tests.pages.runs.runs_page import OTHER, PLAIN, page
from tests.pages.shown import press, texts, well, written


def test_losses_of_two_kinds_are_compared_by_error_with_a_note(store, two):
    run = store.create(encode(Experiment(name="Squares", loss=MSE())))
    write(store, run, [*script(), ended()])
    lost = store.create(encode(Experiment(name="Lost", loss=MSE())))
    write(store, lost, [script()[0], replace(ended(), reason="diverged", step=0, epochs=0)])
    app = page([two[0], run, lost], store.ids())
    assert any("Lost" in note.value for note in app.caption)  # why it is not in the chart
    assert "Training and validation error" in [s.value for s in app.subheader]
    assert any("different loss functions" in text for text in texts(app))
    subheaders = [s.value for s in page(two, store.ids()).subheader]
    assert "Training and validation loss" in subheaders


def test_the_table_and_the_comparison_follow_the_form_of_the_scores(store):
    for experiment, share in ((PLAIN, 0.05), (OTHER, 0.2)):
        run = store.create(encode(experiment))
        scores = {"loss": share, "accuracy": 1 - share}
        end = replace(ended(), test=scores)
        write(store, run, [script()[0], Epoch(1, 20, scores, scores, True), end])
    squares = store.create(encode(Experiment(name="Squares", loss=MSE())))
    write(store, squares, [*script(), ended()])
    app = page(store.ids(), store.ids())
    assert any("lowest validation error" in text for text in texts(app))
    next(w for w in app.get("button_group") if w.label == "Scores").set_value("accuracy")
    app = well(app.run())
    shown = app.dataframe[0]
    assert set(written(shown)["Validation"]) == {percent(share) for share in (0.95, 0.9, 0.8)}
    assert "Validation accuracy" in shown.proto.columns and "Test error" not in shown.proto.columns
    assert "Training and validation accuracy" in [s.value for s in app.subheader]
    assert any("highest validation accuracy" in text for text in texts(app))
    assert not any("error" in text for text in app.table[0].value["Setting"])


def test_values_have_scores_and_no_errors_beside_a_run_that_diverged(store):
    scores = {"loss": 0.1, "r2": 0.9}
    for end in (replace(ended(), validation=scores, test=scores), replace(
        ended(), reason="diverged", step=0, epochs=0, validation=None, test=None
    )):  # fmt: skip
        run = store.create(encode(Experiment(loss=MSE())))
        write(
            store, run, [script()[0], *[Epoch(1, 20, scores, scores, True)] * bool(end.epochs), end]
        )
    rows = list(page(store.ids(), store.ids()).table[0].value["Measure"])
    assert rows == ["Best validation score", "Test score"]


def test_a_ready_made_comparison_keeps_its_order_and_shows_all_runs_and_its_lesson(store):
    names = comparisons()["by-heart"]
    for name in names:
        run = store.create(encode(shipped()[name]))
        write(store, run, [*script(), ended()])
    app = page(store.ids(), store.ids())
    wanted = [f"{i} · {shipped()[name].name}" for i, name in enumerate(names, 1)]
    assert [unescaped(cell) for cell in app.table[0].value["Run"]] == wanted
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    legend = [t["name"] for t in figure["data"] if t.get("showlegend") is not False]
    assert [name for name in legend if "training" not in name] == wanted
    assert f"**{shipped()[names[0]].about}**" in [unescaped(text) for text in texts(app)]


def unescaped(text):
    return text.replace("\\", "")


def test_two_selected_runs_share_a_chart_and_show_their_differences(store, two):
    app = page(two, two)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = {trace.get("name") for trace in figure["data"]}
    assert {
        f"{i} · {decode(Experiment, store.experiment(r)).name}" for i, r in enumerate(two, 1)
    } < names
    differing = app.table[0].value
    settings = list(differing["Setting"])
    assert {"Optimizer", "Epochs"} < set(settings) and "Name" not in settings
    assert list(differing) == ["Setting", "1 · Other one", "2 · Plain one"]
    assert differing["1 · Other one"][settings.index("Epochs")] == str(OTHER.epochs)


def test_networks_have_the_names_of_presets_that_distinguish_them():
    row = ("Network", ("conv1, output", "output"))
    assert distinguishes(row, ("Network", ("Small net", "Softmax regression")))
    assert not distinguishes(row, ("Network", ("Small net", "Small net")))
    assert not distinguishes(row, ("Network", ("2 weight layers", "Softmax regression")))
    assert not distinguishes(
        ("Epochs", ("3", "4")), ("Network", ("Small net", "Softmax regression"))
    )


def test_with_one_seed_each_more_seeds_can_be_queued(store):
    for experiment, share in ((PLAIN, 0.1), (OTHER, 0.2)):
        run = store.create(encode(experiment))
        scores = {"loss": share, "accuracy": 1 - share}
        write(store, run, [*script()[:1], Epoch(1, 20, scores, scores, True), ended()])
    runs = store.ids()
    app = page(runs, runs)
    (text,) = (t for t in texts(app) if "one seed per run" in t)
    assert "Plain one**" in text and "10 percentage points" in text
    press(app, "seeds")
    queued = [decode(Experiment, store.experiment(r)) for r in store.ids() if r not in runs]
    assert len(queued) == 4 and len({e.seeds.order for e in queued}) == 2
    assert {e.name for e in queued} == {"Plain one", "Other one"}
    assert runner.current().live() == sorted(set(store.ids()) - set(runs), key=queue_order)
    assert any("4 runs with other seeds" in i.value for i in app.info)


def queue_order(run):
    return runner.current().live().index(run)


def test_the_chart_can_include_the_training_loss(store, two):
    app = page(two, two)

    def count():
        figure = json.loads(app.get("plotly_chart")[0].proto.spec)
        return len([trace for trace in figure["data"] if "training" in trace.get("name", "")])

    assert count() == 2
    app.toggle(key="overlay_train").set_value(False)
    app.run()
    assert count() == 0
    assert "Differences" in [s.value for s in app.subheader]
    app.toggle(key="all_settings").set_value(True)
    assert "Batch size" in list(well(app.run()).table[0].value["Setting"])
    assert "All settings" in [s.value for s in app.subheader]


def test_a_report_is_offered_for_several_runs_that_have_ended(store, two):
    running = store.create(encode(PLAIN))
    write(store, running, script())
    shown = store.ids()
    for selected, offered in ((two, True), (two[:1], False), ([*two, running], False)):
        labels = [b.label for b in page(selected, shown).button]
        assert ("Prepare the report" in labels) is offered
    format = ReportFormat(others=(two[1],))
    for _ in exports.prepare(store, two[0], format):
        pass
    app = page(two, shown)
    assert exports.prepared(store, two[0], format)
    assert any(b.label.startswith("Download (") for b in app.get("download_button"))
