"""Each augmentation against one sample after another: by slicing, by torchvision, by loops in
NumPy, with the same random numbers; and the random numbers against their distributions.
"""

from math import sqrt

import numpy as np
import pytest
import torch
from scipy import stats

from core.data import augment
from core.data.augmentations import Augmentation, Crop, CutMix, Cutout, Flip, MixUp, Noise, Rotation

SHAPES = [(1, 8, 8), (3, 9, 12), (3, 32, 32)]
FILLS = ["black", "edge", "reflect"]
MANY = 20_000
NUMPY_PAD = {"black": "constant", "edge": "edge", "reflect": "reflect"}


def images(shape: tuple[int, ...], count: int = 40) -> torch.Tensor:
    generator = np.random.default_rng(0)
    return torch.from_numpy(generator.integers(0, 256, (count, *shape)).astype(np.uint8))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def within(share: float, expected: float, draws: int) -> bool:
    """Within 4.5 standard errors of a share: of 150,000 true ones, one fails."""
    return abs(share - expected) <= 4.5 * sqrt(expected * (1 - expected) / draws)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("padding", [1, 4])
def test_crop_is_bit_equal_to_slicing_each_image(shape, padding, fill):
    x, rows = images(shape), torch.tensor([5, 0, 39, 5, 17])
    crop = Crop(padding=padding, fill=fill).call().make()
    top, left = crop.draw((5, *shape), seeded())
    cut = crop.apply(crop.windows(x), rows, top, left)
    margin = [(0, 0), (padding, padding), (padding, padding)]
    for at, row in enumerate(rows):
        padded = np.pad(x[row].numpy(), margin, mode=NUMPY_PAD[fill])
        dy, dx = int(top[at]), int(left[at])
        expected = padded[:, dy : dy + shape[1], dx : dx + shape[2]]
        assert np.array_equal(cut[at].numpy(), expected)
    assert cut.dtype == torch.uint8


@pytest.mark.parametrize("shape", SHAPES)
def test_flip_mirrors_only_the_drawn_samples(shape):
    x = images(shape)
    (mirrored,) = (flip := Flip().call().make()).draw(x.shape, seeded())
    result = flip.apply(x, mirrored)
    assert 0 < int(mirrored.sum()) < len(x) and result.dtype == torch.uint8
    for picture, changed, yes in zip(x.numpy(), result.numpy(), mirrored, strict=True):
        assert np.array_equal(changed, picture[:, :, ::-1] if yes else picture)


@pytest.mark.parametrize("shape", SHAPES)
def test_rotation_equals_torchvision_image_by_image(shape):
    from core.base import torchvision_compat

    x = images(shape, 12)
    rotation = Rotation(degrees=90).call().make()
    (degrees,) = rotation.draw(x.shape, seeded())
    turned = rotation.apply(x, degrees)
    bilinear = torchvision_compat.transforms.InterpolationMode.BILINEAR
    for picture, result, angle in zip(x.float(), turned, degrees, strict=True):
        expected = torchvision_compat.transforms.functional.rotate(picture, float(angle), bilinear)
        assert torch.allclose(result, expected, atol=0.02)  # of 255


@pytest.mark.parametrize("fill", FILLS)
def test_a_quarter_turn_of_a_square_is_exact_and_counter_clockwise(fill):
    x = images((3, 9, 9), 2)
    turned = Rotation(fill=fill).call().make().apply(x, torch.tensor([90.0, -90.0]))
    expected = np.stack([np.rot90(x[0], 1, (1, 2)), np.rot90(x[1], -1, (1, 2))])
    np.testing.assert_allclose(turned, expected, atol=0.01)


def test_pixels_outside_a_rotated_image_follow_the_fill_mode():
    white = torch.full((1, 1, 9, 9), 200, dtype=torch.uint8)
    corner = {
        fill: Rotation(fill=fill)
        .call()
        .make()
        .apply(white, torch.tensor([45.0]))[0, 0, 0, 0]
        .item()
        for fill in FILLS
    }
    assert corner == {"black": 0, "edge": pytest.approx(200), "reflect": pytest.approx(200)}


@pytest.mark.parametrize("shape", [*SHAPES, (5,)])
def test_noise_is_added_in_units_of_the_scaled_input(shape):
    x = torch.zeros(400, *shape)
    (noise,) = (operation := Noise(deviation=0.3).call().make()).draw(x.shape, seeded())
    result = operation.apply(x, noise)
    np.testing.assert_allclose(result, 0.3 * noise.numpy(), rtol=1e-6)
    assert stats.kstest(result.flatten().numpy()[:5000] / 0.3, "norm").pvalue > 1e-4
    assert not torch.equal(result[0], result[1])


@pytest.mark.parametrize("side", [1, 4, 5, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_cutout_blanks_the_square_pixel_by_pixel(shape, side):
    x = 1 + torch.rand(30, *shape, generator=seeded(1))
    operation = Cutout(side=side).call().make()
    row, column = operation.draw(x.shape, seeded())
    result = operation.apply(x, row, column)
    for n in range(len(x)):
        top, left = int(row[n]) - side // 2, int(column[n]) - side // 2
        for i in range(shape[1]):
            for j in range(shape[2]):
                inside = top <= i < top + side and left <= j < left + side
                expected = torch.zeros(shape[0]) if inside else x[n, :, i, j]
                assert torch.equal(result[n, :, i, j], expected)


@pytest.mark.parametrize("shape", [*SHAPES, (5,)])
def test_mixup_is_the_paper_s_formula_sample_by_sample(shape):
    x = torch.randn(20, *shape, generator=seeded(1))
    operation = MixUp(alpha=1.0).call().make()
    partner, share = operation.draw(x.shape, seeded())
    mixed, left = operation.apply(x, partner, share)
    assert torch.equal(left, share) and sorted(partner.tolist()) == list(range(20))
    for n in range(20):
        lam, other = float(share[n]), x[partner[n]].numpy()
        np.testing.assert_allclose(mixed[n], lam * x[n].numpy() + (1 - lam) * other, atol=1e-6)


def box(share: float, row: int, column: int, height: int, width: int) -> tuple[int, int, int, int]:
    """The paper's `rand_bbox` with its random numbers given: x for rows, y for columns."""
    cut = np.sqrt(np.float32(1 - share))
    tall, wide = int(height * cut), int(width * cut)
    rows = np.clip([row - tall // 2, row + tall // 2], 0, height)
    columns = np.clip([column - wide // 2, column + wide // 2], 0, width)
    return (*rows, *columns)


@pytest.mark.parametrize("shape", SHAPES)
def test_cutmix_is_the_authors_code_sample_by_sample(shape):
    x = torch.randn(60, *shape, generator=seeded(1))
    operation = CutMix().call().make()
    partner, share, row, column = operation.draw(x.shape, seeded())
    mixed, left = operation.apply(x, partner, share, row, column)
    for n in range(60):
        a, b, c, d = box(np.float32(share[n]), int(row[n]), int(column[n]), *shape[1:])
        expected = x[n].clone()
        expected[:, a:b, c:d] = x[partner[n]][:, a:b, c:d]
        assert torch.equal(mixed[n], expected)
        assert float(left[n]) == pytest.approx(1 - (b - a) * (d - c) / (shape[1] * shape[2]))


# --- the random numbers


def test_crop_positions_are_uniform_and_independent():
    top, left = Crop(padding=2).call().make().draw((MANY, 1, 8, 8), seeded())
    table = np.histogram2d(top, left, bins=5, range=[[-0.5, 4.5]] * 2)[0]
    assert table.sum() == MANY
    assert all(within(count / MANY, 1 / 25, MANY) for count in table.flat)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 1.0])
def test_a_flip_has_its_probability(p):
    (mirrored,) = Flip(p=p).call().make().draw((MANY, 1, 8, 8), seeded())
    assert within(mirrored.float().mean().item(), p, MANY)


def test_angles_are_uniform_between_both_limits():
    (degrees,) = Rotation(degrees=30).call().make().draw((MANY, 1, 8, 8), seeded())
    assert stats.kstest(degrees.numpy(), stats.uniform(-30, 60).cdf).pvalue > 1e-4


def test_the_centre_of_a_cutout_is_uniform():
    row, column = Cutout().call().make().draw((MANY, 1, 4, 6), seeded())
    table = np.histogram2d(row, column, bins=[4, 6], range=[[-0.5, 3.5], [-0.5, 5.5]])[0]
    assert table.sum() == MANY
    assert all(within(count / MANY, 1 / 24, MANY) for count in table.flat)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 8.0])
@pytest.mark.parametrize("kind", [MixUp, CutMix])
def test_fractions_follow_the_beta_distribution(kind, alpha):
    share = kind(alpha=alpha).call().make().draw((MANY, 1, 8, 8), seeded())[1].double().numpy()
    assert ((share >= 0) & (share <= 1)).all()
    middle = share[(share > 1e-6) & (share < 1 - 1e-6)]  # float32 ends in 1 − 6e-8
    beta = stats.beta(alpha, alpha)
    low, high = beta.cdf([1e-6, 1 - 1e-6])
    assert within(len(middle) / MANY, high - low, MANY)
    assert stats.kstest(middle, lambda x: (beta.cdf(x) - low) / (high - low)).pvalue > 1e-4


@pytest.mark.parametrize("kind", Augmentation.members)
def test_samples_of_a_batch_get_separate_draws_and_a_seed_repeats_them(kind):
    operation = Augmentation.pick(kind).call().make()
    shape = (64, 1, 8, 8)
    first, again, other = (operation.draw(shape, seeded(seed)) for seed in (1, 1, 2))
    for numbers, same, different in zip(first, again, other, strict=True):
        assert len(numbers) == 64 and len(torch.unique(numbers, dim=0)) > 1
        assert torch.equal(numbers, same) and not torch.equal(numbers, different)


@pytest.mark.parametrize("kind", Augmentation.members)
def test_menu_facts_are_on_the_class_and_the_call_fits_the_operation(kind):
    cls = Augmentation.members[kind]
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique == "D9"
    operation = cls().call().make()
    assert isinstance(operation, augment.Operation)
    assert operation.stage in ("set", "raw", "scaled", "mix")
    assert (operation.stage == "mix") == cls.mixes == bool(cls.epochs)


@pytest.mark.parametrize("kind", Augmentation.members)
def test_an_augmentation_that_does_not_fit_the_shape_is_refused(kind):
    augmentation = Augmentation.pick(kind)
    assert augmentation.misfit((1, 28, 28)) is None
    misfit = augmentation.misfit((2,))
    assert (misfit is None) == (kind in ("noise", "mixup"))
    assert misfit is None or misfit.code == "augmentation_needs_images"


def test_a_padding_or_a_square_that_is_too_large_is_refused_with_the_limit():
    assert Crop(padding=7).misfit((1, 8, 9)) is None
    for too_large in (Crop(padding=8), Cutout(side=9)):
        misfit = too_large.misfit((1, 8, 9))
        assert misfit.code == f"{too_large.kind}_too_large" and misfit.evidence["side"] == 8
    assert Crop(padding=1).misfit((3, 1, 9)).code == "crop_too_large"
    assert Cutout(side=8).misfit((1, 8, 9)) is None
