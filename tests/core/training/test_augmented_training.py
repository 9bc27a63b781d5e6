"""Augmentation, sampling and label noise inside the loop: equal to a loop by hand, equal across a
resume, absent from validation and test, and refused beforehand where they do not fit.
"""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.__main__ import main
from core.advice.plan import plan
from core.base.encoding import decode, encode, from_link, to_link
from core.base.errors import BadExperiment
from core.base.events import Ended, Epoch, Event, Step
from core.data.augmentations import Augmentation, Crop, CutMix, Flip, MixUp, Noise
from core.data.datasets import Moons, Sine
from core.data.label_noise import LabelNoise
from core.data.normalization import Unit
from core.data.samples import Samples
from core.data.sampling import Balanced, Sampling
from core.data.split import Split
from core.experiment import Experiment, Seeds
from core.losses import MSE
from core.network.activations import ReLU
from core.network.initializers import PyTorchDefault
from core.network.layers import BatchNorm, Conv2d, Dropout, Flatten, Linear, Output
from core.optim.optimizers import SGD
from core.optim.schedules import Constant
from core.runs.store import Store
from tests.core.bars import train_unmeasured

NETWORK = (Conv2d(maps=4), BatchNorm(), ReLU(), Flatten(), Dropout(p=0.2), Output())
ALL = tuple(cls() for cls in Augmentation.members.values())
FLAT = (Flatten(), Linear(units=9), ReLU(), Output())


@pytest.fixture(scope="module")
def data() -> Samples:
    """Three classes of colour pictures; 157 of them, so the last batch is odd."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 157)
    images = random.integers(0, 120, (157, 3, 8, 8))
    for row, label in enumerate(labels):
        images[row, :, 2 * label : 2 * label + 3] += 100
    return Samples("bars", images.astype(np.uint8), labels.astype(np.int64), ("a", "b", "c"))


def experiment(**changes: object) -> Experiment:
    return Experiment(**{"network": NETWORK, "epochs": 3, "batch_size": 16, **changes})


def losses(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, Step) for loss in event.losses]


# Each sampling without and with all augmentations, each augmentation with one of them: their draws
# come from two generators. Steps 3, 7 and 12 are in the first epoch, at its end and in the second.
CASES = [(chosen, sampling) for sampling in Sampling.members for chosen in ((), ALL)]
CASES += [((a,), list(Sampling.members)[i % len(Sampling.members)]) for i, a in enumerate(ALL)]


@pytest.mark.parametrize(
    ("augmentations", "sampling", "at"),
    [(*case, (3, 7, 12)[i % 3]) for i, case in enumerate(CASES)],
    ids=lambda v: "+".join(a.kind for a in v) or "none" if isinstance(v, tuple) else v,
)
def test_stop_and_resume_equal_the_straight_run_bit_for_bit(data, augmentations, sampling, at):
    e = experiment(
        augmentations=augmentations, sampling=Sampling.pick(sampling), label_noise={"share": 0.2}
    )
    straight = train_unmeasured(e, data)
    whole = list(straight)
    first, events = train_unmeasured(e, data), []
    first.single_steps = True
    for event in first:
        events.append(event)
        if first.step >= at and first.settled:
            break
    second = train_unmeasured(e, data, state=copy.deepcopy(first.state()))
    events += list(second)
    assert losses(events) == losses(whole)
    epochs = [[e for e in part if isinstance(e, Epoch)] for part in (events, whole)]
    assert epochs[0] == epochs[1] and events[-1] == whole[-1]
    for name, tensor in straight.state()["model"].items():
        assert torch.equal(tensor, second.state()["model"][name]), name


def test_losses_equal_a_loop_that_augments_each_image_separately(data):
    """The same draws in the same order; the arithmetic one picture after another."""
    e = experiment(
        network=FLAT, split=Split(validation=0, test=0), normalization=Unit(),
        initializer=PyTorchDefault(), optimizer=SGD(learning_rate=0.1, momentum=0.0),
        schedule=Constant(), augmentations=(Crop(padding=2), Flip(), MixUp(alpha=0.4)),
        seeds=Seeds(initialization=3, order=4, augmentation=5),
    )  # fmt: skip
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 9), nn.ReLU(), nn.Linear(9, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    order, chance = (torch.Generator().manual_seed(seed) for seed in (4, 5))
    mixup, x, y = MixUp(alpha=0.4).call().make(), data.inputs, torch.tensor(data.targets)
    padded = np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)])
    expected, right = [], []
    for _ in range(3):
        for rows in torch.randperm(157, generator=order).split(16):
            count = len(rows)
            top, left = (torch.randint(5, (count,), generator=chance) for _ in range(2))
            mirrored = torch.rand(count, generator=chance) < 0.5
            partner, share = mixup.draw((count, 3, 8, 8), chance)
            moved = []
            for row, dy, dx, mirror in zip(rows, top, left, mirrored, strict=True):
                picture = padded[row, :, dy : dy + 8, dx : dx + 8]
                moved.append(torch.tensor(np.flip(picture, 2).copy() if mirror else picture))
            batch, loss = torch.stack(moved).float() / 255, torch.zeros(())
            one_hot = nn.functional.one_hot(y[rows], 3).float()
            mixed = [share[n] * batch[n] + (1 - share[n]) * batch[partner[n]] for n in range(count)]
            outputs = model(torch.stack(mixed))
            for n in range(count):
                soft = share[n] * one_hot[n] + (1 - share[n]) * one_hot[partner[n]]
                loss = loss - (soft * outputs[n].log_softmax(0)).sum() / count
                right.append(bool(outputs[n].argmax() == soft.argmax()))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
    events = list(train_unmeasured(e, data))
    assert losses(events) == pytest.approx(expected, rel=1e-4)
    epochs = [event for event in events if isinstance(event, Epoch)]
    for epoch, counted in zip(epochs, np.split(np.array(right), 3), strict=True):
        assert epoch.train["accuracy"] == pytest.approx(counted.mean(), abs=1.01 / 157)


def test_validation_and_test_are_never_changed(data):
    """With a rate of nearly 0 the weights stay, and so must these losses."""
    still = {"optimizer": SGD(learning_rate=1e-9), "network": FLAT, "epochs": 1}
    plain, changed = (
        list(train_unmeasured(experiment(**still, augmentations=chosen), data))
        for chosen in ((), ALL)
    )
    ends = plain[-1], changed[-1]
    assert isinstance(ends[0], Ended)
    for part in ("train", "validation", "test"):  # the end measures all parts as they are
        one, two = (getattr(end, part) for end in ends)
        assert one["loss"] == pytest.approx(two["loss"], rel=1e-5), part
        assert one["accuracy"] == pytest.approx(two["accuracy"])
    assert losses(plain) != pytest.approx(losses(changed), rel=1e-2)


def test_augmentation_depends_only_on_its_seed(data):
    before = torch.get_rng_state()
    runs = [
        losses(
            list(train_unmeasured(experiment(augmentations=ALL, seeds={"augmentation": n}), data))
        )
        for n in (0, 0, 1)
    ]
    assert runs[0] == runs[1] != runs[2]
    assert torch.equal(before, torch.get_rng_state())
    plain = [
        losses(list(train_unmeasured(experiment(seeds={"augmentation": n}), data))) for n in (0, 1)
    ]
    assert plain[0] == plain[1]


def test_a_state_without_augmentation_still_resumes(data):
    training = train_unmeasured(experiment(), data)
    for _ in zip(range(3), training, strict=False):
        pass
    state = training.state()
    del state["generators"]["augmentation"]
    assert isinstance(list(train_unmeasured(experiment(), data, state=state))[-1], Ended)


def test_label_noise_changes_only_the_training_part_and_exactly_its_fraction(data):
    split = Split(fraction=0.8)
    parts = split.parts(data.targets)
    setup = train_unmeasured(
        experiment(split=split, label_noise=LabelNoise(share=0.25)), data
    ).setup
    wrong = setup.train.targets.numpy() != data.targets[parts.train]
    assert len(wrong) == round(0.8 * 109) and wrong.sum() == int(0.25 * len(wrong) + 0.5)
    for part, rows in ((setup.validation, parts.validation), (setup.test, parts.test)):
        assert np.array_equal(part.targets.numpy(), data.targets[rows])
    assert set(data.targets) == {0, 1, 2}  # the set itself is as it was


def test_a_class_balanced_epoch_balances_the_labels_of_the_batches():
    labels = np.array([0] * 180 + [1] * 20)
    images = np.zeros((200, 1, 8, 8), np.uint8)
    rare = Samples("rare", images, labels, ("a", "b"))
    e = experiment(sampling=Balanced(), split=Split(validation=0, test=0), batch_size=200)
    training = train_unmeasured(e, rare)
    (rows,) = training._rest_of_epoch()
    assert 60 < int(rare.targets[rows].sum()) < 140  # 4.5 deviations about 100


def test_values_can_be_mixed_and_scored():
    line = Sine().call().make(Path("nowhere"))
    e = Experiment(
        network=(Linear(units=8), ReLU(), Output()), loss=MSE(), epochs=2,
        augmentations=(Noise(), MixUp()),
    )  # fmt: skip
    events = list(train_unmeasured(e, line))
    assert np.isfinite(losses(events)).all() and events[-1].test["r2"] <= 1


@pytest.mark.parametrize(
    ("data", "changes", "code"),
    [
        (Moons(), {"augmentations": (Crop(),)}, "augmentation_needs_images"),
        (Moons(), {"augmentations": (Noise(), CutMix())}, "augmentation_needs_images"),
        (Sine(), {"label_noise": {"share": 0.1}}, "noise_needs_classes"),
        (Sine(), {"sampling": "balanced"}, "sampling_needs_classes"),
    ],
)
def test_what_does_not_fit_is_reported_by_plan_and_training(data, changes, code):
    loss = {} if data.classes else {"loss": MSE()}
    e = Experiment(data=data, network=(Output(),), **loss, **changes)
    planned = plan(e, Path("nowhere"))
    assert planned.problem and planned.layer is None
    with pytest.raises(BadExperiment) as error:
        train_unmeasured(e, data.call().make(Path("nowhere")))
    assert planned.code == error.value.code == code


def test_augmentations_survive_json_and_links():
    e = experiment(
        augmentations=ALL,
        sampling=Balanced(),
        split=Split(fraction=0.5),
        label_noise={"share": 0.1},
    )
    assert decode(Experiment, encode(e)) == e == from_link(Experiment, to_link(e))
    with pytest.raises(ValueError, match="augmentations has flip twice"):
        Experiment(augmentations=("flip", {"kind": "flip", "p": 0.1}))


def test_the_command_line_sets_augmentations(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    chosen = '["flip", {"kind": "crop", "padding": 2}]'
    given = ["--epochs", "1", "--device", "cpu", "--json", "--set"]
    more = ["--set", "sampling=bootstrap", "--set", "label_noise.share=0.1"]
    assert main(["train", "digits", *given, f"augmentations={chosen}", *more]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    kept = decode(Experiment, Store(tmp_path).experiment(run))
    assert kept.augmentations == (Crop(padding=2), Flip())
    assert (kept.sampling.kind, kept.label_noise.share) == ("bootstrap", 0.1)
    too_wide = 'augmentations=[{"kind": "crop", "padding": 9}]'
    assert main(["train", "digits", *given, too_wide]) == 2
    assert "at most 7" in capsys.readouterr().err
