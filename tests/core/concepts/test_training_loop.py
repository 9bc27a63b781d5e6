"""The training loop with missing lines: the code that is shown computes the measured numbers."""

from math import log

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.concepts import training_loop as loop

CASES = [frozenset(), *(frozenset({part}) for part in loop.PARTS), frozenset(loop.PARTS)]


@pytest.fixture(scope="module")
def measured() -> dict[frozenset[str], loop.MeasuredLoop]:
    """One seed of every case."""
    return {missing: loop.measure(missing, seeds=1) for missing in CASES}


@pytest.mark.parametrize("missing", CASES, ids=lambda parts: " ".join(sorted(parts)) or "none")
def test_the_code_that_is_shown_gives_the_measured_losses(missing, measured) -> None:
    images, labels = loop.data()
    records = []

    def record(value: torch.Tensor, classes: torch.Tensor) -> None:
        records.append((value.item(), (classes != labels[400:]).float().mean().item()))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        names = {"images": images, "labels": labels, "nn": nn, "F": F, "torch": torch}
        exec(loop.code(missing), names | {"record": record})
    losses = [value for value, _ in records]
    assert losses == pytest.approx(measured[missing].losses[0].tolist(), nan_ok=True)
    assert records[-1][1] == measured[missing].errors[0]


def test_each_missing_line_has_its_effect(measured) -> None:
    complete = measured[frozenset()]
    assert complete.errors[0] < 0.2
    for part in loop.PARTS:
        assert measured[frozenset({part})].errors[0] > complete.errors[0] + 0.1, part
    assert measured[frozenset({loop.SCALE})].losses[0, -1] == pytest.approx(log(10), abs=0.05)
    assert len(set(measured[frozenset({loop.STEP})].losses[0].round(5))) == 1


def test_measuring_does_not_disturb_the_generator_of_torch() -> None:
    torch.manual_seed(7)
    expected = torch.rand(1).item()
    torch.manual_seed(7)
    loop.measure(frozenset(), seeds=1)
    assert torch.rand(1).item() == expected
