"""The whole chain in its order, the targets of mixed samples and their loss, and that no chance
comes from anywhere but the one generator.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.base.encoding import build
from core.data.augmentations import Augmentation
from core.data.augmenter import Augmenter, Mix
from core.data.batches import Part
from core.data.normalization import Affine
from core.experiment import Experiment
from core.losses import MSE, CrossEntropy, Loss

ALL = tuple(Augmentation.members)
SCALE = Affine(1 / 50, -2.0, mean=100, std=50, after_mean=0, after_std=1, rms=1)


def part(shape: tuple[int, ...] = (3, 10, 12), *, classes: bool = True, affine=SCALE) -> Part:
    draw = np.random.default_rng(0)
    inputs = draw.integers(0, 256, (50, *shape)).astype(np.uint8)
    targets = draw.integers(0, 4, 50) if classes else draw.normal(size=50).astype(np.float32)
    return Part(inputs, targets, affine, device="cpu")


def augmenter(kinds: tuple[str, ...], of: Part, seed: int = 0) -> Augmenter:
    operations = [Augmentation.pick(kind).call().make() for kind in kinds]
    return Augmenter(operations, of, torch.Generator().manual_seed(seed))


def test_pictures_are_moved_mirrored_turned_then_scaled_then_noisy_then_blank_then_mixed() -> None:
    """Step by step by hand, with an affine map that differs from pixel to pixel, so that the order
    shows.
    """
    draw = np.random.default_rng(2)
    each = Affine(draw.uniform(1, 2, (3, 10, 12)), draw.normal(size=(3, 10, 12)), 0, 1, 0, 1, 1)
    of = part(affine=each)
    chain = augmenter(("crop", "flip", "rotation", "noise", "cutout", "mixup"), of)
    rows = torch.tensor([3, 3, 49, 0, 17])
    drawn = chain.draw(5)
    x, y, mix = chain.apply(rows, drawn)
    crop, flip, rotation, noise, cutout, mixup = chain.operations
    expected = crop.apply(crop.windows(of.inputs), rows, *drawn[0])
    expected = rotation.apply(flip.apply(expected, *drawn[1]), *drawn[2])
    expected = torch.tensor(each.multiply) * expected.double() + torch.tensor(each.add)
    expected = cutout.apply(noise.apply(expected, *drawn[3]), *drawn[4])
    expected, share = mixup.apply(expected, *drawn[5])
    assert x.dtype == torch.float32
    np.testing.assert_allclose(x, expected, atol=1e-3)
    assert torch.equal(mix.first, of.targets[rows]) and torch.equal(mix.fraction, share)
    assert torch.equal(mix.second, of.targets[rows][drawn[5][0]])
    assert y.tolist() == [
        int(a if s >= 0.5 else b) for a, b, s in zip(mix.first, mix.second, share, strict=True)
    ]


def test_without_augmentations_a_batch_is_the_part_s_own() -> None:
    of, rows = part(), torch.tensor([4, 1, 4])
    x, y, mix = augmenter((), of).batch(rows)
    assert torch.equal(x, of.batch(rows)[0]) and torch.equal(y, of.batch(rows)[1]) and mix is None


def test_an_experiment_keeps_them_in_the_order_in_which_they_act() -> None:
    shuffled = build(Experiment, {"augmentations": list(reversed(ALL))})
    assert tuple(a.kind for a in shuffled.augmentations) == ALL


def test_with_both_mixtures_each_sample_gets_one_by_a_fair_coin() -> None:
    of = part()
    chain = augmenter(("mixup", "cutmix"), of)
    rows = torch.randint(50, (4000,), generator=torch.Generator().manual_seed(3))
    drawn = chain.draw(4000)
    x, _, mix = chain.apply(rows, drawn)
    plain, way = of.batch(rows)[0], drawn[2][0]
    for kind in (0, 1):
        mixed, share = chain.operations[kind].apply(plain, *drawn[kind])
        mine = way == kind
        assert torch.equal(x[mine], mixed[mine]) and torch.equal(mix.fraction[mine], share[mine])
        assert torch.equal(mix.second[mine], of.targets[rows][drawn[kind][0]][mine])
    assert abs(way.float().mean().item() - 0.5) < 4.5 * 0.5 / 4000**0.5


def one_hot(y: torch.Tensor) -> torch.Tensor:
    return F.one_hot(y, 4).double()


def mixed_classes() -> tuple[Mix, torch.Tensor]:
    draw = torch.Generator().manual_seed(5)
    first, second = (torch.randint(4, (30,), generator=draw) for _ in range(2))
    share = torch.rand(30, generator=draw, dtype=torch.float64)
    outputs = torch.randn(30, 4, generator=draw, dtype=torch.float64, requires_grad=True)
    return Mix(first, second, share), outputs


def test_cross_entropy_of_a_mixture_is_that_of_soft_targets() -> None:
    mix, z = mixed_classes()
    share = mix.fraction[:, None]
    soft = share * one_hot(mix.first) + (1 - share) * one_hot(mix.second)
    expected = F.cross_entropy(z, soft)
    ours = mix.loss(CrossEntropy().each().make(), z)
    assert ours.item() == pytest.approx(expected.item(), rel=1e-12)


def test_squared_error_of_a_mixture_has_the_gradient_of_soft_targets() -> None:
    """And costs λ(1 − λ)‖a − b‖²/C more, which no network can change."""
    mix, z = mixed_classes()
    share, (a, b) = mix.fraction[:, None], (one_hot(mix.first), one_hot(mix.second))
    expected = ((z - share * a - (1 - share) * b) ** 2).mean()
    ours = mix.loss(MSE().each().make(), z)
    more = (share * (1 - share) * (a - b) ** 2).mean()
    assert ours.item() == pytest.approx((expected + more).item(), rel=1e-12)
    gradients = [torch.autograd.grad(loss, z)[0] for loss in (ours, expected)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("loss", [c() for c in Loss.members.values()], ids=lambda c: c.kind)
def test_the_mean_of_the_samples_losses_is_the_loss(loss: Loss) -> None:
    _, z = mixed_classes()
    y = torch.randint(4, (30,), generator=torch.Generator().manual_seed(1))
    each = loss.each().make()(z, y)
    assert each.shape == (30,)
    assert each.mean().item() == pytest.approx(loss.call().make()(z, y).item(), rel=1e-12)


@pytest.mark.parametrize("loss", [c() for c in Loss.members.values()], ids=lambda c: c.kind)
def test_a_mixture_of_a_sample_with_itself_costs_what_it_costs(loss: Loss) -> None:
    mix, z = mixed_classes()
    same = Mix(mix.first, mix.first, mix.fraction)
    expected = loss.call().make()(z, mix.first).item()
    assert same.loss(loss.each().make(), z).item() == pytest.approx(expected, rel=1e-12)


def test_values_are_mixed_themselves() -> None:
    of = part((7,), classes=False)
    chain = augmenter(("mixup",), of)
    rows, drawn = torch.arange(20), chain.draw(20)
    _, y, mix = chain.apply(rows, drawn)
    partner, share = drawn[0]
    for n in range(20):
        a, b = of.targets[n].item(), of.targets[partner[n]].item()
        assert y[n].item() == pytest.approx(share[n].item() * a + (1 - share[n].item()) * b)
    outputs = torch.randn(20, 1)
    expected = F.mse_loss(outputs[:, 0], y).item()
    assert mix.loss(MSE().each().make(), outputs).item() == pytest.approx(expected)


def test_the_same_picture_in_one_batch_comes_out_different_each_time() -> None:
    x, _, _ = augmenter(("crop", "flip"), part()).batch(torch.zeros(30, dtype=torch.int64))
    assert len(torch.unique(x, dim=0)) > 15  # of 162 places and sides


def test_only_the_generator_that_is_given_is_drawn_from() -> None:
    before = torch.get_rng_state()
    first, again, other = (augmenter(ALL, part(), seed) for seed in (1, 1, 2))
    rows = torch.arange(50)
    x = [chain.batch(rows)[0] for chain in (first, again, other)]
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(x[0], x[1]) and not torch.equal(x[0], x[2])


def test_nothing_that_is_stored_changes() -> None:
    of = part()
    inputs, targets = of.inputs.clone(), of.targets.clone()
    augmenter(ALL, of).batch(torch.arange(50))
    assert torch.equal(of.inputs, inputs) and torch.equal(of.targets, targets)
