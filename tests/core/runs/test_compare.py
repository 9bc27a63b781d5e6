"""The differences between experiments, with the labels of their forms."""

import pytest

from core.base.encoding import change
from core.data.datasets import MNIST
from core.experiment import Experiment, Seeds, comparisons, shipped
from core.losses import MSE
from core.network.activations import ReLU, Sigmoid
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD, AdamW
from core.optim.regularizers import L2, ClipNorm
from core.runs.compare import DIFFERING_LAYERS, describe_layers, differences, settings

BASE = Experiment()


def test_equal_experiments_and_a_single_one_have_no_differences():
    assert differences([BASE, BASE]) == differences([BASE]) == []


def test_a_name_is_not_a_difference():
    assert differences([BASE, Experiment(name="x", about="y")]) == []


@pytest.mark.parametrize(
    ("other", "row"),
    [
        (Experiment(epochs=1200), ("Epochs", (str(BASE.epochs), "1\u202f200"))),
        (Experiment(data=MNIST()), ("Data", ("Digits 8×8", "MNIST"))),
        (Experiment(loss=MSE()), ("Loss", ("Cross-entropy", "Squared error"))),
        (Experiment(seeds=Seeds(order=5)), ("Seeds: order", ("0", "5"))),
        (change(BASE, "split.stratified", False), ("Split: stratified", ("yes", "no"))),
        (
            Experiment(regularizers=(L2(), ClipNorm(limit=2.0))),
            ("Regularizers", ("–", "L2 1e-4, clip norm 2")),
        ),
    ],
)
def test_one_difference_is_one_row(other, row):
    name, values = row
    ((said, told),) = differences([BASE, other])
    assert (said, told[0]) == (name, values[0])
    assert told[1].replace("0.0001", "1e-4") == values[1]


def test_one_optimizer_is_compared_by_field_and_different_ones_as_a_whole():
    pair = [Experiment(optimizer=AdamW(learning_rate=r)) for r in (1e-3, 0.02)]
    assert differences(pair) == [("AdamW: learning rate η", ("1e-3", "0.02"))]
    ((name, values),) = differences([pair[0], Experiment(optimizer=SGD())])
    assert name == "Optimizer" and "AdamW" in values[0] and "SGD" in values[1]


def test_networks_of_the_same_kinds_are_compared_layer_by_layer():
    pair = [Experiment(network=(Flatten(), Linear(units=n), ReLU(), Output())) for n in (10, 20)]
    assert differences(pair) == [("Network: linear1", ("10 units", "20 units"))]


def test_networks_of_different_kinds_show_the_layers_between_the_first_and_last_difference():
    deep, wide = (Linear(units=8), ReLU()) * 30, (Linear(units=99), Sigmoid())
    networks = [(Flatten(), *layers, Output()) for layers in (deep, wide, ())]
    ((name, values),) = differences([Experiment(network=network) for network in networks])
    assert name == DIFFERING_LAYERS
    assert values == ("30 × (Linear 8 units → ReLU)", "Linear 99 units → Sigmoid", "–")


@pytest.mark.parametrize("names", comparisons().values())
def test_the_values_of_a_difference_differ(names):
    """Also those of layers without settings, such as the step of the perceptron."""
    rows = differences([shipped()[name] for name in names])
    assert rows and all(len(set(values)) > 1 for _, values in rows)


def test_repeated_layers_are_counted():
    twice = (Linear(units=8), ReLU(), Linear(units=8), ReLU(), ReLU())
    assert describe_layers(twice) == "2 × (Linear 8 units → ReLU) → ReLU"
    assert describe_layers((ReLU(),) * 3) == "3 × ReLU"
    assert describe_layers(()) == "–"


def test_three_experiments_are_compared_in_one_row():
    ((_, values),) = differences([Experiment(epochs=n) for n in (1, 2, 1)])
    assert values == ("1", "2", "1")


def test_all_settings_have_one_row_each():
    pair = [BASE, Experiment(epochs=3, seeds=Seeds(order=7))]
    rows = dict(settings(pair))
    assert rows["Epochs"] == (str(BASE.epochs), "3")
    assert rows["Data"] == ("Digits 8×8",) * 2
    assert "order 7" in rows["Seeds"][1] and "order 0" in rows["Seeds"][0]
    assert set(dict(settings([BASE]))) == set(rows) and "Name" not in rows
    assert all(cell for cells in rows.values() for cell in cells)
