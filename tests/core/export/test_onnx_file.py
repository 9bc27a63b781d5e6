"""ONNX: every layer, any number of rows, the answers of PyTorch."""

import json
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import onnx
import onnxruntime
import pytest

from core.base.encoding import decode
from core.base.errors import BadNetwork
from core.base.spec import Call
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.onnx_file import build_model, compare
from core.export.onnx_format import OnnxFormat
from core.export.parity import TOLERANCE, Parity
from core.network.layers import Layer, Linear, Output, Residual
from core.training.inputs import load_inputs
from tests.core.export.conftest import written
from tests.core.export.every_layer import (
    NETWORKS,
    every_kind,
    make_inputs,
    make_network,
    random_network,
)


def test_the_networks_of_these_tests_contain_every_layer() -> None:
    assert every_kind() == set(Layer.members)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_gives_the_answers_of_pytorch_for_every_layer(name, tmp_path) -> None:
    network = make_network(name, gaps=name == "table")
    model = build_model(network)
    onnx.checker.check_model(model)
    path = tmp_path / "network.onnx"
    onnx.save(model, path)
    inputs = make_inputs(network, 1000)
    if name == "table":
        inputs[::3, 2] = np.nan
    parity = compare(network, path, inputs)
    assert (parity.rows, parity.same) == (1000, 1000)
    assert parity.difference <= TOLERANCE / 10
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(facts["input_shape"]) == list(network.shape)
    assert json.loads(facts["classes"]) == list(network.classes)
    assert json.loads(facts["columns"]) == list(network.columns)
    assert decode(Experiment, facts["experiment"]) == network.experiment


@pytest.mark.parametrize("fixture", ["digits_run", "table_run", "values_run"])
def test_a_finished_run_gives_the_same_answers_in_its_file(fixture, request, tmp_path) -> None:
    trained = request.getfixturevalue(fixture)
    path = tmp_path / "run.onnx"
    result = written(trained, OnnxFormat(), path)
    parity = result["parity"]
    assert parity["same"] == parity["rows"] == min(1000, len(trained.data))
    assert parity["difference"] <= TOLERANCE / 10
    assert [f.code for f in OnnxFormat().findings(result)] == ["export_agrees"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    part = trained.held_out
    raw = trained.inputs(part, np.arange(len(trained.part(part)))).astype(np.float32)
    answers = session.run(None, {name: raw})[0]
    outputs = trained.outputs(part)
    own = outputs.probabilities if trained.classes else outputs.predicted
    np.testing.assert_allclose(answers, own, rtol=1e-5, atol=1e-6)


def test_missing_values_are_filled_inside_the_file(table_run, tmp_path) -> None:
    path = tmp_path / "table.onnx"
    written(table_run, OnnxFormat(), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    gaps = np.full((1, *table_run.data.shape), np.nan, np.float32)
    with_gaps = replace(load_inputs(table_run.experiment, table_run.store.home), inputs=gaps)
    names = {"columns": gaps}, {"columns": table_run.fill(with_gaps)}
    missing, filled = (session.run(None, inputs)[0] for inputs in names)
    np.testing.assert_array_equal(missing, filled)
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["columns"]) == list(table_run.data.columns)
    assert facts["target"] == "bought"


def test_the_layer_that_cannot_be_exported_is_named(monkeypatch) -> None:
    monkeypatch.setattr(Layer, "members", dict(Layer.members))

    class BesselLayer(Layer):
        """The Bessel function of the first kind, of order 0."""

        kind: Literal["test_bessel"] = "test_bessel"
        label: ClassVar[str] = "Bessel"

        def call(self, shape: tuple[int, ...], outputs: int) -> Call:
            return Call("tests.core.export.every_layer.BesselModule")

    inner = Residual(layers=(Linear(units=4), BesselLayer()))
    network = random_network((inner, Output()), (3,), ("no", "yes"))
    with pytest.raises(BadNetwork) as caught:
        build_model(network)
    assert (caught.value.code, caught.value.layer) == ("layer_not_exported", 0)
    assert caught.value.args[0].startswith("Layer 1.2 (Bessel)")


def test_differences_count_in_units_of_the_target() -> None:
    own, far = np.array([2e5, 3e5], np.float32), np.array([2e5 + 0.01, 3e5 + 6], np.float32)
    parity = Parity.of(own, far, std=3e4, program="X")
    assert (parity.rows, parity.same, parity.agrees) == (2, 1, False)
    assert parity.difference == pytest.approx(6 / 3e4, rel=0.01)
    assert parity.finding().code == "export_differs"
    assert Parity.of(own, own * np.nan, std=3e4, program="X").difference == float("inf")
    one_hot = np.eye(3, dtype=np.float32)
    parity = Parity.of(one_hot, one_hot[[0, 1, 1]], std=None, program="X")
    assert (parity.same, parity.difference) == (2, 1.0)


def test_a_network_that_is_too_large_for_one_file_is_refused() -> None:
    layers = (Linear(units=65_536), Linear(units=30_000), Output())
    facts = Facts((10,), ("a", "b"), 10)
    experiment = Experiment(network=layers)
    assert OnnxFormat().unsuitable(Experiment(network=layers[2:]), facts) == ""
    assert OnnxFormat().unsuitable(experiment, facts)
