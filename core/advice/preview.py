"""Preview: some training samples before and after augmentation, and what was done to each in words.

Numpy and text come out; torch stays inside. Trains nothing.
"""

from typing import NamedTuple

import numpy as np
import torch

from core.base.errors import BadExperiment
from core.base.numbers import short
from core.data.augmenter import Augmenter, Mix
from core.data.batches import Part
from core.data.normalization import Affine
from core.data.samples import Samples
from core.experiment import Experiment

BATCH = 64  # samples that partners for mixtures come from


class Preview(NamedTuple):
    """`before` and `after` (n, C, H, W) uint8, or (n, F) float32 for rows of numbers, on the scale
    of the data; `words` has a line for each, empty where nothing was done.
    """

    before: np.ndarray
    after: np.ndarray
    words: tuple[str, ...]


def preview(
    experiment: Experiment,
    samples: Samples,
    count: int,
    seed: int,
    *,
    affine: Affine | None = None,
) -> Preview:
    """At most `count` samples of the training part; `seed` draws which, and what befalls them.

    `affine`: the fitted normalization, where it is known already. Raises BadExperiment, as the
    training would, and BadData.
    """
    if wrong := experiment.problem(samples.shape, samples.classes):
        raise BadExperiment(wrong)
    train = experiment.split.parts(samples.targets, has_test=samples.has_test).train
    affine = affine or experiment.normalization.fit(samples.inputs, train)
    draw = np.random.Generator(np.random.PCG64(seed))
    rows = draw.permutation(train)[: max(count, BATCH)]
    part = Part(samples.inputs[rows], samples.targets[rows], affine, device="cpu")
    made = [augmentation.call().make() for augmentation in experiment.augmentations]
    augmenter = Augmenter(made, part, torch.Generator().manual_seed(seed))
    drawn = augmenter.draw(len(rows))
    x, _, mix = augmenter.apply(torch.arange(len(rows)), drawn)
    after = (x - part.add) / part.multiply
    words = [_words(augmenter, drawn, mix, at, samples.classes) for at in range(len(rows))]
    both = [_shown(tensor[:count], samples.shape) for tensor in (part.inputs, after)]
    return Preview(*both, tuple(words[:count]))


def _shown(raw: torch.Tensor, shape: tuple[int, ...]) -> np.ndarray:
    """Raw values as they can be shown: pixels as uint8."""
    if len(shape) < 3:
        return raw.float().numpy()
    return raw.float().round().clamp(0, 255).to(torch.uint8).contiguous().numpy()


def _words(
    augmenter: Augmenter,
    drawn: list[tuple[torch.Tensor, ...]],
    mix: Mix | None,
    at: int,
    classes: tuple[str, ...],
) -> str:
    """What befell sample `at`, in the order in which it did."""
    each = zip(augmenter.operations, drawn, strict=False)
    said = [operation.told(*(numbers[at] for numbers in row)) for operation, row in each]
    if mix:
        both = (float(targets[at]) for targets in (mix.first, mix.second))
        names = [classes[int(t)] if classes else short(t) for t in both]
        share = round(100 * float(mix.share[at]))
        parts = zip((share, 100 - share), names, strict=True)
        said.append(", ".join(f"{percent} % {name}" for percent, name in parts if percent))
    return " · ".join(filter(None, said))
