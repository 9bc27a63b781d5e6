"""The tabs of Watch, without a browser: what they need, and which one a reload opens."""

import pytest

from core.base.encoding import encode
from core.data.datasets import Spreadsheets
from core.data.load import lacking
from core.experiment import Experiment
from core.jobs import tasks
from pages.kit import sharpness
from tests.conftest import ended, script, write
from tests.pages.shown import texts, visit, well

EXPERIMENT = encode(Experiment(name="Made up"))


def watch(run):
    """Open the page as a new visitor."""
    return visit("watch", run=run)


def test_sharpness_is_measured_on_demand_and_reports_a_damaged_checkpoint(store, tmp_path):
    run = store.create(EXPERIMENT)
    write(store, run, [*script(), ended()])
    store.write(run, "checkpoint.pt", b"damaged")
    app = watch(run)
    app.session_state["watch_tab"] = "Inside"
    app.run()
    next(b for b in app.button if b.key == "measure_flatness").click().run()
    work = tasks.current(tmp_path)
    task = next(t for t in work._tasks.values() if t.kind == "sharpness")
    problem = work.wait(task.id)
    assert problem["code"] == "checkpoint_damaged"
    assert any(problem["problem"] in text for text in texts(app.run()))


@pytest.mark.parametrize("tab", ["Mistakes", "Inside"])
def test_a_run_whose_dataset_is_gone_says_so_once_in_each_tab(store, tab):
    gone = Spreadsheets(digest="0" * 64, title="Gone")
    run = store.create(encode(Experiment(data=gone)))
    write(store, run, [*script(), ended()])
    store.write(run, "checkpoint.pt", b"not read")
    app = watch(run)
    app.session_state["watch_tab"] = tab
    app.run()
    problem = lacking(gone, store.home, "open this tab again")
    assert problem.endswith("open this tab again.")
    assert not app.exception and sum(problem in text for text in texts(app)) == 1


def test_the_tabs_of_a_run_without_weights_say_so(store):
    run = store.create(EXPERIMENT)
    write(store, run, [*script(), ended()])
    app = watch(run)
    app.session_state["watch_tab"] = "Verdict"
    assert any("no weights" in text for text in texts(app.run()))


def test_a_reload_opens_the_same_tab_and_the_back_button_the_tab_before(store):
    run = store.create(EXPERIMENT)
    write(store, run, [*script(), ended()])
    app = watch(run)
    assert not app.query_params.get("tab")
    app.session_state["watch_tab"] = "Verdict"
    assert app.run().query_params["tab"] == "Verdict"
    again = visit("watch", run=run, tab="Verdict")
    assert again.session_state["watch_tab"] == "Verdict"
    del again.query_params["tab"]  # the browser's back button
    assert well(again.run()).session_state["watch_tab"] == "Curves"
    unknown = visit("watch", run=run, tab="Nothing")
    assert unknown.session_state["watch_tab"] == "Curves" and not unknown.query_params.get("tab")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (4.0, 40.0, "10\u202f× sharper"), (40.0, 4.0, "10\u202f× flatter"),
        (4.0, 4.1, "equally sharp"), (4.0, -1.0, "λ ≤ 0"),
    ],
)  # fmt: skip
def test_sharpness_is_compared_with_the_initial_weights(before, after, expected):
    assert expected in sharpness.describe_curvature(before, after)
