"""How good a network is: on every minibatch as it trains, and on a part of the data with dropout
off.

Classes count by the share of right answers (accuracy), values by the share of their variance that
the network explains (R²); targets that are values come standardized, so that it is 1 − the mean
square.
"""

import torch
from torch import Tensor, nn

from core.base.events import Scores
from core.data.batches import Part


def rights(outputs: Tensor, targets: Tensor) -> Tensor:
    """What each sample adds to accuracy or R², (N,): outputs (N, C) with class numbers (N,), or
    (N, 1) with standardized values (N,).
    """
    if targets.is_floating_point():
        return 1 - (outputs[:, 0] - targets).square()
    return outputs.argmax(1) == targets


def scores(loss: float, right: float, count: int, *, values: bool) -> Scores:
    """Means over `count` samples, from their sums."""
    return {"loss": loss / count, "r2" if values else "accuracy": right / count}


@torch.inference_mode()
def evaluate(model: nn.Module, part: Part, loss: nn.Module) -> Scores | None:
    """Loss and accuracy or R² over the part; None when it is empty. The model is left in training
    mode.
    """
    if not len(part):
        return None
    model.eval()
    total = torch.zeros((), dtype=torch.float64, device=part.device)
    right = torch.zeros((), dtype=torch.float64, device=part.device)
    for x, y in part.in_order(
        256 if part.device == "cpu" else 4096
    ):  # larger batches are slower on a CPU
        logits = model(x)  # (B, C)
        total += loss(logits, y).double() * len(y)
        right += rights(logits, y).sum()
    model.train()
    return scores(total.item(), right.item(), len(part), values=part.values)


def slope(model: nn.Module, part: Part, loss: nn.Module) -> float:
    """‖∇f‖ of the mean loss over the part, with dropout off and without penalties. The gradients at
    the weights are left alone, and the model in training mode.
    """
    model.eval()
    weights = [p for p in model.parameters() if p.requires_grad]
    total = [torch.zeros_like(p) for p in weights]
    for x, y in part.in_order(256 if part.device == "cpu" else 4096):
        share = len(y) / len(part)
        torch._foreach_add_(total, torch.autograd.grad(share * loss(model(x), y), weights))
    model.train()
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(total))).item()


class Meter:
    """Losses and right answers of the steps since the last reading, gathered on the device without
    waiting for it.
    """

    def __init__(self, device: str, size: int = 8192):
        self.losses = torch.empty(size, device=device)
        self.right = torch.zeros((), dtype=torch.float64, device=device)
        self.count = 0

    @property
    def full(self) -> bool:
        return self.count == len(self.losses)

    @torch.no_grad()
    def add(self, loss: Tensor, outputs: Tensor, targets: Tensor) -> None:
        """One step: its loss (), outputs (B, C) and targets (B,)."""
        self.losses[self.count] = loss
        self.right += rights(outputs, targets).sum()
        self.count += 1

    def read(self) -> tuple[list[float], float]:
        """The losses since the last reading, and the sum of `rights` over their samples."""
        losses, right = self.losses[: self.count].tolist(), self.right.item()
        self.right.zero_()
        self.count = 0
        return losses, right
