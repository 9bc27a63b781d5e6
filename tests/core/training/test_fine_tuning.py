"""Fine-tuning: weights are loaded by name, frozen layers stay as they are, every layer has its
learning rate, and a resumed run equals the straight one.
"""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment, BadNetwork, LabError, NotFound
from core.base.events import Ended
from core.base.layer_paths import covers
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.initializers import LSUV
from core.network.layers import BatchNorm, Conv2d, Flatten, Linear, Output, ReLU
from core.optim.optimizers import LBFGS, SGD, AdamW, Optimizer
from core.optim.regularizers import (
    EMA,
    L2,
    SAM,
    SWA,
    ClipNorm,
    GradientVariance,
    Regularizer,
    WeightDecay,
)
from core.training.inputs import load_inputs
from core.training.loop import Training, train
from core.training.setup import Setup
from core.weights.facts import ModelFacts
from core.weights.library import WeightsLibrary
from core.weights.matching import Source, match
from core.weights.saved_model import SavedModel
from core.weights.start import FromWeights
from tests.core.bars import bars, experiment, losses, part_of

LAYERS = (Conv2d(maps=4, padding=1), BatchNorm(), ReLU(), Flatten(), Linear(units=8), ReLU(),
          Output())  # fmt: skip
FROZEN = ("conv1", "norm1")


@pytest.fixture(scope="module")
def data() -> Samples:
    """The bars, with the weights of a short training on them."""
    first = train(experiment(network=LAYERS, epochs=1), bars())
    list(first)
    return replace(bars(), start=first.setup.weights())


def starting(**changes: object) -> FromWeights:
    return FromWeights(digest="0" * 64, **changes)


def tuned(start: FromWeights, **changes: object) -> Experiment:
    return experiment(network=LAYERS, epochs=2, start=start, **changes)


def names_that_differ(training: Training, data: Samples) -> set[str]:
    after = training.setup.model.state_dict()
    return {name for name, tensor in data.start.items() if not torch.equal(after[name], tensor)}


def test_the_first_weights_are_the_stored_ones_and_new_layers_those_of_the_seed(
    data: Samples,
) -> None:
    scratch = Setup(experiment(network=LAYERS), data, None).weights()
    for initializer in (Experiment().initializer, LSUV()):
        e = tuned(starting(new_layers=("output",)), initializer=initializer)
        first = Setup(e, data, None).weights()
        for name, tensor in first.items():
            if not name.startswith("output"):
                assert torch.equal(tensor, data.start[name]), name
    assert torch.equal(
        Setup(tuned(starting(new_layers=("output",))), data, None).weights()["output.weight"],
        scratch["output.weight"],
    )


@pytest.mark.parametrize("optimizer", [cls() for cls in Optimizer.members.values()],
                         ids=lambda o: o.kind)  # fmt: skip
def test_frozen_layers_stay_bit_for_bit_with_every_optimizer_and_resume_is_exact(
    data: Samples, optimizer: Optimizer
) -> None:
    rates = {"depth_factor": 0.5, "rates": (("output", 2.0),)} if optimizer.has_groups else {}
    start = starting(frozen=FROZEN, unfreeze_every=1, **rates)
    e = tuned(start, optimizer=optimizer, regularizers=(WeightDecay(), L2()))
    straight = train(e, data)
    whole = list(straight)
    changed = names_that_differ(straight, data)
    assert {name.partition(".")[0] for name in changed} == {"linear1", "output"}
    first, events = part_of(e, data, 9)  # in the second epoch, of 7 steps
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    resumed = train(e, replace(data, start=None), state=torch.load(stored, weights_only=True))
    events += list(resumed)
    assert losses(events) == losses(whole)
    for name, tensor in straight.state()["model"].items():
        assert torch.equal(tensor, resumed.state()["model"][name]), name


@pytest.mark.parametrize(
    "regularizer",
    [SAM(), EMA(), SWA(start=0.0), GradientVariance(), ClipNorm(limit=0.1)],
    ids=lambda r: r.kind,
)
def test_regularizers_leave_frozen_layers_alone(data: Samples, regularizer: Regularizer) -> None:
    start = starting(frozen=FROZEN, unfreeze_every=1)
    training = train(tuned(start, regularizers=(regularizer,)), data)
    ended = list(training)[-1]
    assert isinstance(ended, Ended) and ended.reason == "epochs"
    kept = training.best or training.state()["averaged"] or training.setup.weights()
    for name in data.start:
        if covers(FROZEN, name):
            assert torch.equal(kept[name], data.start[name]), name


def test_gradual_unfreezing_trains_one_more_layer_each_epoch(data: Samples) -> None:
    training, moved = Training(tuned(starting(unfreeze_every=1), optimizer=SGD()), data), []
    model = training.setup.model
    for epoch in range(4):
        training.setup.fine_tuning.begin_epoch(epoch)
        moved.append([name for name, child in model.named_children()
                      if any(p.requires_grad for p in child.parameters())])  # fmt: skip
        assert model.norm1.training == ("norm1" in moved[-1])
    every = ["conv1", "norm1", "linear1", "output"]
    assert moved == [["output"], ["linear1", "output"], every, every]


def test_each_layer_has_its_learning_rate_through_the_whole_schedule(data: Samples) -> None:
    start = starting(depth_factor=0.5, rates=(("conv1", 0.1),))
    setup = Setup(tuned(start, optimizer=AdamW(learning_rate=0.01)), data, None)
    named = {p: name for name, p in setup.model.named_parameters()}
    for rate in (0.01, 0.004):
        setup.set_learning_rate(rate)
        found = {
            named[p].partition(".")[0]: group["lr"] / rate
            for group in setup.optimizer.param_groups
            for p in group["params"]
        }
        assert found == pytest.approx({"conv1": 0.1, "norm1": 0.25, "linear1": 0.5, "output": 1})


def test_the_same_step_as_torch_with_parameter_groups(data: Samples) -> None:
    start = starting(depth_factor=0.1, frozen=FROZEN)
    training = Training(tuned(start, optimizer=SGD(learning_rate=0.1, momentum=0)), data)
    setup = training.setup
    rows = torch.arange(16)
    x, y, _ = setup.batch(rows)
    reference = nn.ModuleDict({n: m for n, m in setup.model.named_children() if "_" not in n})
    before = {name: p.detach().clone() for name, p in setup.model.named_parameters()}
    setup.model.norm1.eval()
    loss = nn.functional.cross_entropy(setup.model(x), y)
    wanted = torch.autograd.grad(loss, [reference["linear1"].weight, reference["output"].weight])
    training.take_step(rows, 0.1)
    linear, output = (setup.model.get_submodule(n).weight for n in ("linear1", "output"))
    assert torch.allclose(linear, before["linear1.weight"] - 0.01 * wanted[0])
    assert torch.allclose(output, before["output.weight"] - 0.1 * wanted[1])


def test_a_run_from_scratch_is_as_it_was(data: Samples) -> None:
    setup = Setup(experiment(network=LAYERS), data, None)
    assert len(setup.optimizer.param_groups) == 1
    assert setup.rate_ratios == [1.0] and all(p.requires_grad for p in setup.model.parameters())
    old = Experiment().model_dump(mode="json")
    del old["start"]  # as earlier versions stored it
    assert Experiment.model_validate(old) == Experiment()


REFUSED = {
    "start_weights_misfit": dict(network=(*LAYERS[:4], Linear(units=9), *LAYERS[5:])),
    "start_layer_unknown": dict(start=starting(frozen=("conv7",))),
    "all_layers_frozen": dict(start=starting(frozen=(*FROZEN, "linear1", "output"))),
    "rates_without_groups": dict(start=starting(depth_factor=0.5), optimizer=LBFGS()),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_start_is_refused_with_its_code(data: Samples, code: str) -> None:
    with pytest.raises(LabError) as refused:
        train(tuned(starting()).model_copy(update=REFUSED[code]), data)
    assert refused.value.code == code


def test_missing_weights_are_named_before_the_run_starts(data: Samples) -> None:
    with pytest.raises(NotFound) as refused:
        train(tuned(starting(title="LeNet")), replace(data, start=None))
    assert refused.value.code == "start_weights_missing" and "LeNet" in str(refused.value)


def test_the_way_out_of_a_misfit_works(data: Samples) -> None:
    wider = (*LAYERS[:4], Linear(units=9), *LAYERS[5:])
    e = tuned(starting()).model_copy(update={"network": wider})
    with pytest.raises(BadNetwork):
        train(e, data)
    want = {n: tuple(t.shape) for n, t in Setup(experiment(network=wider), data, None).weights()
            .items()}  # fmt: skip
    have = {n: tuple(t.shape) for n, t in data.start.items()}
    found = match(want, have, e.start)
    assert found.layers == ("linear1", "output")
    rows = {row.name: (row.problem, row.have, row.want) for row in found.rows}
    assert rows["linear1.weight"] == ("wrong shape", (8, 256), (9, 256))
    e = change(e, "start.new_layers", list(found.layers))
    assert list(train(e, data))[-1].reason == "epochs"


def test_tensors_are_matched_by_name_else_by_shape_and_order() -> None:
    want = {"conv1.weight": (2, 3), "conv1.bias": (2,), "output.weight": (1, 2)}
    other = {"0.weight": (2, 3), "0.bias": (2,), "2.weight": (1, 2)}
    found = match(want, other, starting())
    assert found.fits and found.renamed == ("conv1", "output")
    assert found.pairs == tuple(zip(want, other, strict=True))
    by_name = {"classifier.weight": (1, 2), "features.0.weight": (2, 3), "features.0.bias": (2,)}
    found = match(want, by_name, starting())
    assert found.fits and dict(found.pairs)["output.weight"] == "classifier.weight"
    head = match(want, by_name | {"classifier.weight": (9, 2)}, starting())
    assert head.layers == ("output",) and head.rows[0].problem == "wrong shape"
    partly = {"conv1.weight": (2, 3), "conv1.bias": (2,), "fc.weight": (1, 2)}
    found = match(want, partly, starting())
    assert found.fits and found.renamed == ("output",)
    other_head = match(want, partly | {"fc.weight": (9, 2)}, starting())
    assert [row.problem for row in other_head.rows] == ["missing", "unexpected"]
    extra = match(want, want | {"fc9.weight": (5, 5)}, starting())
    assert extra.fits and [row.problem for row in extra.rows] == ["unexpected"]
    short = match(want, {"conv1.weight": (2, 3)}, starting())
    assert not short.fits and short.layers == ("conv1", "output")
    assert not match(want, want, starting(new_layers=("conv1", "output"))).fits


def test_each_layer_and_block_has_one_source() -> None:
    want = {"a.weight": (2,), "a.bias": (1,), "b.c.weight": (3,), "b.d.weight": (4,)}
    for have, layer, block in (
        (want, Source.ALL, Source.ALL),
        ({"a.weight": (2,), "b.c.weight": (3,)}, Source.PART, Source.PART),
        ({"a.weight": (7,), "a.bias": (1,), "b.d.weight": (5,)}, Source.WRONG_SHAPE, None),
        ({"b.c.weight": (3,), "b.d.weight": (5,)}, Source.MISSING, Source.PART),
    ):
        found = match(want, have, starting())
        assert found.source("a") is layer
        assert found.source("b") is (block or Source.WRONG_SHAPE)


def test_the_samples_of_an_experiment_come_with_its_weights(tmp_path: Path) -> None:
    tensors = {"output.weight": torch.ones(2, 2)}
    digest = WeightsLibrary(tmp_path).add(SavedModel(tensors, ModelFacts()))
    e = Experiment(start=FromWeights(digest=digest))
    assert torch.equal(load_inputs(e, tmp_path).start["output.weight"], tensors["output.weight"])
    assert load_inputs(Experiment(), tmp_path).start is None
    assert decode(Experiment, encode(e)) == e
    with pytest.raises(BadExperiment):
        change(e, "start", {"kind": "weights", "digest": digest, "frozen": ["a"],
                            "new_layers": ["a"]})  # fmt: skip
    assert np.isfinite(e.start.rate_factor("output", 3))
