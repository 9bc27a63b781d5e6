"""A trained network without the lab around it: raw inputs in, probabilities or values out. This is
what exports to other formats contain, and what their answers are compared with.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.trained import TrainedRun
from core.base.encoding import encode
from core.base.errors import BadInput
from core.data.datasets import Spreadsheets
from core.data.inspection.encoding import ColumnEncoding
from core.data.library import Library
from core.experiment import Experiment
from core.network.build import build
from core.network.initializers import Zeros

BATCH = 64  # rows for which the answers of PyTorch are computed at a time


class PortableModule(nn.Module):
    """z = softmax(f(m·x + a)) for classes, z = μ + σ·f(m·x + a) for values. NaN among the raw
    inputs x is first replaced by `fills` if there are any.
    """

    def __init__(
        self,
        network: nn.Module,
        scale: Mapping[str, Tensor],
        fills: Tensor | None,
        target: tuple[float, float] | None,
    ):
        super().__init__()
        self.network, self.target = network, target
        self.register_buffer("multiply", scale["multiply"])
        self.register_buffer("add", scale["add"])
        self.register_buffer("fills", fills)

    def forward(self, x: Tensor) -> Tensor:
        if self.fills is not None:
            x = torch.where(torch.isnan(x), self.fills, x)
        z = self.network(x * self.multiply + self.add)  # (N, C)
        if self.target is None:
            return torch.softmax(z, 1)
        mean, std = self.target
        return (mean + std * z[:, 0].double()).float()  # (N,)


@dataclass(frozen=True)
class PortableNetwork:
    """The best weights of a run in float32 on the CPU, and what is needed to use them.

    `columns` are the names of the inputs (F) of a table, and `encodings` say how the columns of the
    uploaded file become these inputs; both are empty where they are not known. `target` is the name
    of the predicted value or class.
    """

    experiment: Experiment
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    module: PortableModule
    encodings: tuple[ColumnEncoding, ...] = ()
    target: str = ""

    @classmethod
    def of(cls, trained: TrainedRun) -> Self:
        """Return the network of a finished run. Raises BadInput if its weights are not finite."""
        data, scale = trained.data, trained.setup.scale.state()
        experiment, target = trained.experiment, None
        if not data.classes:
            target = (scale["target_mean"], scale["target_std"])
        weights = {name: value.cpu() for name, value in trained.model.state_dict().items()}
        if not all(value.isfinite().all() for value in weights.values()):
            raise BadInput(
                "The network of this run has weights that are not finite: the training diverged. "
                "Train it again with a lower learning rate.",
                code="weights_not_finite",
            )
        network = build(
            experiment.network,
            data.shape,
            data.outputs,
            initializer=Zeros(),
            generator=torch.Generator(),
            dropout=torch.Generator(),
        )
        network.load_state_dict(weights)
        module = PortableModule(network, scale, _fills(trained), target)
        encodings, name = _table(trained)
        columns = data.columns if len(data.shape) == 1 else ()
        return cls(experiment, data.shape, data.classes, columns, module.eval(), encodings, name)

    @property
    def has_images(self) -> bool:
        """Whether the inputs are images, not table rows."""
        return len(self.shape) == 3

    @property
    def name(self) -> str:
        """The name of the run, or of its data."""
        return self.experiment.title

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights and running statistics by name, without counters."""
        state = self.module.network.state_dict()
        return {name: value for name, value in state.items() if value.is_floating_point()}

    @property
    def bytes(self) -> int:
        """The size of the weights."""
        return sum(value.numel() * 4 for value in self.weights.values())

    @property
    def is_rounded_in_training(self) -> bool:
        """Whether the run itself multiplies in a coarser number format than its export."""
        return self.experiment.precision != "float32"

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """Return what PyTorch computes for raw inputs (N, …): probabilities (N, C) or values (N,),
        float32.
        """
        with torch.inference_mode():
            parts = torch.from_numpy(inputs.astype(np.float32)).split(BATCH)
            return torch.cat([self.module(part) for part in parts]).numpy()

    def metadata(self) -> dict[str, str]:
        """Return the description of the network for the header of a file, as JSON texts."""
        fields = {
            "input_shape": json.dumps(list(self.shape)),
            "classes": json.dumps(list(self.classes), ensure_ascii=False),
            "columns": json.dumps(list(self.columns), ensure_ascii=False),
            "experiment": encode(self.experiment),
        }
        return fields | ({"target": self.target} if self.target else {})


def sample_rows(trained: TrainedRun, count: int) -> np.ndarray:
    """Return raw inputs (n, …) of up to `count` samples, evenly spaced in the test set (or what the
    run has instead of it), then in its other sets.
    """
    setup, wanted, parts = trained.setup, count, []
    names = dict.fromkeys((trained.held_out, "test", "validation", "train"))
    for name in names:
        size = min(wanted, len(getattr(setup, name)))
        if size:
            rows = np.linspace(0, len(getattr(setup, name)) - 1, size).astype(np.int64)
            parts.append(trained.inputs(name, rows))
            wanted -= size
    return np.concatenate(parts)


def _fills(trained: TrainedRun) -> Tensor | None:
    """Return what replaces missing values (F,); None where the training data had none."""
    values = trained.fill_values
    return None if values is None else torch.from_numpy(np.array(values, np.float32))


def _table(trained: TrainedRun) -> tuple[tuple[ColumnEncoding, ...], str]:
    """Return how the columns of an uploaded file become inputs, and the name of its target."""
    data = trained.experiment.data.uncorrected
    if not isinstance(data, Spreadsheets):
        return (), ""
    about = Library(trained.store.home).about(data.digest)
    return about.encodings, about.target
