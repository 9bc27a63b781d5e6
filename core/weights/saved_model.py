"""SavedModel: trained weights with everything that new inputs need, and its two file formats.

`.safetensors` has the facts in its header, `.pth` beside the `state_dict`. Both hold the same
values bit for bit, and a SHA-256 over all of them.
"""

import hashlib
import io
import json
from dataclasses import dataclass

import torch
from torch import Tensor

from core.weights.facts import HEADER, ModelFacts

ORDER = "order"  # the entry of the header with the names in the order of the state_dict


@dataclass(frozen=True)
class SavedModel:
    """The `state_dict`, in its order, and the facts."""

    tensors: dict[str, Tensor]
    facts: ModelFacts

    @property
    def digest(self) -> str:
        """The SHA-256 of names, types, shapes and values of all tensors, and of the facts."""
        digest = hashlib.sha256(self.facts.text().encode())
        for name in sorted(self.tensors):
            tensor = self.tensors[name].contiguous()
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def safetensors(self) -> bytes:
        """Return the content of a `.safetensors` file."""
        from safetensors.torch import save

        header = {"format": "pt", HEADER: self.facts.text(), "sha256": self.digest}
        header[ORDER] = json.dumps(list(self.tensors))  # the format sorts them
        return save(_contiguous(self.tensors), header)

    def pth(self) -> bytes:
        """Return the content of a `.pth` file: tensors and plain data, which
        `torch.load(weights_only=True)` reads.
        """
        content = {
            "state_dict": _contiguous(self.tensors),
            "form": self.facts.form,
            **self.facts.model_dump(mode="json", exclude_defaults=True),
            "sha256": self.digest,
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        return buffer.getvalue()


WRITERS = {"safetensors": SavedModel.safetensors, "pth": SavedModel.pth}


def _contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.contiguous() for name, tensor in tensors.items()}
