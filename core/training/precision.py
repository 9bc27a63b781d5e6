"""In which numbers a network multiplies. Weights, gradients and losses stay float32 in either."""

import torch
from torch import Tensor, nn


def use_bfloat16(model: nn.Module, device: str) -> None:
    """Lets the model's matrix products and convolutions work in bfloat16 and answer in float32.

    bfloat16 keeps float32's range and 8 of its 24 significant bits, so no loss scaling is needed
    (Micikevicius et al. 2018 need it for float16; Kalamkar et al. 2019 do not for bfloat16).
    """
    plain, kind = model.forward, torch.device(device).type

    def forward(x: Tensor) -> Tensor:
        with torch.autocast(kind, torch.bfloat16):
            outputs = plain(x)
        return outputs.float()

    model.forward = forward
