"""Augmentation against torchvision, picture by picture: `python -m benchmarks.augmentation`.

Crop with a margin of 4 (and a flip, for colour), then the scaling, in batches of 64, on one core;
the contestants in turns, CPU time, median over rounds. Contestants: our batch, each picture of it
by chance of its own; torchvision's v2 transforms on one picture after another, as a DataLoader
without workers calls them. v2 on a whole batch is faster, but moves all its pictures alike.
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

BATCH, PICTURES, ROUNDS, SECONDS = 64, 10_000, 9, 0.3
CASES: dict[str, tuple[tuple[int, ...], tuple[Augmentation, ...], float]] = {
    "1 × 28 × 28, crop": ((1, 28, 28), (Crop(),), 40),
    "3 × 32 × 32, crop and flip": ((3, 32, 32), (Crop(), Flip()), 12),
}
MEAN, STD = 0.5, 0.25  # of pixels from 0 to 1


def ours(pictures: Tensor, chosen: tuple[Augmentation, ...]) -> Callable[[Tensor], Tensor]:
    """Rows to a batch, by the engine's own path."""
    affine = Affine(1 / (255 * STD), -MEAN / STD, mean=0, std=1, after_mean=0, after_std=1, rms=1)
    targets = torch.zeros(len(pictures), dtype=torch.int64)
    part = Part(pictures.numpy(), targets.numpy(), affine, device="cpu")
    made = [augmentation.call().make() for augmentation in chosen]
    augmenter = Augmenter(made, part, torch.Generator().manual_seed(0))
    return lambda rows: augmenter.batch(rows)[0]


def each(pictures: Tensor, chosen: tuple[Augmentation, ...]) -> Callable[[Tensor], Tensor]:
    """Rows to a batch by torchvision, one picture after another."""
    v2 = torchvision_compat.transforms
    steps = [v2.RandomCrop(pictures.shape[2:], padding=4)]
    steps += [v2.RandomHorizontalFlip()] if len(chosen) > 1 else []
    scale = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([MEAN], [STD])]
    transform = v2.Compose([*steps, *scale])
    return lambda rows: torch.stack([transform(pictures[row]) for row in rows])


def pace(make: Callable[[Tensor], Tensor], draw: torch.Generator) -> float:
    """CPU microseconds a picture, over some tenths of a second."""
    began = time.process_time()
    for batches in count(1):
        make(torch.randint(PICTURES, (BATCH,), generator=draw))
        if (spent := time.process_time() - began) > SECONDS:
            return 1e6 * spent / (batches * BATCH)
    raise AssertionError("count has no end")


def main() -> None:
    """Prints each ratio beside its target."""
    device.prepare()
    torch.set_num_threads(1)
    draw = torch.Generator().manual_seed(0)
    for name, (shape, chosen, target) in CASES.items():
        pictures = torch.randint(256, (PICTURES, *shape), generator=draw).to(torch.uint8)
        contestants = {"ours": ours(pictures, chosen), "torchvision": each(pictures, chosen)}
        paces: dict[str, list[float]] = {contestant: [] for contestant in contestants}
        for _ in range(ROUNDS):
            for contestant, make in contestants.items():
                paces[contestant].append(pace(make, draw))
        mine, theirs = (statistics.median(found) for found in paces.values())
        print(
            f"{name}: {mine:.1f} µs a picture, torchvision v2 picture by picture {theirs:.0f} µs: "
            f"{theirs / mine:.0f} × (target {target})"
        )


if __name__ == "__main__":
    main()
