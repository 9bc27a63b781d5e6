"""bfloat16: what a hand-written autocast loop computes; weights, losses, answers stay float32."""

import pytest
import torch
from torch import nn

from core.data.normalization import Unit
from core.data.split import Split
from core.experiment import Experiment, Seeds
from core.network.activations import ReLU
from core.network.initializers import PyTorchDefault
from core.network.layers import Flatten, Linear, Output
from core.optim.optimizers import SGD
from core.training.loop import train
from core.training.precision import use_bfloat16
from tests.core.bars import bars, experiment, losses


def small(precision: str) -> Experiment:
    """Ten steps an epoch of one hidden layer on the bars."""
    return experiment(
        network=(Flatten(), Linear(units=9), ReLU(), Output()), normalization=Unit(),
        split=Split(validation=0, test=0), initializer=PyTorchDefault(),
        optimizer=SGD(learning_rate=0.1, momentum=0.8), seeds=Seeds(initialization=3, order=4),
        epochs=2, precision=precision,
    )  # fmt: skip


def test_losses_equal_an_autocast_loop_written_by_hand() -> None:
    data, e = bars(), small("bfloat16")
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 9), nn.ReLU(), nn.Linear(9, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.8)
    order = torch.Generator().manual_seed(4)
    x, y, expected = torch.tensor(data.inputs).float() / 255, torch.tensor(data.targets), []
    for _ in range(2):
        for rows in torch.randperm(157, generator=order).split(16):
            step = len(expected)
            optimizer.param_groups[0]["lr"] = e.schedule.learning_rate(
                0.1, step, steps=20, epoch_steps=10
            )
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(x[rows])
            loss = nn.functional.cross_entropy(logits.float(), y[rows])
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
    assert losses(list(train(e, data))) == pytest.approx(expected, rel=1e-5)


def test_it_is_close_to_float32_but_not_the_same() -> None:
    exact, coarse = (losses(list(train(small(p), bars()))) for p in ("float32", "bfloat16"))
    assert coarse != exact
    assert coarse == pytest.approx(exact, rel=0.05)


def test_weights_gradients_and_outputs_stay_float32_under_the_same_names() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    names = list(model.state_dict())
    use_bfloat16(model, "cpu")
    answers = model(torch.ones(2, 1, 8, 8))
    answers.sum().backward()
    assert answers.dtype == torch.float32
    assert model[1].weight.dtype == model[1].weight.grad.dtype == torch.float32
    assert list(model.state_dict()) == names
