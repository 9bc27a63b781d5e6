"""The number format in which a network multiplies. Weights, gradients and losses are always
float32.
"""

import torch
from torch import Tensor, nn


def use_bfloat16(model: nn.Module, device: str) -> None:
    """Run the model's matrix products and convolutions in bfloat16 and return float32.

    bfloat16 has the range of float32 and 8 of its 24 significant bits, so no loss scaling is needed
    (Micikevicius et al. 2018 need it for float16; Kalamkar et al. 2019 do not for bfloat16).
    """
    plain, kind = model.forward, torch.device(device).type

    def forward(x: Tensor) -> Tensor:
        with torch.autocast(kind, torch.bfloat16):
            outputs = plain(x)
        return outputs.float()

    model.forward = forward
