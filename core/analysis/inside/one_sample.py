"""What a trained network computes for one sample, and which parts of the input its score depends
on.
"""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.inside.attribution import (
    Integrated,
    grad_cam,
    input_gradient,
    integrated_gradients,
)
from core.analysis.inside.layer_outputs import convolutional_layers, recorded, shown_layers, title
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput
from core.base.numbers import percent, short, whole
from core.runs.measured import NAMES

CHANNELS = 10  # feature maps of each layer
MAP_SIDE = 24  # cells of a feature map along its longer side
IMAGE_SIDE = 64  # the same for an input image and its attributions
ROWS = 4096  # of the training set, whose mean is the baseline of a table
MOST_COLUMNS = 12  # of a table that a terminal lists


class OneSample(Analysis):
    """The feature maps of one sample in each layer, and its attributions for one class or for the
    predicted value: gradient, integrated gradients and, for convolutional networks, Grad-CAM.
    """

    kind: Literal["one_sample"] = "one_sample"
    label: ClassVar[str] = "One sample: feature maps and attribution"
    technique: ClassVar[str] = "V7"
    source: ClassVar[str] = "Simonyan et al. 2013; Sundararajan et al. 2017; Selvaraju et al. 2017"
    formula: ClassVar[str] = (
        r"(x_i - x'_i) \int_0^1 \partial S(x' + \alpha(x - x')) / \partial x_i \, d\alpha"
    )
    version: ClassVar[int] = 2
    stored_results: ClassVar[int] = 50
    part: Literal["train", "validation", "test"] = "test"
    sample: int = Field(1, ge=1)  # of the part, counted from 1
    target: int = Field(-1, ge=-1)  # the class; −1: the predicted one, or the value

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.0, "Predicting the sample"
        part, model, row = trained.part(self.part), trained.model, self.sample - 1
        x, target = self._sample(trained)
        layers = shown_layers(trained)
        with torch.no_grad(), recorded(model, [fact.path for fact in layers]) as outputs:
            scores = model(x)[0].float()
        if not scores.isfinite().all():
            raise BadInput(
                f"The network computes {_nonfinite(scores)} for this sample: its weights diverged. "
                "Train again with a lower learning rate.",
                code="outputs_not_finite",
            )
        predicted = int(scores.argmax())
        chosen = predicted if self.target < 0 else self.target
        unit = 1.0 if trained.classes else trained.scale[1]

        def score(inputs: Tensor) -> Tensor:
            return unit * model(inputs)[:, chosen].float()

        gradient = input_gradient(score, x)
        integral = yield from _noted(integrated_gradients(score, x, _baseline(trained, part, x)))
        maps = convolutional_layers(trained) if x.ndim == 4 else []
        paths = {fact.path: title(fact) for fact in maps}
        cams = grad_cam(model, score, x, list(paths)) if paths else {}
        mean, std = trained.scale
        return {
            "part": self.part,
            "sample": self.sample,
            "row_number": trained.row_numbers(self.part, trained.dataset_rows(self.part)[[row]])[0],
            "samples": len(part),
            "shape": list(part.shape),
            "true": target if trained.classes else mean + std * target,
            "predicted": predicted if trained.classes else mean + std * scores[0].item(),
            "probabilities": _rounded(scores.double().softmax(0)) if trained.classes else [],
            "target": chosen,
            "input": _rounded(trained.inputs(self.part, np.array([row]))[0], IMAGE_SIDE),
            "columns": list(trained.data.columns),
            "layers": [_maps(title(fact), outputs[fact.path][0]) for fact in layers],
            "gradient": _rounded(_over_channels(gradient), IMAGE_SIDE),
            "integrated": _rounded(_sum_channels(integral.attributions), IMAGE_SIDE),
            "total": integral.total,
            "difference": integral.difference,
            "gap": integral.gap,
            "steps": integral.steps,
            "grad_cam": [
                {"layer": paths[path], "map": _rounded(cam, IMAGE_SIDE)}
                for path, cam in cams.items()
            ],
        }

    def _sample(self, trained: TrainedRun) -> tuple[Tensor, Any]:
        """Return the normalized sample (1, …) and its class or standardized value."""
        part = trained.part(self.part)
        if self.sample > len(part):
            raise BadInput(
                f"Sample {self.sample} does not exist: the {NAMES[self.part]} set has {len(part)}. "
                f"Choose a number from 1 to {len(part)}.",
                code="sample_out_of_range",
            )
        if self.target >= max(1, len(trained.classes)):
            raise BadInput(
                f"Class {self.target} does not exist: the run has {len(trained.classes)} classes. "
                f"Choose a class from 0 to {max(0, len(trained.classes) - 1)}.",
                code="class_out_of_range",
            )
        x, y = part.batch(torch.tensor([self.sample - 1], device=part.device))
        return x, y[0].item()

    def lines(self, result: Result) -> list[str]:
        probabilities = result["probabilities"]
        target = f"class {result['target']}" if probabilities else "the predicted value"
        sure = f" with probability {percent(max(probabilities))}" if probabilities else ""
        found = np.array(result["integrated"])
        largest = np.argsort(-np.abs(found), axis=None)[:MOST_COLUMNS]
        names = result["columns"] if found.ndim == 1 else []
        places = [_place(index, found.shape, names) for index in largest]
        return [
            f"Sample {result['sample']} of the {NAMES[result['part']]} set: "
            f"true {_text(result['true'])}, predicted {_text(result['predicted'])}{sure}",
            f"Integrated gradients for {target}: sum {short(result['total'], 4)}, score difference "
            f"{short(result['difference'], 4)}, gap {percent(result['gap'])} with "
            f"{whole(result['steps'])} steps",
            *(
                f"  {place:24} {short(found.flat[index], 3)}"
                for place, index in zip(places, largest, strict=True)
            ),
        ]


def _noted(
    integrating: Generator[float, None, Integrated],
) -> Generator[tuple[float, str], None, Integrated]:
    """Yield each fraction done with a note; return the result."""
    while True:
        try:
            share = next(integrating)
        except StopIteration as end:
            return end.value
        yield share, "Integrating gradients"


def _baseline(trained: TrainedRun, part: Any, x: Tensor) -> Tensor:
    """Return the input x′ (1, …) without information: a black image, or the mean of the training
    set for a table.
    """
    if x.ndim == 4:
        return part.normalized(torch.zeros(x.shape, device=x.device))
    train = trained.part("train")
    rows = torch.arange(0, len(train), max(1, len(train) // ROWS), device=train.device)
    return train.batch(rows)[0].mean(0, keepdim=True)


def _maps(name: str, output: Tensor) -> Result:
    """Return the first CHANNELS maps of a layer's output (K, H, W), or all units of (K,)."""
    shape = list(output.shape)
    values = output[:CHANNELS] if output.ndim == 3 else output
    return {"layer": name, "shape": shape, "maps": _rounded(values.float(), MAP_SIDE)}


def _over_channels(gradient: Tensor) -> Tensor:
    """Return the largest |∂S/∂x| of each pixel, (C, H, W) -> (H, W); a table keeps its signs."""
    return gradient.abs().amax(0) if gradient.ndim == 3 else gradient


def _sum_channels(attributions: Tensor) -> Tensor:
    """(C, H, W) -> (H, W), so that the sum stays; a table is returned unchanged."""
    return attributions.sum(0) if attributions.ndim == 3 else attributions


def _rounded(values: Any, side: int = 0) -> list:
    """Return nested lists of numbers with four digits. Images whose longer side exceeds `side` are
    averaged over squares of pixels.
    """
    tensor = torch.as_tensor(values).detach().cpu()
    if side and tensor.ndim > 1 and (times := -(-max(tensor.shape[-2:]) // side)) > 1:
        stacked = tensor.float().reshape(1, -1, *tensor.shape[-2:])
        pooled = F.avg_pool2d(stacked, times, ceil_mode=True)[0]
        tensor = pooled.reshape(*tensor.shape[:-2], *pooled.shape[-2:])
    array = tensor.double().numpy()
    with np.errstate(divide="ignore"):
        magnitude = np.floor(np.log10(np.abs(array)))
    digits = 10.0 ** (3 - np.where(np.isfinite(magnitude), magnitude, 0))
    return (np.round(array * digits) / digits).tolist()


def _nonfinite(scores: Tensor) -> str:
    return "NaN" if scores.isnan().any() else "infinite scores"


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else short(value, 4)


def _place(index: int, shape: tuple[int, ...], names: list[str]) -> str:
    """Return the name of a column, or the position of a pixel."""
    if len(shape) == 2:
        row, column = divmod(int(index), shape[1])
        return f"pixel ({row}, {column})"
    return names[index] if names else f"column {index + 1}"
