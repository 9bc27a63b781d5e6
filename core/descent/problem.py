"""Problem: a small classification task made from any samples, with few enough inputs and rows for a
whole curve in seconds. NumPy only.

It must be small: with 28 × 28 pixels and 500 images, a single hidden unit already exceeds the
threshold, so the first descent would be invisible; pooled to 7 × 7, both sides of it are visible.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.base.errors import BadData
from core.base.numbers import percent
from core.base.text import clip, counted
from core.data.samples import Samples
from core.descent.reduce import reduce

MAX_POOL, MAX_TESTS, MIN_ROWS = 6000, 2000, 40  # rows to draw from, to test on, to train on
_ROWS, _NOISE = 1, 2  # separate random streams of one seed


@dataclass(frozen=True)
class TrainingDraw:
    """The training rows of one seed: inputs (n, d) and labels (n,), `wrong` of them incorrect."""

    inputs: np.ndarray
    labels: np.ndarray
    wrong: int


@dataclass(frozen=True)
class Problem:
    """Rows to draw from, rows to test on, and how many rows with how much label noise a seed gets.

    `inputs` (M, d) and `test_inputs` (T, d) are float32, centred and scaled by the M rows; `labels`
    (M,) and `test_labels` (T,) are int64 and correct. `shape` is (H, W) of a pooled image, or (d,);
    `form` is the same in words. `noun` is what a sample is called. With `shared`, all seeds train
    on the same rows and labels, so that the variance over seeds is that of the weights alone.
    """

    name: str
    form: str
    noun: str
    shape: tuple[int, ...]
    inputs: np.ndarray
    labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray
    classes: int
    samples: int
    noise: float
    shared: bool = False

    @property
    def max_rows(self) -> int:
        """The most rows that a seed can have while seeds still differ."""
        return len(self.inputs) * 4 // 5

    def describe(self) -> str:
        """MNIST, 14 × 14, 500 images, 10 % label noise."""
        noise = f"{percent(self.noise)} label noise" if self.noise else "no label noise"
        return f"{clip(self.name)}, {self.form}, {counted(self.samples, self.noun)}, {noise}"

    def sized(self, samples: int) -> Self:
        """Return the problem with another number of training rows; the first rows of a seed stay
        the same.
        """
        return replace(self, samples=min(samples, self.max_rows))

    def draw(self, seed: int) -> TrainingDraw:
        """Draw the rows of this seed, exactly round(p·n) of them with a wrong label.

        Nakkiran et al. 2019: each wrong label is uniform among the other classes, drawn once. The
        rows and labels of a smaller n are the first ones of a larger n.
        """
        seed = 0 if self.shared else seed
        rows = _generator(seed, _ROWS).permutation(len(self.inputs))[: self.samples]
        labels = self.labels[rows]
        counts = np.floor(self.noise * np.arange(self.samples + 1) + 0.5 + 1e-9)
        wrong = np.diff(counts) > 0  # every 1/p-th row; the rows are in random order
        shift = _generator(seed, _NOISE).integers(1, self.classes, size=len(self.inputs))
        noisy = np.where(wrong, (labels + shift[: self.samples]) % self.classes, labels)
        return TrainingDraw(inputs=self.inputs[rows], labels=noisy, wrong=int(wrong.sum()))


def make_problem(
    samples: Samples, *, side: float, wanted: int = 500, noise: float = 0.0
) -> Problem:
    """Make the problem that these samples allow, with images pooled to about `side` pixels per
    side.

    `wanted` rows are used for training, or fewer where the dataset is small: seeds must differ, and
    a third is reserved for testing where the dataset has no test samples. Raises BadData for
    regression targets or a single class (no_classes) and for too few rows (too_few_rows).
    """
    noun = "image" if len(samples.shape) == 3 else "row"
    name = clip(samples.name)
    if len(samples.classes) < 2:
        raise BadData(
            f"{name} has {counted(len(samples.classes), 'class')}, but an error rate and label "
            "noise need at least 2. Choose a dataset with classes.",
            code="no_classes",
        )
    train, test = _split(samples)
    if samples.corrections:
        train = np.setdiff1d(train, samples.corrections.dropped)
    available = len(train) * 4 // 5
    if available < MIN_ROWS:
        raise BadData(
            f"{name} has {counted(len(samples), noun)}, which leaves {available} for training; a "
            f"curve needs at least {MIN_ROWS}. Choose a larger dataset.",
            code="too_few_rows",
        )
    samples = samples.filled(train)
    held = samples.test_inputs if samples.has_test else samples.inputs
    held_labels = samples.test_targets if samples.has_test else samples.targets
    reduced = reduce(samples.inputs[train], held[test], side)
    return Problem(
        name=samples.name,
        form=reduced.description,
        noun=noun,
        shape=reduced.shape,
        inputs=reduced.inputs,
        labels=np.asarray(samples.targets[train], np.int64),
        test_inputs=reduced.test_inputs,
        test_labels=np.asarray(held_labels[test], np.int64),
        classes=len(samples.classes),
        samples=min(wanted, available),
        noise=noise,
    )


def _split(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to draw from and the rows to test on, the same for every seed; sorted,
    because memory-mapped files are read faster in order.
    """
    order = _generator(0, 0).permutation(len(samples))
    if samples.has_test:
        test = _generator(0, 1).permutation(len(samples.test_inputs))[:MAX_TESTS]
        return np.sort(order[:MAX_POOL]), np.sort(test)
    cut = min(MAX_TESTS, len(samples) // 3)
    return np.sort(order[cut : cut + MAX_POOL]), np.sort(order[:cut])


def _generator(seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, purpose]))
