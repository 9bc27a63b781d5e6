"""Network: a draft starts from a run or a file; layers are frozen, new, or learn at their own
rate; a misfit has a table and a way out.
"""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.advice.plan import plan
from core.base.encoding import decode, encode
from core.data.normalization import MinMax, Standardize
from core.experiment import Experiment
from core.jobs import runner
from core.network.layers import Flatten, Linear, Output, ReLU
from core.runs.start_from import fine_tuning
from core.runs.store import Store
from core.studies import trainer
from core.weights.start import FromScratch, FromWeights
from tests.pages.shown import draft, press, texts, visit, well

LAYERS = (Flatten(), Linear(units=6), ReLU(), Output())
WIDER = (Flatten(), Linear(units=7), ReLU(), Output())
DEEPER = (*LAYERS[:-1], Linear(units=5), Output())


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """A home with one finished run."""
    store = Store(tmp_path_factory.mktemp("lab"))
    e = Experiment(name="First", network=LAYERS, epochs=1, device="cpu")
    run = store.create(encode(e))
    trainer.execute(store, run)
    return store, run


@pytest.fixture(autouse=True)
def home(lab: tuple[Store, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_HOME", str(lab[0].home))
    monkeypatch.setattr(runner, "_current", None)
    return lab[0].home


def choose(app: AppTest, key: str, value: str) -> AppTest:
    """Choose one segment of the control whose key begins with `key`."""
    control = next(w for w in app.get("button_group") if w.key and w.key.startswith(key))
    control.set_value(value)
    return well(app.run())


def test_a_finished_run_is_chosen_and_its_layers_say_so(lab: tuple[Store, str]) -> None:
    app = visit("network", Experiment(network=LAYERS))
    assert draft(app).start == FromScratch() and not any("from run" in t for t in texts(app))
    app = press(app, "start from run")
    start = draft(app).start
    assert isinstance(start, FromWeights) and (start.run, start.title) == (lab[1], "First")
    rows = [text for text in texts(app) if "from run First" in text]
    assert len(rows) == 2  # both layers with weights
    app = press(app, "Freeze all but the last layer")
    assert draft(app).start.frozen == ("linear1",)
    assert sum("from run First · frozen" in text for text in texts(app)) == 1
    app = press(app, "Unfreeze all layers")
    assert draft(app).start.frozen == ()
    app = press(app, "start scratch")
    assert draft(app).start == FromScratch()


def test_the_open_layer_is_frozen_new_or_has_its_own_rate(lab: tuple[Store, str]) -> None:
    app = press(visit("network", fine_tuning(*lab)), "open 1")
    app = choose(app, "start of linear1", "Frozen")
    assert draft(app).start.frozen == ("linear1",)
    app = choose(app, "start of linear1", "New weights")
    assert (draft(app).start.frozen, draft(app).start.new_layers) == ((), ("linear1",))
    next(w for w in app.number_input if w.label == "Learning rate ×").set_value(0.5).run()
    assert draft(well(app)).start.rates == (("linear1", 0.5),)
    for refused in (0.0, 101.0):
        field = next(w for w in app.number_input if w.label == "Learning rate ×")
        app = well(field.set_value(refused).run())
        assert draft(app).start.rates == (("linear1", 0.5),)
        start = next(b for b in app.button if b.key == "bar_start")
        assert start.disabled and "linear1" in start.help
    next(w for w in app.number_input if w.label == "Learning rate ×").set_value(0.5).run()
    next(w for w in app.number_input if w.label.startswith("Unfreeze")).set_value(2).run()
    assert draft(well(app)).start.unfreeze_every == 2


@pytest.mark.parametrize(
    ("network", "expected", "sources"),
    [
        (
            DEEPER,
            (DEEPER, ("linear2", "output")),
            {"linear1": "from", "linear2": "not in", "output": "other shape in"},
        ),
        (WIDER, (LAYERS, ()), {"linear1": "other shape in", "output": "other shape in"}),
    ],
    ids=["one layer fits: initialize the others", "none fits: take the network of the weights"],
)
def test_a_misfit_has_a_table_and_a_press_that_mends_it(
    lab: tuple[Store, str], network, expected, sources
) -> None:
    app = visit("network", fine_tuning(*lab).model_copy(update={"network": network}))
    shown = dict(re.findall(r"(\w+) · [^·]*?(?: · )?([a-z ]+) run First", "\n".join(texts(app))))
    assert shown == sources
    listed = {name.rpartition(".")[0] for name in app.dataframe[0].value["Tensor"]}
    assert listed == {layer for layer, text in shown.items() if text != "from"}
    app = press(app, "start finding")
    assert (draft(app).network, draft(app).start.new_layers) == expected
    assert plan(draft(app), lab[0].home).problem == ""


def test_another_normalization_than_that_of_the_weights_is_named(lab: tuple[Store, str]) -> None:
    app = visit("network", fine_tuning(*lab).model_copy(update={"normalization": MinMax()}))
    app = press(app, "start finding")
    assert draft(app).normalization == Standardize()


def test_missing_weights_are_named_and_scratch_is_one_press_away() -> None:
    e = Experiment(network=LAYERS, start=FromWeights(digest="0" * 64, title="gone"))
    app = visit("network", e)
    app = press(app, "start finding")
    assert draft(app).start == FromScratch()


def test_a_finished_run_opens_as_a_draft_for_fine_tuning(lab: tuple[Store, str]) -> None:
    app = press(visit("watch", run=lab[1]), "Fine-tune")
    assert draft(app).start.run == lab[1]
    assert decode(Experiment, encode(draft(app))).network == LAYERS
    assert any("frozen" in text or "from run First" in text for text in texts(app))
