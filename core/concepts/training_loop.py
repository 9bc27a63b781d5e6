"""The training loop as code, and what happens if one of its lines is missing: measured on the
included digits with a small network.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import nn

from core.data.ready.builtin import digits

SCALE, ZERO_GRAD, STEP, EVAL = "scale", "zero_grad", "step", "eval"
PARTS = (SCALE, ZERO_GRAD, STEP, EVAL)
TRAINING, VALIDATION = 400, 400  # samples
BATCH, EPOCHS, LEARNING_RATE = 40, 20, 0.1
SEEDS = 3
MISSING = {
    SCALE: "images = images.float()                         # / 255 is missing",
    ZERO_GRAD: "        # optimizer.zero_grad() is missing",
    STEP: "        # optimizer.step() is missing",
    EVAL: "    # model.eval() is missing",
}
LOOP = {  # line by line; the key of a line that can be left out is its name
    SCALE: "images = images.float() / 255",
    "model": (
        "model = nn.Sequential(\n    nn.Flatten(), nn.Linear(64, 32), nn.ReLU(),\n"
        "    nn.Dropout(0.5), nn.Linear(32, 10))"
    ),
    "optimizer": "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)",
    "epochs": "for epoch in range(20):",
    "train": "    model.train()",
    "batches": "    for rows in torch.randperm(400).split(40):",
    ZERO_GRAD: "        optimizer.zero_grad()",
    "scores": "        scores = model(images[rows])",
    "loss": "        loss = F.cross_entropy(scores, labels[rows])",
    "backward": "        loss.backward()",
    STEP: "        optimizer.step()",
    EVAL: "    model.eval()",
    "no_grad": "    with torch.no_grad():",
    "validation": "        scores = model(images[400:])",
    "validation loss": "        loss = F.cross_entropy(scores, labels[400:])",
    "record": "        record(loss, scores.argmax(1))",
}


def code(missing: frozenset[str] = frozenset()) -> str:
    """Return the loop as Python code; a missing line is replaced with a comment."""
    return "\n".join(MISSING[name] if name in missing else line for name, line in LOOP.items())


@dataclass(frozen=True)
class MeasuredLoop:
    """Validation loss after each epoch, and the validation error at the end, in [0, 1]: one row or
    value per seed. A loss that is not finite is NaN.
    """

    losses: np.ndarray  # (SEEDS, EPOCHS)
    errors: np.ndarray  # (SEEDS,)


@cache
def data() -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (800, 1, 8, 8) with values 0 … 255 and labels (800,), the first 400 for
    training.
    """
    samples = digits(None)
    count = TRAINING + VALIDATION
    order = np.random.default_rng(0).permutation(len(samples.inputs))[:count]
    return torch.from_numpy(samples.inputs[order]).float(), torch.from_numpy(samples.targets[order])


def measure(missing: frozenset[str] = frozenset(), seeds: int = SEEDS) -> MeasuredLoop:
    """Train the network of `code` from each seed, without the missing lines.

    Draws from the global generator of torch, like the code, and restores its state.
    """
    with torch.random.fork_rng(devices=[]):
        runs = [_train(missing, seed) for seed in range(seeds)]
    losses, errors = zip(*runs, strict=True)
    return MeasuredLoop(np.array(losses), np.array(errors))


def _train(missing: frozenset[str], seed: int) -> tuple[list[float], float]:
    """Return the validation loss of every epoch and the error at the end."""
    torch.manual_seed(seed)
    images, labels = data()
    images = images if SCALE in missing else images / 255
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    losses, error = [], 1.0
    for _ in range(EPOCHS):
        model.train()
        for rows in torch.randperm(TRAINING).split(BATCH):
            if ZERO_GRAD not in missing:
                optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
            loss.backward()
            if STEP not in missing:
                optimizer.step()
        if EVAL not in missing:
            model.eval()
        with torch.no_grad():
            scores = model(images[TRAINING:])
            loss = float(nn.functional.cross_entropy(scores, labels[TRAINING:]))
            error = float((scores.argmax(1) != labels[TRAINING:]).float().mean())
        losses.append(loss if np.isfinite(loss) else float("nan"))
    return losses, error
