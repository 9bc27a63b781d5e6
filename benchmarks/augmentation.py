"""Augmentation speed compared with torchvision: `python -m benchmarks.augmentation`.

Crop with a margin of 4 (and flip, for colour images), then scaling, in batches of 64 on one core.
The contestants take turns; CPU time, median over rounds. Contestants: the batches of the lab, in
which every image is augmented differently, and the v2 transforms of torchvision applied to one
image after another, as a DataLoader without workers does. The v2 transforms are faster on a whole
batch, but then they change all its images in the same way.
"""

import statistics
import time
from collections.abc import Callable
from itertools import count

import torch
from torch import Tensor

from core.base import device, torchvision_compat
from core.data.augmentations import Augmentation, Crop, Flip
from core.data.augmenter import Augmenter
from core.data.batches import Part
from core.data.normalization import Affine

BATCH, IMAGES, ROUNDS, SECONDS = 64, 10_000, 9, 0.3
CASES: dict[str, tuple[tuple[int, ...], tuple[Augmentation, ...], float]] = {
    "1 × 28 × 28, crop": ((1, 28, 28), (Crop(),), 40),
    "3 × 32 × 32, crop and flip": ((3, 32, 32), (Crop(), Flip()), 12),
}
MEAN, STD = 0.5, 0.25  # of pixels from 0 to 1


def lab_batches(
    images: Tensor, augmentations: tuple[Augmentation, ...]
) -> Callable[[Tensor], Tensor]:
    """Return a function from row numbers to an augmented batch, as the lab computes it."""
    affine = Affine(1 / (255 * STD), -MEAN / STD, mean=0, std=1, after_mean=0, after_std=1, rms=1)
    targets = torch.zeros(len(images), dtype=torch.int64)
    part = Part(images.numpy(), targets.numpy(), affine, device="cpu")
    operations = [augmentation.call().make() for augmentation in augmentations]
    augmenter = Augmenter(operations, part, torch.Generator().manual_seed(0))
    return lambda rows: augmenter.batch(rows)[0]


def torchvision_batches(
    images: Tensor, augmentations: tuple[Augmentation, ...]
) -> Callable[[Tensor], Tensor]:
    """Return a function from row numbers to a batch that torchvision augments image by image."""
    v2 = torchvision_compat.transforms
    steps = [v2.RandomCrop(images.shape[2:], padding=4)]
    steps += [v2.RandomHorizontalFlip()] if len(augmentations) > 1 else []
    scale = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([MEAN], [STD])]
    transform = v2.Compose([*steps, *scale])
    return lambda rows: torch.stack([transform(images[row]) for row in rows])


def microseconds_per_image(
    make_batch: Callable[[Tensor], Tensor], generator: torch.Generator
) -> float:
    """Measure CPU time per image for at least SECONDS."""
    start = time.process_time()
    for batches in count(1):
        make_batch(torch.randint(IMAGES, (BATCH,), generator=generator))
        if (seconds := time.process_time() - start) > SECONDS:
            return 1e6 * seconds / (batches * BATCH)
    raise AssertionError("itertools.count never ends")


def main() -> None:
    """Print each ratio beside its target."""
    device.prepare()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    for name, (shape, augmentations, target) in CASES.items():
        images = torch.randint(256, (IMAGES, *shape), generator=generator).to(torch.uint8)
        contestants = {
            "lab": lab_batches(images, augmentations),
            "torchvision": torchvision_batches(images, augmentations),
        }
        times: dict[str, list[float]] = {contestant: [] for contestant in contestants}
        for _ in range(ROUNDS):
            for contestant, make_batch in contestants.items():
                times[contestant].append(microseconds_per_image(make_batch, generator))
        lab, torchvision = (statistics.median(values) for values in times.values())
        print(
            f"{name}: {lab:.1f} µs per image, torchvision v2 {torchvision:.0f} µs per image: "
            f"{torchvision / lab:.0f} × as fast (target {target} ×)"
        )


if __name__ == "__main__":
    main()
