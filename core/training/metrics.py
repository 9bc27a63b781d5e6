"""How good a network is on a part of the data, without dropout.

Classes are scored by accuracy, values by R², the fraction of their variance that the network
explains. Values are standardized, so that R² is 1 − the mean squared error.
"""

import torch
from torch import Tensor, nn

from core.base.events import Scores
from core.data.batches import Part

CPU_BATCH, GPU_BATCH = 256, 4096  # samples in one pass; larger batches are slower on a CPU


def per_sample_score(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return what each sample adds to accuracy or R², (N,), from outputs (N, C) and class numbers
    (N,), or from outputs (N, 1) and standardized values (N,).
    """
    if targets.is_floating_point():
        return 1 - (outputs[:, 0] - targets).square()
    return outputs.argmax(1) == targets


def scores(loss_sum: float, score_sum: float, count: int, *, values: bool) -> Scores:
    """Return the means over `count` samples from their sums."""
    return {"loss": loss_sum / count, "r2" if values else "accuracy": score_sum / count}


def _batch_size(part: Part) -> int:
    return CPU_BATCH if part.device == "cpu" else GPU_BATCH


@torch.inference_mode()
def evaluate(model: nn.Module, part: Part, loss: nn.Module) -> Scores | None:
    """Return loss and accuracy or R² over the part; None when it is empty. Leaves the model in
    training mode.
    """
    if not len(part):
        return None
    model.eval()
    loss_sum = torch.zeros((), dtype=torch.float64, device=part.device)
    score_sum = torch.zeros((), dtype=torch.float64, device=part.device)
    for x, y in part.in_order(_batch_size(part)):
        outputs = model(x)  # (B, C)
        loss_sum += loss(outputs, y).double() * len(y)
        score_sum += per_sample_score(outputs, y).sum()
    model.train()
    return scores(loss_sum.item(), score_sum.item(), len(part), values=part.values)


def full_gradient_norm(model: nn.Module, part: Part, loss: nn.Module) -> float:
    """Return ‖∇f‖ of the mean loss over the part, without dropout and penalties. The gradients of
    the weights are unchanged; the model is left in training mode.
    """
    model.eval()
    weights = [p for p in model.parameters() if p.requires_grad]
    total = [torch.zeros_like(p) for p in weights]
    for x, y in part.in_order(_batch_size(part)):
        fraction = len(y) / len(part)
        torch._foreach_add_(total, torch.autograd.grad(fraction * loss(model(x), y), weights))
    model.train()
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(total))).item()
