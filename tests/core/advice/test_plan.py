"""Plan: its sizes are those of the split, its steps those of the loop, and it reports what prevents
a run from starting.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.advice.plan import line, network_name, plan
from core.base.errors import BadData
from core.base.numbers import percent
from core.data.datasets import Digits, Facts, Spreadsheets
from core.data.split import Split
from core.experiment import Experiment, shipped
from core.network.activations import ReLU
from core.network.chains import describe_depth
from core.network.layers import Flatten, Linear, Output
from core.network.presets import LeNet, Preset, Small
from core.optim.optimizers import SGD
from core.training.checks import part_sizes

HERE = Path("nowhere")
SHARES = st.floats(0, 0.9, allow_nan=False)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch):
    """A function that sets the number of images in the digits."""

    def say(count: int, test_rows: int = 0) -> None:
        facts = Facts((1, 8, 8), tuple("0123456789"), count, test_rows)
        monkeypatch.setattr(Digits, "facts", lambda self, home: facts)

    return say


@given(
    labels=st.lists(st.integers(0, 5), min_size=1, max_size=120),
    shares=st.tuples(SHARES, SHARES).filter(lambda pair: sum(pair) < 1),
    own=st.booleans(),
    stratified=st.booleans(),
    fraction=st.floats(0, 1, exclude_min=True),
)
def test_sizes_are_those_of_the_split(labels, shares, own, stratified, fraction):
    split = Split(validation=shares[0], test=shares[1], stratified=stratified, fraction=fraction)
    facts = Facts((1, 8, 8), tuple("012345"), len(labels), 17 * own)
    told = part_sizes(Experiment(split=split), facts)
    try:
        dealt = split.parts(np.array(labels), has_test=own)
    except BadData:
        assert told[0] < 1
        return
    assert told == (len(dealt.train), len(dealt.validation), 17 if own else len(dealt.test))


@pytest.mark.parametrize(("count", "batch", "epochs"), [(1, 32, 3), (64, 32, 2), (65, 32, 2)])
def test_steps_are_those_of_a_plain_loop(rows, count, batch, epochs):
    rows(count)
    value = Experiment(split=Split(validation=0, test=0), batch_size=batch, epochs=epochs)
    taken = sum(1 for _ in range(epochs) for _ in range(0, count, batch))
    planned = plan(value, HERE)
    assert (planned.steps, planned.epoch_steps, planned.train) == (taken, taken // epochs, count)


SMALL = (  # maps × window × (work: places), then the linear layers
    16 * 9 + 16 + 32 * 16 * 9 + 32 + 128 * 64 + 64 + 640 + 10,
    64 * 16 * 9 + 16 * 32 * 16 * 9 + 128 * 64 + 640,
)


@pytest.mark.parametrize(
    ("kind", "parameters", "work"),
    [("softmax", 640 + 10, 640), ("mlp", 6400 + 100 + 1000 + 10, 7400), ("small", *SMALL)],
)
def test_parameters_and_work_are_those_counted_by_hand(kind, parameters, work):
    planned = plan(Experiment(network=Preset.pick(kind).layers((1, 8, 8))), HERE)
    assert (planned.parameters, planned.multiply_adds) == (parameters, work)
    assert planned.problem == "" and planned.layer is None


def test_every_shipped_experiment_can_be_started():
    assert {name: plan(e, HERE).problem for name, e in shipped().items()} == dict.fromkeys(
        shipped(), ""
    )


def test_missing_data_is_reported(tmp_path):
    planned = plan(Experiment(data=Spreadsheets(digest="0" * 64)), tmp_path)
    assert planned.facts is None and planned.layer is None
    assert planned.code == "dataset_missing" and planned.problem.endswith(".")


@pytest.mark.parametrize(
    ("layers", "place", "word"),
    [
        ((Linear(), ReLU(), Output()), 0, "Flatten"),
        ((Flatten(), Linear(), ReLU()), None, "Output"),
        (LeNet().layers((1, 28, 28)), 3, ""),
    ],
)
def test_a_network_that_does_not_fit_is_reported_with_its_layer(layers, place, word):
    planned = plan(Experiment(network=layers), HERE)
    assert planned.code and word in planned.problem
    if place is not None:
        assert planned.layer == place and f"ayer {place + 1}" in planned.problem


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_split_without_training_samples_is_reported_before_the_start(rows, count):
    rows(count)
    shares = Split(validation=0.49, test=0.5)
    planned = plan(Experiment(split=shares), HERE)
    try:
        assert shares.parts(np.zeros(count, int)).train.size and planned.problem == ""
    except BadData:
        assert planned.code == "empty_training_set"


def test_a_preset_is_recognized_by_its_layers_and_other_networks_by_their_number():
    facts = Digits().facts(HERE)
    assert network_name(Experiment(), facts) == Small.label
    assert (
        network_name(Experiment(network=(Flatten(), ReLU(), Output())), facts) == "1 weight layer"
    )
    assert network_name(Experiment(), None) == describe_depth(Experiment().network)


def test_the_line_about_a_draft_has_all_five_parts():
    value = Experiment(optimizer=SGD(learning_rate=0.02), epochs=1)
    told = line(value, plan(value, HERE)).split(" · ")
    named = ["Digits 8×8", "SGD with momentum 0.02", "cosine", "1 epoch"]
    assert [told[0], *told[2:]] == named
    assert told[1].startswith(Small.label) and told[1].endswith("parameters")


def test_the_line_names_what_changes_the_training_data(rows):
    rows(100)
    value = Experiment(
        augmentations=("noise",), label_noise={"share": 0.2}, split={"fraction": 0.5}
    )
    data = line(value, plan(value, HERE)).split(" · ")[0]
    noise = value.augmentations[0].summary
    assert data.split(", ")[1:] == [
        noise, f"{percent(0.2)} label noise", f"{percent(0.5)} of the training set",
    ]  # fmt: skip
    value = Experiment(augmentations=("noise", "crop"))
    assert line(value, plan(value, HERE)).split(" · ")[0].split(", ")[1:] == ["2 augmentations"]


@pytest.mark.parametrize("room", [80, 100])
def test_long_names_are_shortened_before_the_rest_of_the_line(room):
    value = Experiment(data=Spreadsheets(digest="0" * 64, title="A long name of a dataset " * 3))
    planned = plan(Experiment(), HERE)
    whole, told = line(value, planned, 500), line(value, planned, room)
    assert len(whole) > room >= len(told)
    assert told.split(" · ")[-3:] == whole.split(" · ")[-3:] and "…" in told
    assert line(value, planned, 10).endswith("150 epochs")  # names keep a few letters
