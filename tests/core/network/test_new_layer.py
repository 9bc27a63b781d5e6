"""One class is one layer: layers and activations that only this test defines have shapes, memory,
time, initial weights, random numbers, findings, drawings and charts, with no change elsewhere.
"""

from dataclasses import replace
from math import exp
from typing import ClassVar, Literal

import pytest
import torch

from core.advice.estimate import guess_seconds, memory_bytes
from core.advice.first_step import first_step
from core.advice.network_checks import RULES, suited_initializer
from core.advice.network_fix import check_fit
from core.advice.plan import plan
from core.advice.remedy import find_remedy
from core.base.encoding import decode, encode
from core.base.errors import BadNetwork
from core.base.events import Probe, Started
from core.base.spec import Call, ranged
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.figures import activation as curve
from core.figures import graph, network
from core.figures.columns import Cell, columns
from core.network.activations import Activation
from core.network.build import build, trace
from core.network.initializers import He, Normal
from core.network.layer import Layer, Misfit, Shape, flat_misfit
from core.network.layers import Flatten, Linear, Output, ReLU, Residual
from core.optim.penalties import L2
from core.training.loop import train

MODULES = "tests.core.network.new_modules"
IMAGE = (1, 8, 8)
END = (Output(),)


@pytest.fixture
def new():
    """The new layers by name; no other test sees them."""
    known = set(Layer.members)

    class NoisyLinear(Layer):
        """A linear layer with noise."""

        kind: Literal["test_noisy"] = "test_noisy"
        label: ClassVar[str] = "Noisy linear"
        name_prefix: ClassVar[str] = "noisy"
        draws_random_numbers: ClassVar[bool] = True
        units: int = ranged(30, 1, 100, help="Outputs.")
        noise: float = ranged(0.1, 0, 1, help="Standard deviation of the noise.")

        def call(self, shape: Shape, outputs: int) -> Call:
            sizes = {"inputs": shape[0], "outputs": self.units, "noise": self.noise}
            return Call(f"{MODULES}.NoisyLinearModule", sizes)

        def output(self, shape: Shape, outputs: int) -> Shape:
            return (self.units,)

        def misfit(self, shape: Shape) -> Misfit | None:
            if wrong := flat_misfit(self.label, shape):
                return wrong
            if self.units % 2 == 0:
                return None
            return Misfit("odd_units", "The number of units is odd. Use an even one.", {})

        def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, Layer], ...]:
            even = self.model_copy(update={"units": self.units + self.units % 2})
            return (("Use an even number", even),)

    class Bump(Activation):
        """A bump."""

        kind: Literal["test_bump"] = "test_bump"
        label: ClassVar[str] = "Bump"
        name_prefix: ClassVar[str] = "bump"
        initializer: ClassVar[str] = "xavier"

        def call(self, shape: Shape, outputs: int) -> Call:
            return Call(f"{MODULES}.BumpModule")

        def value(self, a: float) -> float:
            return exp(-a * a)

        def slope(self, a: float) -> float:
            return -2 * a * exp(-a * a)

    class Sign(Activation):
        """The sign of the input."""

        kind: Literal["test_sign"] = "test_sign"
        label: ClassVar[str] = "Sign"
        name_prefix: ClassVar[str] = "sign"
        passes_gradient: ClassVar[bool] = False

        def call(self, shape: Shape, outputs: int) -> Call:
            return Call(f"{MODULES}.SignModule")

        def value(self, a: float) -> float:
            return float((a > 0) - (a < 0))

        def slope(self, a: float) -> float:
            return 0.0

    class Centre(Layer):
        """Subtracts the mean of the mini-batch."""

        kind: Literal["test_centre"] = "test_centre"
        label: ClassVar[str] = "Centre"
        name_prefix: ClassVar[str] = "centre"
        is_normalization: ClassVar[bool] = True
        uses_batch_statistics: ClassVar[bool] = True

        def call(self, shape: Shape, outputs: int) -> Call:
            return Call(f"{MODULES}.CentreModule")

    class Loose(Layer):
        """A layer whose module does not initialize its parameter."""

        kind: Literal["test_loose"] = "test_loose"
        label: ClassVar[str] = "Loose"
        name_prefix: ClassVar[str] = "loose"

        def call(self, shape: Shape, outputs: int) -> Call:
            return Call(f"{MODULES}.LooseModule")

    yield {cls.__name__: cls for cls in (NoisyLinear, Bump, Sign, Centre, Loose)}
    for kind in set(Layer.members) - known:
        del Layer.members[kind]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    whole = digits(tmp_path_factory.mktemp("home"))
    return replace(whole, inputs=whole.inputs[:300], targets=whole.targets[:300])


def made(layers, initializer=None, seed=0):
    generators = [torch.Generator().manual_seed(seed), torch.Generator().manual_seed(9)]
    initializer = initializer or He()
    return build(
        layers, IMAGE, 10, initializer=initializer, generator=generators[0], dropout=generators[1]
    )


def check(experiment, samples=0):
    found = [finding for rule in RULES for finding in rule(experiment, samples, 0)]
    return {finding.code: finding for finding in found}


def test_shape_parameters_and_multiply_adds_are_measured(new):
    layers = (Flatten(), new["NoisyLinear"](units=30), new["Bump"](), *END)
    facts = trace(layers, IMAGE, 10)
    assert [fact.name for fact in facts] == ["flatten1", "noisy1", "bump1", "output"]
    assert [fact.output for fact in facts] == [(64,), (30,), (30,), (10,)]
    assert [fact.parameters for fact in facts] == [0, 64 * 30 + 30, 0, 310]
    assert facts[1].multiply_adds == 64 * 30 and facts[1].has_weights
    assert decode(Experiment, encode(Experiment(network=layers))).network == layers


def test_memory_and_time_grow_with_it(new, tmp_path):
    small, large = (
        Experiment(network=(Flatten(), new["NoisyLinear"](units=units), new["Bump"](), *END))
        for units in (2, 100)
    )
    need = [memory_bytes(e, trace(e.network, IMAGE, 10), 0) for e in (small, large)]
    outputs = 2 * 98  # of the layer and of its activation
    weights = 98 * (64 + 1 + 10)
    copies = 3 + small.optimizer.memory_slots
    assert need[1] - need[0] == 4 * (copies * weights + 2 * small.batch_size * outputs)
    plans = [plan(e, tmp_path) for e in (small, large)]
    assert plans[1].multiply_adds - plans[0].multiply_adds == 98 * (64 + 10)
    assert guess_seconds(large, plans[1]) > guess_seconds(small, plans[0])


def test_its_weights_are_drawn_by_the_initializer_and_its_noise_by_the_run_s_generator(new, data):
    layers = (Flatten(), new["NoisyLinear"](units=100), *END)
    before = torch.get_rng_state()
    first, again, other = (made(layers, Normal(std=0.3), seed) for seed in (1, 1, 2))
    x = torch.rand(5, *IMAGE, generator=torch.Generator().manual_seed(0))
    assert torch.equal(first(x), again(x)) and not torch.equal(first(x), first(x))
    assert not torch.equal(first.noisy1.weight, other.noisy1.weight)
    assert first.noisy1.weight.std().item() == pytest.approx(0.3, rel=0.05)
    assert first.noisy1.bias.eq(0).all() and torch.equal(before, torch.get_rng_state())
    assert first.eval()(x).equal(first(x))
    seen = first_step(Experiment(network=layers, initializer=Normal(std=0.3)), data)
    noisy = next(layer for layer in seen.layers if layer.name == "noisy1")
    assert noisy.weights.expected == (0.0, 0.3) and sum(noisy.weights.counts) == 64 * 100


def test_a_module_that_leaves_its_parameters_undefined_is_refused(new):
    with pytest.raises(TypeError, match="LooseModule"):
        made((Flatten(), new["Loose"](), *END))


def test_a_misfit_is_reported_and_its_suggested_change_fixes_it(new):
    odd = (Flatten(), new["NoisyLinear"](units=31), *END)
    found = check_fit(odd, IMAGE, 10)
    assert (found.code, found.evidence) == ("odd_units", {"layer": "2"})
    assert tuple(map(Layer.pick, found.action.changes["network"]))[1].units == 32
    flat = check_fit((new["NoisyLinear"](), *END), IMAGE, 10)
    assert flat.code == "needs_flat_input"
    assert flat.action.changes["network"][0] == {"kind": "flatten"}


def test_an_activation_that_blocks_the_gradient_is_found_and_replaced(new, data):
    hidden = (Linear(units=30), new["Sign"]())
    network = (Flatten(), *hidden, Residual(layers=hidden), *END)
    found = check(Experiment(network=network))["gradient_blocked"]
    assert found.evidence == {"kinds": ["test_sign", "test_sign"]}
    assert "test_sign" not in encode(Experiment(network=found.action.changes["network"]))
    experiment = Experiment(network=(Flatten(), *hidden, *END))
    seen = first_step(experiment, data)
    gradients = {layer.name: layer.gradient for layer in seen.layers}
    assert gradients["linear1"] == 0 < gradients["output"]
    remedy = find_remedy(experiment, data, seen)
    assert seen.finding.code == "gradient_vanishes"
    assert all(layer.passes_gradient for layer in remedy.experiment.network)


def test_advice_on_the_initializer_and_on_slopes_reads_the_new_activation(new):
    bump = new["Bump"]()
    assert bump.max_slope() == pytest.approx(2**0.5 * exp(-0.5), rel=1e-3)
    network = (Flatten(), *[Linear(units=5), bump] * 3, *END)
    assert suited_initializer(network) == "xavier"
    found = check(Experiment(network=network, initializer=He()))
    assert set(found) == {"initializer_for_other_activation"}
    assert found["initializer_for_other_activation"].evidence["activation"] == "test_bump"
    deep = (Flatten(), *[Linear(units=5), bump] * 60, *END)
    fraction = check(Experiment(network=deep))["slopes_too_small"].evidence["fraction"]
    assert fraction == pytest.approx(bump.max_slope() ** 60)
    assert "activation_after_output" in check(Experiment(network=(Flatten(), *END, bump)))


def test_a_layer_that_compares_samples_is_refused_for_batches_of_one(new, data):
    network = (Flatten(), new["Centre"](), *END)
    experiment = Experiment(network=network, batch_size=1)
    assert check(experiment, 100)["batch_statistics_of_one"].evidence["samples"] == 100
    with pytest.raises(BadNetwork) as caught:
        list(train(experiment, data))
    assert caught.value.code == "batch_of_one"


def test_it_is_drawn_as_a_volume_and_as_a_box(new):
    layers = (Flatten(), new["NoisyLinear"](), new["Bump"](), new["Centre"](), *END)
    facts = trace(layers, IMAGE, 10)
    volumes = network.rows(facts, IMAGE)
    assert [volume.name for volume in volumes] == ["input", "noisy1", "output"]
    boxes = columns(facts)
    assert boxes[1].lanes == ((Cell("noisy1", has_weights=True),),)
    assert boxes[1].after == (Cell("bump1"), Cell("centre1"))
    assert graph.figure(boxes, IMAGE, "light").layout.shapes
    assert network.figure(volumes, "light").layout.shapes


def test_the_curve_of_a_new_activation_is_drawn(new):
    points = curve.rows(new["Bump"]())
    assert points[100] == (0.0, 1.0, 0.0) and len(curve.figure(points, "light").data) == 2


def test_a_run_reports_dead_and_saturated_units_of_new_activations(new, data):
    inner = Residual(layers=(new["NoisyLinear"](units=30), new["Sign"]()))
    layers = (Flatten(), Linear(units=30), new["Bump"](), inner, ReLU(), *END)
    penalty = L2(strength=0.0, activities=1e-3)
    experiment = Experiment(network=layers, epochs=1, device="cpu", regularizers=(penalty,))
    events = list(train(experiment, data))
    names = {"bump1", "residual1.layers.sign1", "relu1"}
    started = next(event for event in events if isinstance(event, Started))
    assert set(started.activations) == names
    probe = next(event for event in events if isinstance(event, Probe))
    assert set(probe.dead) == set(probe.saturated) == names
    assert probe.saturated["residual1.layers.sign1"] > 0.9  # its slope is 0 except at the jump
    assert probe.saturated["bump1"] < 0.5
    assert {"linear1", "residual1.layers.noisy1"} <= set(probe.spread)


def test_no_trace_of_the_new_layers_is_left():
    assert not any(kind.startswith("test_") for kind in Layer.members)
