"""A small model with everything that its files must keep."""

import torch

from core.weights.facts import InputScale, ModelFacts
from core.weights.saved_model import SavedModel


def small_model(seed: int = 0) -> SavedModel:
    random = torch.Generator().manual_seed(seed)
    kernel = torch.randn(3, 2, 2, 2, generator=random).to(memory_format=torch.channels_last)
    scale = InputScale.of(
        {
            "multiply": torch.rand(2, 1, 1, generator=random),
            "add": torch.tensor(-0.1),
            "target_mean": 0.1,
            "target_std": 1 / 3,
        }
    )
    facts = ModelFacts(
        title="Cats", run="20261129-120000-abcdef", classes=("Katze", "Hund"), shape=(2, 4, 4),
        scale=scale, experiment='{"epochs":1}',
    )  # fmt: skip
    tensors = {
        "conv1.weight": kernel,
        "conv1.bias": torch.randn(3, generator=random),
        "norm1.num_batches_tracked": torch.tensor(7),
        "output.weight": torch.randn(2, 3, generator=random),
        "output.bias": torch.randn(2, generator=random),
    }
    return SavedModel(tensors, facts)
