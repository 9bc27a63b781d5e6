"""Preview: some training samples before and after augmentation, with a description of each change.

Returns NumPy arrays and text, no tensors. Trains nothing.
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

BATCH = 64  # samples from which the partners of mixtures are drawn


class Preview(NamedTuple):
    """`before` and `after` (n, C, H, W) uint8, or (n, F) float32 for rows of numbers, on the scale
    of the data; `descriptions` has a line for each sample, empty if it is unchanged.
    """

    before: np.ndarray
    after: np.ndarray
    descriptions: tuple[str, ...]


def preview(
    experiment: Experiment,
    samples: Samples,
    count: int,
    seed: int,
    *,
    affine: Affine | None = None,
) -> Preview:
    """Augment at most `count` samples of the training set. `seed` determines which samples and how
    they change; `affine` is the fitted normalization, if it is known already. Raises BadExperiment
    as the training would, and BadData.
    """
    if misfit := experiment.misfit(samples.shape, samples.classes):
        raise BadExperiment(misfit.text, code=misfit.code)
    samples, parts = experiment.split.apply(samples)
    train = parts.train
    affine = affine or experiment.normalization.fit(samples.inputs, train)
    draw = np.random.Generator(np.random.PCG64(seed))
    rows = draw.permutation(train)[: max(count, BATCH)]
    part = Part(samples.inputs[rows], samples.targets[rows], affine, device="cpu")
    made = [augmentation.call().make() for augmentation in experiment.augmentations]
    augmenter = Augmenter(made, part, torch.Generator().manual_seed(seed))
    drawn = augmenter.draw(len(rows))
    x, _, mix = augmenter.apply(torch.arange(len(rows)), drawn)
    after = (x - part.add) / part.multiply
    descriptions = tuple(
        _describe(augmenter, drawn, mix, index, samples.classes)
        for index in range(min(count, len(rows)))
    )
    return Preview(
        before=_to_display(part.inputs[:count], samples.shape),
        after=_to_display(after[:count], samples.shape),
        descriptions=descriptions,
    )


def _to_display(raw: torch.Tensor, shape: tuple[int, ...]) -> np.ndarray:
    """Return raw values as an array for display: pixels as uint8."""
    if len(shape) < 3:
        return raw.float().numpy()
    return raw.float().round().clamp(0, 255).to(torch.uint8).contiguous().numpy()


def _describe(
    augmenter: Augmenter,
    drawn: list[tuple[torch.Tensor, ...]],
    mix: Mix | None,
    index: int,
    classes: tuple[str, ...],
) -> str:
    """Return what was done to the sample at `index`, in order."""
    steps = zip(augmenter.operations, drawn, strict=False)
    parts = [operation.describe(*(numbers[index] for numbers in row)) for operation, row in steps]
    if mix:
        targets = (float(mix.first[index]), float(mix.second[index]))
        names = [classes[int(t)] if classes else short(t) for t in targets]
        first = round(100 * float(mix.fraction[index]))
        shares = zip((first, 100 - first), names, strict=True)
        parts.append(", ".join(f"{percent} % {name}" for percent, name in shares if percent))
    return " · ".join(filter(None, parts))
