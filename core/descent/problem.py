"""Problem: a small classification task made of any samples, few enough inputs and rows for a whole
curve in seconds. Numpy only.

Why small: with 28×28 pixels and 500 pictures a network of one hidden unit already passes the
threshold, so the descent before it cannot be seen; pooled to 7×7 both sides of it show.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.base.errors import BadData
from core.base.numbers import percent
from core.base.text import clip, counted
from core.data.samples import Samples
from core.descent.reduce import reduce

POOL, TESTS, FEWEST = 6000, 2000, 40  # rows to draw from, rows to test on, rows to train on
FEATURES, NETS = 15.0, 7.5  # pixels a side, about: 14×14 and 7×7 of MNIST, 16×16 and 8×8 of CIFAR
_ROWS, _NOISE = 1, 2  # the purposes that one seed is used for


@dataclass(frozen=True)
class Draw:
    """What one seed trains on: inputs (n, d) and labels (n,), `wrong` of them false."""

    inputs: np.ndarray
    labels: np.ndarray
    wrong: int


@dataclass(frozen=True)
class Problem:
    """Rows to draw from, rows to test on, and how many rows with how much noise a seed gets.

    `inputs` (M, d) and `test_inputs` (T, d) are float32, centred and scaled by what the M rows
    say; `labels` (M,) and `test_labels` (T,) int64, clean. `shape` is (H, W) of a pooled picture,
    or (d,); `form` says it in words. A sample is called `noun`. With `shared` all seeds train on
    the same rows and labels, so that their variance is that of the weights alone.
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
    def most(self) -> int:
        """The most rows that a seed can be given while seeds still differ."""
        return len(self.inputs) * 4 // 5

    def sentence(self) -> str:
        """MNIST, 14×14, 500 pictures, 10 % noise."""
        noise = f"{percent(self.noise)} noise" if self.noise else "no noise"
        return f"{clip(self.name)}, {self.form}, {counted(self.samples, self.noun)}, {noise}"

    def sized(self, samples: int) -> Self:
        """The same with another number of training rows; a seed's first rows stay the same."""
        return replace(self, samples=min(samples, self.most))

    def draw(self, seed: int) -> Draw:
        """The rows of this seed, in its own order, exactly round(p·n) of them with a wrong label.

        Nakkiran et al. 2019: each wrong label is uniform among the other classes, drawn once. Rows
        and labels of a smaller n are the first ones of a larger n.
        """
        seed = 0 if self.shared else seed
        rows = _generator(seed, _ROWS).permutation(len(self.inputs))[: self.samples]
        labels = self.labels[rows]
        counts = np.floor(self.noise * np.arange(self.samples + 1) + 0.5 + 1e-9)
        false = np.diff(counts) > 0  # every 1/p-th of rows that stand in random order
        shift = _generator(seed, _NOISE).integers(1, self.classes, size=len(self.inputs))
        noisy = np.where(false, (labels + shift[: self.samples]) % self.classes, labels)
        return Draw(self.inputs[rows], noisy, int(false.sum()))


def problem(samples: Samples, *, side: float, wanted: int = 500, noise: float = 0.0) -> Problem:
    """The problem that these samples allow, pictures pooled to about `side` pixels a side.

    `wanted` rows are trained on, or fewer where the set is small: seeds must differ and a third is
    kept for testing where the set brings no test samples. Raises BadData for values to predict, for
    a single class and for too few rows.
    """
    noun = "picture" if len(samples.shape) == 3 else "row"
    name = clip(samples.name)
    if len(samples.classes) < 2:
        raise BadData(
            f"{name} has {counted(len(samples.classes), 'class')}, but a share of wrong answers "
            "and label noise want at least 2: choose data with classes."
        )
    train, test = _divide(samples)
    if len(train) * 4 // 5 < FEWEST:
        raise BadData(
            f"{name} has {counted(len(samples), noun)}, which leaves {len(train) * 4 // 5} to "
            f"train on, and a curve wants at least {FEWEST}: give more."
        )
    held = samples.test_inputs if samples.has_test else samples.inputs
    held_labels = samples.test_targets if samples.has_test else samples.targets
    reduced = reduce(samples.inputs[train], held[test], side)
    return Problem(
        samples.name,
        reduced.form,
        noun,
        reduced.shape,
        reduced.inputs,
        np.asarray(samples.targets[train], np.int64),
        reduced.test_inputs,
        np.asarray(held_labels[test], np.int64),
        len(samples.classes),
        samples=min(wanted, len(train) * 4 // 5),
        noise=noise,
    )


def _divide(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Rows to draw from and rows to test on, the same for every seed; sorted, for mapped files."""
    order = _generator(0, 0).permutation(len(samples))
    if samples.has_test:
        test = _generator(0, 1).permutation(len(samples.test_inputs))[:TESTS]
        return np.sort(order[:POOL]), np.sort(test)
    cut = min(TESTS, len(samples) // 3)
    return np.sort(order[cut : cut + POOL]), np.sort(order[:cut])


def _generator(seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, purpose]))
