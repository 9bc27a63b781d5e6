"""Decision boundary and fitted curve on Watch: shown for data that can be drawn, live in a
browser.
"""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.advice.adapt import adapt
from core.base.encoding import change, decode, encode
from core.data.datasets import Digits, Spreadsheets
from core.data.library import Library
from core.data.load import load
from core.data.ready.curves import Sine
from core.data.ready.points import Moons
from core.experiment import Experiment, shipped
from core.figures import surface
from core.figures.binding import fill
from core.runs.history import History
from core.runs.store import Store
from core.studies.trainer import execute
from pages.parts.watch.decision_surface import HEIGHT, load_points
from tests.pages.shown import visit
from tests.pages.test_draft_kept import set_epochs
from tests.pages.test_live import same

PLOT = ".st-key-chart_answers .lab-plot"


def trained(store: Store, data, epochs=4) -> str:
    """A run that is done."""
    experiment, _ = adapt(Experiment(data=data, epochs=epochs), data.facts(store.home))
    run = store.create(encode(experiment))
    assert execute(store, run).reason == "epochs"
    return run


def watch(run: str) -> AppTest:
    return visit("watch", run=run)


def titles(app: AppTest) -> list[str]:
    return [title.value for title in app.subheader]


@pytest.mark.parametrize(
    ("data", "first", "title"),
    [
        (Moons(points=60), "Loss", "Decision boundary"),
        (Sine(points=60), "RMSE", "Fitted curve"),
        (Digits(), "Loss", None),
    ],
)
def test_data_that_can_be_drawn_has_a_card(store, data, first, title):
    found = titles(watch(trained(store, data, epochs=1)))
    predicted = "Predicted and true values" if first == "RMSE" else None
    cards = [first, "Findings", title, "Norm per layer", "Layer × time", predicted]
    assert found == [card for card in cards if card]


def test_without_streams_the_server_draws_the_predictions(store, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")
    run = trained(store, Moons(points=60))
    figures = [json.loads(c.proto.spec) for c in watch(run).get("plotly_chart")]
    drawn = next(f for f in figures if f["data"][0].get("name") == "predicted class")
    assert np.shape(drawn["data"][0]["z"]) == (48, 48)


def test_an_uploaded_table_of_two_columns_is_drawn_until_it_is_deleted(store):
    draw = np.random.default_rng(0).normal(size=(60, 2))
    rows = "\n".join(f"{a:.3f},{b:.3f},{'north' if b > 0 else 'south'}" for a, b in draw)
    library = Library(store.home)
    digest, _ = library.add(f"left,up,side\n{rows}".encode(), names=("t.csv",))
    experiment = Experiment(data=Spreadsheets(digest=digest))
    points = load_points(experiment, store.home)
    assert points.columns == ("left", "up") and points.classes == ("north", "south")
    library.delete(digest)
    assert load_points(experiment, store.home) is None


def test_the_points_are_those_of_the_run_s_own_split(store):
    experiment = shipped()["spirals"]
    samples = load(experiment.data, store.home)
    parts = experiment.split.parts(samples.targets)
    points = load_points(experiment, store.home)
    known = {tuple(p) for p in samples.inputs[parts.validation].round(4).tolist()}
    assert {tuple(p) for p in points.validation[0].tolist()} == known


def test_training_points_have_the_noisy_labels_of_the_run(store):
    clean = shipped()["spirals"]
    noisy = change(clean, "label_noise.share", 0.25)
    before, after = (load_points(experiment, store.home) for experiment in (clean, noisy))
    assert np.mean(before.train[1] != after.train[1]) == pytest.approx(0.25, abs=0.06)
    assert np.array_equal(before.train[0], after.train[0])
    assert np.array_equal(before.validation[1], after.validation[1])


def filled(store: Store, run: str) -> dict:
    """What the browser should show, by Python."""
    history = History()
    history.add(store.read(run)[0])
    points = load_points(decode(Experiment, store.experiment(run)), store.home)
    drawn = surface.figure(points, "light", HEIGHT)
    return json.loads(fill(drawn, history.columns(), history.facts()).to_json(engine="json"))


def assert_filled_like_python(page, server, run: str) -> None:
    """The browser shows what Python fills into the figure."""
    drawn = page.eval_on_selector(PLOT, "plot => plot.data")
    expected = filled(server.store, run)["data"]
    assert len(drawn) == len(expected)
    for trace, other in zip(drawn, expected, strict=True):
        for part in ("x", "y", "z"):
            assert same(trace.get(part), other.get(part)), (trace.get("name"), part)


@pytest.mark.browser
def test_a_fitted_curve_is_filled_in_the_browser_like_in_python(page, server):
    run = trained(server.store, Sine(points=60))
    page.goto(f"{server.url}/watch?run={run}")
    page.wait_for_function(
        "plot => document.querySelector(plot)?.data?.some(t => t.y?.length == 200)", arg=PLOT
    )
    assert_filled_like_python(page, server, run)


@pytest.mark.browser
def test_spirals_from_start_to_the_end_with_a_boundary_that_changes(page, server):
    """The run is far longer than the test and is stopped, so that it cannot end before the boundary
    is read for the first time.
    """
    page.goto(server.url)
    page.locator(".st-key-open-spirals button").click()
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    set_epochs(page, "20000")
    page.locator(".st-key-bar_start button").click()
    page.wait_for_function("plot => document.querySelector(plot)?.data?.[0]?.z?.length", arg=PLOT)
    cells = "plot => plot.data[0].z.flat().map(Math.floor)"
    first = page.eval_on_selector(PLOT, cells)
    page.eval_on_selector(PLOT, "plot => { plot.marked = true }")
    moved = "([plot, cells, first]) => eval(cells)(document.querySelector(plot)).join() != first"
    page.wait_for_function(moved, arg=[PLOT, cells, ",".join(map(str, first))])
    page.locator(".st-key-act_Stop button").click()
    page.get_by_text("Stopped manually").first.wait_for()
    run = server.store.ids()[0]
    wanted = np.floor(filled(server.store, run)["data"][0]["z"]).ravel().tolist()
    page.wait_for_function(
        "([plot, cells, wanted]) => eval(cells)(document.querySelector(plot)).join() == wanted",
        arg=[PLOT, cells, ",".join(str(int(c)) for c in wanted)],
    )
    assert_filled_like_python(page, server, run)
    assert page.eval_on_selector(PLOT, "plot => plot.marked"), "it was drawn anew, not filled"
