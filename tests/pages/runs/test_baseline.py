"""A pinned baseline: all other runs show their differences to it."""

import json

from core.access import ownership
from core.base.encoding import encode
from core.base.events import Epoch
from core.data.ready.points import Blobs
from core.experiment import Experiment
from core.jobs import runner
from tests.conftest import ended, script, write
from tests.pages.runs.runs_page import OTHER, PLAIN, button, page
from tests.pages.shown import texts, well, written

ERRORS = {"Plain one": 0.05, "Other one": 0.2}


def finished(store, experiment, share=0.1):
    run = store.create(encode(experiment))
    scores = {"loss": share, "accuracy": 1 - share}
    epochs = [Epoch(n, 20 * n, scores, scores, n == 1) for n in (1, 2)]
    write(store, run, [script()[0], *epochs, ended()])
    return run


def pinned(store):
    """The page with the first of three runs pinned, the third on another dataset; all selected."""
    base, other = (finished(store, e, ERRORS[e.name]) for e in (PLAIN, OTHER))
    foreign = finished(store, Experiment(name="Clouds", data=Blobs()))
    app = page([base], store.ids())
    return well(button(app, "pin_baseline").click().run()), base, other, foreign


def differences(app):
    """The cells of the column of differences, by the names of the runs."""
    shown = written(app.dataframe[0])
    return dict(zip(shown["Name"], shown["Against baseline"], strict=True))


def test_a_pinned_run_shows_differences_in_the_table_until_it_is_unpinned(store):
    app, base, *_ = pinned(store)
    assert differences(app) == {"Plain one": "±0", "Other one": "+15 points", "Clouds": "–"}
    assert app.query_params["baseline"] == base  # survives a reload
    assert any("1 run was validated on different samples" in text for text in texts(app))
    app = well(button(app, "unpin_baseline").click().run())
    assert "Against baseline" not in app.dataframe[0].proto.column_order
    assert "baseline" not in app.query_params


def test_the_address_pins_the_baseline_of_a_new_visit(store):
    _, base, *_ = pinned(store)
    app = page([base], store.ids(), baseline=base)
    assert differences(app)["Other one"] == "+15 points"


def test_the_chart_shows_differences_without_the_runs_on_other_samples(store):
    *_, base, other, foreign = pinned(store)
    app = page([other, foreign], store.ids(), baseline=base)
    app = well(next(t for t in app.toggle if t.key == "overlay_difference").set_value(True).run())
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    lines = {trace["name"]: trace for trace in figure["data"] if trace["mode"] == "lines+markers"}
    assert [name.partition(" · ")[2] for name in lines] == ["Other one"]
    (line,) = lines.values()
    assert line["x"] == [1, 2] and [round(y, 9) for y in line["y"]] == [0.15, 0.15]
    assert any("Clouds" in note.value and "different samples" in note.value for note in app.caption)


def test_a_deleted_baseline_is_explained_and_comes_back_with_its_run(store):
    app, base, *_ = pinned(store)
    runner.current().delete(base, by=ownership.LAB)
    app = well(app.run())
    assert "Against baseline" not in app.dataframe[0].proto.column_order
    assert any("deleted" in text and "trash" in text for text in texts(app))
    runner.current().restore(base, by=ownership.LAB)
    assert differences(well(app.run()))["Other one"] == "+15 points"
