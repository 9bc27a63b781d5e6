"""Margins and forgetting events of every training sample, against a plain loop over the outputs of
every step; they change nothing and are continued by a resume.
"""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from core.base.events import Epoch
from core.data.augmentations import CutMix, Flip, MixUp
from core.data.datasets import Sine
from core.data.load import load
from core.data.sampling import Sampling
from core.data.split import Split
from core.losses import MSE
from core.optim.optimizers import SGD
from core.optim.regularizers import SAM
from core.training import margins
from core.training.loop import Training
from tests.core.bars import PLAIN, bars, experiment, losses, part_of, train_unmeasured

Visits = dict[int, list[np.ndarray]]  # the outputs (C,) of each visit of a sample, in order


def record(training: Training) -> Visits:
    """Store the outputs of every visit while the training runs; `add` is called as it is."""
    visits: Visits = {}
    add = training.margins.add

    def watch(rows: torch.Tensor, outputs: torch.Tensor, mix: object) -> None:
        for row, z in zip(rows.tolist(), outputs.detach().double().numpy(), strict=True):
            visits.setdefault(row, []).append(z)
        add(rows, outputs, mix)

    training.margins.add = watch
    return visits


def reference(visits: list[np.ndarray], label: int) -> tuple[float, int, Counter]:
    """The summed margin, the forgetting events, and how often each class was the largest other."""
    margin, forgotten, rivals, before = 0.0, 0, Counter(), False
    for z in visits:
        others = [(value, -c) for c, value in enumerate(z) if c != label]
        largest, negative = max(others)
        rivals[-negative] += 1
        right = z[label] > largest
        margin += z[label] - largest
        forgotten += before and not right
        before = right
    return margin, forgotten, rivals


def reload(state: dict) -> dict:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize("buffer", [1, 50, 8192])
@pytest.mark.parametrize("sampling", Sampling.members)
def test_the_sums_are_those_of_a_plain_loop_over_all_outputs(
    sampling: str, buffer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(margins, "BUFFER", buffer)
    e = experiment(
        sampling=Sampling.pick(sampling), label_noise={"share": 0.3},
        augmentations=(Flip(),), optimizer=SGD(learning_rate=0.2), epochs=12,
    )  # fmt: skip
    training = train_unmeasured(e, bars())
    visits = record(training)
    list(training)
    state, labels = training.state()["margins"], training.setup.train.targets.tolist()
    assert sum(state["forgotten"]) > 5
    for row, label in enumerate(labels):
        seen = visits.get(row, [])
        margin, forgotten, rivals = reference(seen, label)
        assert state["seen"][row] == len(seen) == state["rivals"][row].sum()
        assert state["margins"][row].item() == pytest.approx(margin, rel=1e-4, abs=1e-4)
        assert state["forgotten"][row] == forgotten
        assert {c: n for c, n in enumerate(state["rivals"][row].tolist()) if n} == rivals


@pytest.mark.parametrize("regularizers", [(), (SAM(),)], ids=["plain", "sam"])
def test_collecting_margins_changes_nothing(
    regularizers: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    e = experiment(regularizers=regularizers)
    collected = train_unmeasured(e, bars())
    events = list(collected)
    assert collected.margins.is_open
    monkeypatch.setattr(margins, "MAX_BYTES", 0)
    plain = train_unmeasured(e, bars())
    assert not plain.margins.is_open
    assert losses(list(plain)) == losses(events)
    for name, tensor in plain.state()["model"].items():
        assert torch.equal(tensor, collected.state()["model"][name]), name


@pytest.mark.parametrize("sampling", Sampling.members)
@pytest.mark.parametrize("at", [3, 7, 17])
def test_resumed_margins_equal_those_of_the_straight_run_bit_for_bit(
    sampling: str, at: int
) -> None:
    e = experiment(sampling=Sampling.pick(sampling), optimizer=SGD(learning_rate=0.2))
    straight = train_unmeasured(e, bars())
    list(straight)
    state = reload(part_of(e, bars(), at)[0].state())
    before = reload(state)
    resumed = train_unmeasured(e, bars(), state=state)
    list(resumed)
    equal = dict(rtol=0, atol=0)
    torch.testing.assert_close(resumed.state()["margins"], straight.state()["margins"], **equal)
    torch.testing.assert_close(state["margins"], before["margins"], **equal)


def test_a_checkpoint_of_an_earlier_version_is_continued_without_its_margins() -> None:
    e = experiment(network=PLAIN)
    state = part_of(e, bars(), 10)[0].state()
    del state["margins"]
    resumed = train_unmeasured(e, bars(), state=state)
    list(resumed)
    assert set(resumed.state()["margins"]["seen"].tolist()) <= {2, 3}


@pytest.mark.parametrize(("validation", "epochs"), [(0.15, None), (0.0, 14)])
def test_kept_sums_are_those_of_the_best_epoch_or_of_the_first_ten(
    validation: float, epochs: int | None
) -> None:
    e = experiment(
        network=PLAIN, epochs=14, split=Split(validation=validation),
        label_noise={"share": 0.4}, optimizer=SGD(learning_rate=0.5),
    )  # fmt: skip
    training, sums, best = train_unmeasured(e, bars()), {}, 0
    for event in training:
        if isinstance(event, Epoch):
            sums[event.epoch] = training.margins.state()
            best = event.epoch if event.best else best
    kept = training.state()["margins"]["kept"]
    assert kept["epochs"] == (epochs or max(best, margins.FIRST_EPOCHS)) > 9
    for name in ("seen", "margins", "forgotten"):
        assert torch.equal(kept[name], sums[kept["epochs"]][name])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"augmentations": (MixUp(),)}, "no_margins_of_mixed_samples"),
        ({"augmentations": (Flip(), CutMix())}, "no_margins_of_mixed_samples"),
        ({"data": Sine(), "network": PLAIN, "loss": MSE()}, "no_margins_of_values"),
    ],
)
def test_what_has_no_margins_says_so(change: dict, code: str, tmp_path: Path) -> None:
    e = experiment(epochs=1, **change)
    data = load(e.data, tmp_path) if "data" in change else bars()
    training = train_unmeasured(e, data)
    assert margins.find_obstacle(training.setup).code == code
    list(training)
    assert training.state()["margins"] is None


def test_above_the_memory_limit_the_limit_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    training, _ = part_of(experiment(), bars(), 9)
    state = training.state()["margins"]
    tensors = [state[name] for name in ("seen", "margins", "rivals", "forgotten", "right")]
    tensors += [state["kept"][name] for name in ("seen", "margins", "forgotten")]
    size = sum(tensor.nbytes for tensor in tensors)
    assert size == margins.count_bytes(*state["rivals"].shape)
    monkeypatch.setattr(margins, "MAX_BYTES", size - 1)
    obstacle = margins.find_obstacle(training.setup)
    assert obstacle.code == "no_margins_above_memory_limit"
    assert obstacle.evidence == {"bytes": size, "limit": size - 1}
