"""The offline page: its layers, its size, and what is refused before it is written."""

import re
from typing import ClassVar, Literal

import numpy as np
import pytest
import torch

from core.analysis.inside.familiarity import Familiarity, Reference
from core.analysis.results import ask
from core.base.spec import Call
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.html_format import HtmlFormat
from core.export.offline import familiarity
from core.export.offline.familiarity import AGREEMENT, LARGEST, SMALLEST, represent
from core.export.offline.page import (
    image_facts,
    make_page,
    write_page,
)
from core.export.offline.plan import find_unknown_layer, operations
from core.export.offline.reference import ROWS, choose_samples, packed
from core.export.portable import PortableNetwork
from core.network.layers import Conv2d, GlobalPool, Layer, Linear, Output, Residual
from core.predict.image_form import ImageForm
from tests.core.analysis.conftest import train
from tests.core.export.conftest import TINY, written
from tests.core.export.every_layer import (
    NETWORKS,
    every_kind,
    random_network,
)

NO_INK = ImageForm((1, 1, 1), None)


def test_every_layer_is_in_these_networks_and_has_an_operation() -> None:
    assert every_kind() == set(Layer.members)
    for name, (layers, shape, classes) in NETWORKS.items():
        assert find_unknown_layer(layers, shape, len(classes) or 1) == "", name
    assert len(operations()) >= 20


def test_a_layer_without_javascript_is_refused_by_its_number(monkeypatch) -> None:
    monkeypatch.setattr(Layer, "members", dict(Layer.members))

    class ShearLayer(Layer):
        """A layer that only this test has."""

        kind: Literal["test_shear"] = "test_shear"
        label: ClassVar[str] = "Shear"

        def call(self, shape: tuple[int, ...], outputs: int) -> Call:
            return Call("torch.nn.Identity")

    class DilatedLayer(Conv2d):
        """A convolution with a setting that the page does not have."""

        kind: Literal["test_dilated"] = "test_dilated"
        label: ClassVar[str] = "Dilated"

        def call(self, shape: tuple[int, ...], outputs: int) -> Call:
            call = super().call(shape, outputs)
            return Call(call.target, call.arguments | {"dilation": 2})

    facts = Facts((4,), ("a", "b"), 9)
    layers = (Linear(units=4), Residual(layers=(Linear(units=4), ShearLayer())), Output())
    text = HtmlFormat().unsuitable(Experiment(network=layers), facts)
    assert text.startswith("Layer 2.2 (Shear)") and "Identity" in text
    assert "dilation" in find_unknown_layer((DilatedLayer(),), (1, 9, 9), 2)
    large = (Linear(units=9000), Linear(units=9000), Output())
    assert HtmlFormat().unsuitable(Experiment(network=large), facts).startswith("The network")


@pytest.mark.parametrize(
    ("shape", "noise"), [((1, 28, 28), 30), ((3, 32, 32), 255), ((3, 200, 200), 255)]
)
def test_as_many_samples_as_fit_are_stored_and_the_page_is_small(shape, noise) -> None:
    rows = np.random.default_rng(1).integers(0, noise, (100, *shape)).astype(np.uint8)
    samples = choose_samples(rows, 12_000)
    assert samples.inputs.shape == (ROWS, *shape) and samples.inputs.dtype == np.float32
    np.testing.assert_array_equal(samples.inputs[: samples.real], rows[: samples.real])
    assert len(np.unique(samples.inputs, axis=0)) == ROWS
    stored = rows[: samples.real].tobytes()
    assert len(packed(stored)) <= 12_000
    assert [choose_samples(rows, room).real for room in (0, -400)] == [0, 0]
    more = rows[: samples.real + 2].tobytes()
    assert samples.real == 100 or len(packed(more)) > 10_000
    layers = (Conv2d(maps=4, kernel=9, stride=5), GlobalPool(), Output())
    made = write_page(random_network(layers, shape, ("a", "b")), rows, image_facts(NO_INK))
    assert len(made.text.encode()) <= 1.5 * made.weights + 60_000 and made.rows == ROWS


@pytest.mark.parametrize("fixture", ["digits_run", "spirals_run"])
def test_the_page_knows_inputs_unlike_the_training_set_nearly_as_the_lab_does(fixture, request):
    """For held-out samples and for noise: the few representatives have a threshold of their own."""
    trained = request.getfixturevalue(fixture)
    ask(trained, Familiarity())
    network = PortableNetwork.of(trained)
    page = make_page(trained, network)
    assert len(page.text.encode()) <= page.limit
    known = page.known
    assert SMALLEST <= len(known.centres) <= LARGEST and known.agreement >= AGREEMENT
    reference = Reference.open(trained.store, trained.run)
    tested = trained.outputs(trained.held_out).hidden
    far = tested[:50] * 1000 + 1000 * np.abs(tested).max()
    for hidden, least in ((tested, AGREEMENT), (far, 1.0)):
        in_lab = reference.nearest(hidden)[1].mean(1) > reference.threshold
        assert np.mean(known.is_unfamiliar(hidden) == in_lab) >= least
    assert known.is_unfamiliar(far).all()
    assert represent(trained, SMALLEST * tested.shape[1] - 1) is None  # too little room


def test_a_page_that_would_judge_otherwise_than_the_lab_does_not_judge(table_run, monkeypatch):
    ask(table_run, Familiarity())
    monkeypatch.setattr(familiarity, "AGREEMENT", 1.01)
    made = make_page(table_run, PortableNetwork.of(table_run))
    assert made.known is None and '"familiar"' not in made.text


@pytest.mark.parametrize("fixture", ["digits_run", "table_run", "values_run"])
def test_the_page_of_a_run_is_one_small_file(fixture, request, tmp_path) -> None:
    trained = request.getfixturevalue(fixture)
    path = tmp_path / "run.html"
    result = written(trained, HtmlFormat(), path)
    text = path.read_text("utf-8")
    weights = PortableNetwork.of(trained).bytes
    assert result["weights"] == weights and result["rows"] == 100
    assert path.stat().st_size <= 1.5 * weights + 60_000
    assert not re.search(r"""(src|href)\s*=\s*["']|https?://|import\s*\(|@import""", text)
    assert [finding.code for finding in HtmlFormat().findings(result)] == ["page_checks_itself"]


def test_a_run_in_bfloat16_is_exported_in_float32(tmp_path) -> None:
    coarse = TINY.model_copy(update={"epochs": 1, "precision": "bfloat16", "device": "cpu"})
    trained = train(tmp_path, coarse)
    result = written(trained, HtmlFormat(), tmp_path / "run.html")
    codes = [finding.code for finding in HtmlFormat().findings(result)]
    assert codes == ["page_checks_itself", "export_more_precise"]
    inputs = trained.inputs("test", np.arange(20))
    network = PortableNetwork.of(trained)
    logits = network.module.network(torch.from_numpy(inputs.astype(np.float32)))
    assert logits.dtype == torch.float32
    weight = network.weights["output.weight"].double().numpy()
    exact = inputs.reshape(20, -1) @ weight.T + network.weights["output.bias"].double().numpy()
    np.testing.assert_allclose(logits.detach(), exact, rtol=1e-5, atol=1e-4)


def test_names_never_become_markup(table_run) -> None:
    network = PortableNetwork.of(table_run)
    evil = "</script><script>alert(1)</script>"
    experiment = network.experiment.model_copy(update={"name": evil})
    network = PortableNetwork(
        experiment, network.shape, (evil, "b"), network.columns, network.module, network.encodings
    )
    assert evil not in make_page(table_run, network).text


# --- in Chromium
