"""The page Predict without a browser: which runs answer, and what each kind of input shows."""

import json

import pytest

from core.analysis.catalogue import Familiarity
from core.analysis.results import result_of
from core.base.encoding import encode
from core.data.datasets import Digits
from core.experiment import shipped
from core.jobs import runner
from core.jobs.kinds import KINDS, RUN
from core.network.presets import SoftmaxRegression
from core.predict.predictor import open_predictor
from core.predict.strokes import render
from core.runs.store import Store
from tests.pages.shown import texts, visit, well

ONE = [[140, 30, 142, 140, 140, 250]]  # a vertical stroke


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def runs(home):
    """Finished runs: digits of two sizes, points and values."""
    store = Store(home)
    digits = shipped()["digits"].model_copy(
        update={"network": SoftmaxRegression().layers((1, 8, 8)), "regularizers": (), "name": "A"}
    )
    large = digits.model_copy(update={"data": Digits(size=28), "name": "B <b>"})
    points, values = shipped()["spirals"], shipped()["sine"]
    wanted = {"digits": digits, "large": large, "points": points, "values": values}
    found = {}
    for name, experiment in wanted.items():
        experiment = experiment.model_copy(update={"epochs": 1, "device": "cpu"})
        found[name] = store.create(encode(experiment))
        KINDS[RUN].execute(home, found[name])
        result_of(store, found[name], Familiarity())
    return found


@pytest.fixture(autouse=True)
def lab(home, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(home))
    monkeypatch.setattr(runner, "_current", None)


def open_input(name, *runs):
    """Open the page with this kind of input."""
    app = visit("predict", run=runs[0])
    if len(runs) > 1:
        app = well(app.multiselect[0].set_value(list(runs)).run())
    menu = next(w for w in app.get("button_group") if w.label == "Input")
    return app if menu.value == name else well(menu.set_value(name).run())


def headlines(app):
    return [text[3:] for text in texts(app) if text.startswith("## ")]


def test_a_drawing_is_answered_by_two_runs_of_different_sizes(home, runs):
    app = visit("predict", run=runs["digits"])
    app.session_state["kept predict strokes"] = json.dumps(ONE)
    app = well(app.multiselect[0].set_value([runs["digits"], runs["large"]]).run())
    for run, answer in zip(("digits", "large"), headlines(app), strict=True):
        predictor = open_predictor(Store(home), runs[run])
        pixels = predictor.form.prepare_drawing(render(ONE)).pixels
        assert answer == predictor.predict(pixels[None])[0].label
    assert len(app.get("bidi_component")) == 3  # the pad, and bars for each run
