"""How good a network is: on every minibatch as it trains, and on a part of the data with dropout
off.
"""

import torch
from torch import Tensor, nn

from core.data.batches import Part
from core.events import Scores


@torch.inference_mode()
def evaluate(model: nn.Module, part: Part, loss: nn.Module) -> Scores | None:
    """{"loss", "accuracy"} over the part; None when it is empty. The model is left in training
    mode.
    """
    if not len(part):
        return None
    model.eval()
    total = torch.zeros((), dtype=torch.float64, device=part.device)
    correct = torch.zeros((), dtype=torch.int64, device=part.device)
    for x, y in part.in_order(
        256 if part.device == "cpu" else 4096
    ):  # larger batches are slower on a CPU
        logits = model(x)  # (B, C)
        total += loss(logits, y).double() * len(y)
        correct += (logits.argmax(1) == y).sum()
    model.train()
    return {"loss": total.item() / len(part), "accuracy": correct.item() / len(part)}


class Meter:
    """Losses and right answers of the steps since the last reading, gathered on the device without
    waiting for it.
    """

    def __init__(self, device: str, size: int = 8192):
        self.losses = torch.empty(size, device=device)
        self.correct = torch.zeros((), dtype=torch.int64, device=device)
        self.count = 0

    @property
    def full(self) -> bool:
        return self.count == len(self.losses)

    @torch.no_grad()
    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """One step: its loss (), logits (B, C) and labels (B,)."""
        self.losses[self.count] = loss
        self.correct += (logits.argmax(1) == labels).sum()
        self.count += 1

    def read(self) -> tuple[list[float], int]:
        """The losses since the last reading, and how many pictures were answered rightly."""
        losses, correct = self.losses[: self.count].tolist(), int(self.correct)
        self.correct.zero_()
        self.count = 0
        return losses, correct
