"""The filters of the first layer: what each of its channels or units responds to."""

from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.inside.layer_outputs import title
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput
from core.base.numbers import short
from core.base.text import aligned, format_shape
from core.network.build import LayerFacts, walk_facts

SHOWN = 48  # filters
SIDE = 32  # pixels of a filter along its longer side


class FirstLayer(Analysis):
    """The weights of the first layer as images, one for each channel or unit: the input that
    excites it most. For a table, one row of weights for each unit.
    """

    kind: Literal["first_layer"] = "first_layer"
    label: ClassVar[str] = "Filters of the first layer"
    technique: ClassVar[str] = "V7"
    source: ClassVar[str] = "Krizhevsky, Sutskever & Hinton 2012"

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.1, "Reading the weights"
        fact, weight = _first_weights(trained)
        if not weight.isfinite().all():
            raise BadInput(
                "The weights of this run are not finite: it diverged. Train again with a lower "
                "learning rate.",
                code="weights_not_finite",
            )
        shape = trained.data.shape
        if weight.ndim == 2 and len(shape) == 3 and weight.shape[1] == np.prod(shape):
            weight = weight.reshape(-1, *shape)  # (units, C·H·W) -> (units, C, H, W)
        filters = weight[:SHOWN].numpy()
        if filters.ndim == 4 and filters.shape[1] not in (1, 3):
            filters = filters.mean(1, keepdims=True)
        if filters.ndim == 4:
            every = -(-max(filters.shape[2:]) // SIDE)
            filters = filters[:, :, ::every, ::every]
        return {
            "layer": title(fact),
            "count": len(weight),
            "shape": list(weight.shape[1:]),
            "columns": list(trained.data.columns) if weight.ndim == 2 else [],
            "filters": np.round(filters.astype(np.float64), 5).tolist(),
            "norms": weight.flatten(1).norm(dim=1).double().numpy().round(5).tolist(),
        }

    def lines(self, result: Result) -> list[str]:
        order = np.argsort(-np.array(result["norms"]))[:12]
        rows = [("Channel", "Weight norm")]
        rows += [(str(i), short(result["norms"][i], 3)) for i in order]
        shape = format_shape(tuple(result["shape"]))
        return [f"{result['count']} filters of {shape} in layer {result['layer']}", *aligned(rows)]


def _first_weights(trained: TrainedRun) -> tuple[LayerFacts, Tensor]:
    """Return the first layer that consists of one weight matrix (out, in, …), and the matrix."""
    for fact in walk_facts(trained.setup.facts):
        weight = getattr(trained.model.get_submodule(fact.path), "weight", None)
        if weight is not None and weight.ndim > 1 and fact.has_weights:
            return fact, weight.detach().cpu().float()
    raise BadInput(
        "No layer of this network has filters. Add a linear layer or a convolution, and train "
        "again.",
        code="no_filters",
    )
