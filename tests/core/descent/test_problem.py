"""Problems: pooling, exact label noise, seeds that differ, and unsuitable data."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.ready.builtin import digits
from core.data.samples import Samples
from core.descent.problem import MAX_TESTS, make_problem
from core.descent.reduce import COMPONENTS, pool
from core.studies.curve_methods import FEATURE_SIDE, NETWORK_SIDE


def rows(count: int, columns: int, classes: int = 3, test: int = 0) -> Samples:
    draw = np.random.default_rng(0)
    inputs = draw.normal(5, np.arange(1, columns + 1), (count + test, columns)).astype(np.float32)
    targets = draw.integers(0, classes, count + test)
    held = (inputs[count:], targets[count:]) if test else (None, None)
    names = tuple(f"c{k}" for k in range(classes))
    return Samples("Sheet", inputs[:count], targets[:count], names, *held)


def images(count: int, shape: tuple[int, int, int]) -> Samples:
    draw = np.random.default_rng(0)
    inputs = draw.integers(0, 256, (count, *shape)).astype(np.uint8)
    return Samples("Photos", inputs, draw.integers(0, 2, count), ("cat", "dog"))


@pytest.mark.parametrize(
    ("shape", "side", "pooled"),
    [
        ((1, 28, 28), FEATURE_SIDE, (14, 14)),
        ((1, 28, 28), NETWORK_SIDE, (7, 7)),
        ((3, 32, 32), FEATURE_SIDE, (16, 16)),
        ((3, 32, 32), NETWORK_SIDE, (8, 8)),
        ((1, 8, 8), NETWORK_SIDE, (8, 8)),
        ((1, 8, 8), FEATURE_SIDE, (8, 8)),
        ((3, 30, 45), NETWORK_SIDE, (7, 7)),
        ((1, 1, 100), NETWORK_SIDE, (1, 7)),
    ],
)
def test_pooled_pixels_are_means_of_blocks(shape, side, pooled):
    inputs = images(5, shape).inputs
    result = pool(inputs, side)
    assert result.shape == (5, *pooled)
    a, b = (max(1, round(length / side)) for length in shape[1:])
    top, left = shape[1] % a // 2, shape[2] % b // 2
    block = inputs[3, :, top : top + a, left + b * (pooled[1] - 1) : left + b * pooled[1]]
    assert result[3, 0, -1] == pytest.approx(block.mean())


def test_inputs_are_centred_and_scaled_by_the_training_rows_alone():
    samples = images(300, (1, 8, 8))
    made = make_problem(samples, side=NETWORK_SIDE)
    assert np.abs(made.inputs.mean(0)).max() < 1e-5
    assert made.inputs.std() == pytest.approx(1, abs=1e-5)
    assert np.abs(made.test_inputs.mean(0)).max() > 1e-3
    columns = make_problem(rows(300, 5), side=NETWORK_SIDE)
    np.testing.assert_allclose(columns.inputs.std(0), 1, rtol=1e-5)


def test_the_description_names_data_size_and_noise():
    made = make_problem(digits(None), side=FEATURE_SIDE, wanted=500, noise=0.1)
    assert made.describe().replace("\u202f", " ") == "Digits, 8 × 8, 500 images, 10 % label noise"
    assert (
        make_problem(rows(90, 1), side=NETWORK_SIDE).describe()
        == "Sheet, 1 column, 48 rows, no label noise"
    )
    grey = make_problem(images(90, (3, 32, 32)), side=NETWORK_SIDE)
    assert grey.describe() == "Photos, 8 × 8 grey, 48 images, no label noise"


def test_wide_rows_become_their_principal_components():
    made = make_problem(rows(400, 150), side=NETWORK_SIDE)
    assert made.inputs.shape[1] == COMPONENTS
    assert made.form == "64 principal components"
    gram = made.inputs.T @ made.inputs
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-3 * gram.max()


@pytest.mark.parametrize("noise", [0.0, 0.07, 0.2, 0.5, 1.0])
def test_label_noise_is_exact_and_wrong_labels_are_uniform(noise):
    made = make_problem(rows(3000, 2, classes=5), side=NETWORK_SIDE, wanted=1500, noise=noise)
    drawn, clean = (
        made.draw(3),
        make_problem(rows(3000, 2, classes=5), side=NETWORK_SIDE, wanted=1500).draw(3),
    )
    assert (drawn.inputs == clean.inputs).all()
    false = drawn.labels != clean.labels
    assert drawn.wrong == false.sum() == round(noise * 1500)
    shifts = np.bincount((drawn.labels - clean.labels)[false] % 5, minlength=5)
    assert shifts[0] == 0
    expected = false.sum() / 4
    assert (np.abs(shifts[1:] - expected) <= 4 * expected**0.5).all()


def test_a_larger_draw_begins_with_the_smaller_one():
    made = make_problem(digits(None), side=NETWORK_SIDE, noise=0.3)
    small, large = made.sized(100).draw(1), made.sized(400).draw(1)
    assert (large.inputs[:100] == small.inputs).all()
    assert (large.labels[:100] == small.labels).all()
    assert (small.wrong, large.wrong) == (30, 120)


def test_seeds_differ_and_repeat():
    made = make_problem(digits(None), side=NETWORK_SIDE, noise=0.2)
    assert (made.draw(0).inputs == made.draw(0).inputs).all()
    assert (made.draw(0).inputs != made.draw(1).inputs).any()
    shared = replace(made, shared=True)
    assert (shared.draw(7).inputs == made.draw(0).inputs).all()
    assert (shared.draw(7).labels == made.draw(0).labels).all()


def test_test_rows_are_separate_and_correctly_labelled():
    samples = rows(900, 3)
    made = make_problem(samples, side=NETWORK_SIDE, noise=1.0)
    assert (len(made.inputs), len(made.test_inputs), made.max_rows) == (600, 300, 480)
    assert np.unique(np.concatenate([made.inputs, made.test_inputs]), axis=0).shape[0] == 900
    total = np.bincount(made.labels) + np.bincount(made.test_labels)
    assert (total == np.bincount(samples.targets)).all()


def test_a_dataset_with_test_samples_is_tested_on_those():
    made = make_problem(rows(700, 3, test=MAX_TESTS + 50), side=NETWORK_SIDE)
    assert (len(made.inputs), len(made.test_inputs)) == (700, MAX_TESTS)
    assert made.sized(10**6).samples == 560


@pytest.mark.parametrize(
    ("samples", "code", "numbers"),
    [
        (rows(60, 3), "too_few_rows", ("Sheet has 60 rows", "leaves 32", "at least 40")),
        (rows(900, 3, classes=1), "no_classes", ("Sheet has 1 class,", "at least 2")),
        (
            Samples("Prices", np.ones((9, 2)), np.ones(9), ()),
            "no_classes",
            ("Prices has 0 classes", "at least 2"),
        ),
    ],
)
def test_unsuitable_data_is_refused_with_its_code_and_numbers(samples, code, numbers):
    with pytest.raises(BadData) as caught:
        make_problem(samples, side=NETWORK_SIDE)
    assert caught.value.code == code
    assert all(number in str(caught.value) for number in numbers), caught.value
