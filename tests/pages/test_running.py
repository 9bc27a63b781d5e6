"""The running statistics of batch normalization after a run."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.base.encoding import encode
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import build
from core.network.layers import BatchNorm, Flatten, Linear, Output, ReLU, Residual
from core.runs import checkpoint

BLOCK = Residual(layers=(Linear(units=64), BatchNorm(), ReLU()))


def drawn(run, text):
    from core.base.encoding import decode
    from core.experiment import Experiment
    from pages.parts.watch.running_statistics import running_statistics

    running_statistics(run, decode(Experiment, text))


@pytest.fixture
def shown(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)

    def page(network, *, trained=True):
        experiment = Experiment(network=network)
        store = runner.current().store
        run = store.create(encode(experiment))
        generator = torch.Generator().manual_seed(0)
        start = {"initializer": experiment.initializer, "generator": generator}
        model = build(network, (1, 8, 8), 10, dropout=generator, **start)
        if trained:
            model(torch.rand(200, 1, 8, 8, generator=generator))
            checkpoint.save(store, run, {"best": None, "model": model.state_dict()})
        app = AppTest.from_function(drawn, args=(run, encode(experiment)), default_timeout=60).run()
        assert not app.exception, app.exception
        return app, model

    return page


def test_each_layer_is_a_row_with_its_number(shown):
    app, model = shown((Flatten(), BLOCK, BatchNorm(), Output()))
    table = app.dataframe[0].value
    assert list(table["Layer"]) == ["2.2 residual1.norm1", "3 norm1"]
    assert list(table["Channels"]) == [64, 64] and list(table["Scale γ"]) == ["1", "1"]
    least = model.norm1.running_var.sqrt().min().item()
    assert float(table["Running standard deviation σ"][1].partition(" ")[0]) == pytest.approx(
        least, rel=0.05
    )


@pytest.mark.parametrize(
    ("network", "trained"),
    [((Flatten(), Output()), True), ((Flatten(), BatchNorm(), Output()), False)],
)
def test_nothing_is_drawn_without_batch_normalization_or_checkpoint(shown, network, trained):
    app, _ = shown(network, trained=trained)
    assert not app.dataframe and not app.expander
