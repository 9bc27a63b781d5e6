"""The samples that excite each channel of a layer most (Zeiler & Fergus 2014)."""

from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.inside.layer_outputs import all_layers, recorded, title
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput
from core.base.numbers import short
from core.runs.measured import NAMES
from core.training.metrics import CPU_BATCH

TOP = 10  # samples of each channel
LINES = 12  # channels that a terminal lists


class Exciting(Analysis):
    """For each channel of a layer, the ten samples of one part with its largest output at any
    position. Exact: every sample of the part is computed.
    """

    kind: Literal["exciting"] = "exciting"
    label: ClassVar[str] = "Most exciting samples of each channel"
    technique: ClassVar[str] = "V7"
    source: ClassVar[str] = "Zeiler & Fergus 2014"
    formula: ClassVar[str] = r"\max_{i,j} A_k(x)_{ij}"
    part: Literal["train", "validation", "test"] = "test"
    layer: str = ""  # its path in the network; by default the last convolution, or the first layer

    def answer(self, trained: TrainedRun) -> Answering:
        part, layers = trained.part(self.part), all_layers(trained)
        maps = [f for f in layers if f.has_weights and len(f.output) == 3 and not f.chains]
        default = (maps[-1:] or layers[:1])[0].path
        names = {fact.path: title(fact) for fact in layers}
        path = self.layer or default
        if path not in names:
            raise BadInput(
                f"This network has no layer {path!r}. Choose one of {', '.join(names)}.",
                code="unknown_layer",
            )
        top = Top()
        with torch.inference_mode(), recorded(trained.model, [path]) as outputs:
            for start, (x, _) in zip(
                range(0, len(part), CPU_BATCH), part.in_order(CPU_BATCH), strict=True
            ):
                trained.model(x)
                top.add(outputs[path].float(), start)
                if start // CPU_BATCH % 4 == 0:
                    yield start / len(part), f"Computing {names[path]} for every sample"
        chosen = top.rows.numpy()
        return {
            "part": self.part,
            "layer": path,
            "title": names[path],
            "layers": names,
            "samples": len(part),
            "rows": chosen.tolist(),
            "dataset_rows": np.asarray(trained.dataset_rows(self.part))[chosen].tolist(),
            "values": top.values.double().numpy().round(4).tolist(),
            "places": top.places.tolist(),
            "size": list(top.size),
        }

    def lines(self, result: Result) -> list[str]:
        part = NAMES[result["part"]]
        lines = [f"Layer {result['title']}, {part} set: samples with the largest outputs"]
        for channel, rows in enumerate(result["rows"][:LINES]):
            values = result["values"][channel]
            pairs = (f"{row + 1} ({short(v, 3)})" for row, v in zip(rows, values, strict=True))
            lines.append(f"  channel {channel}: {', '.join(pairs)}")
        if len(result["rows"]) > LINES:
            lines.append(f"  … and {len(result['rows']) - LINES} more channels (--json has all)")
        return lines


class Top:
    """The TOP largest values of each of K channels so far: `values`, `rows` and `places`, each
    (K, TOP), on the CPU. A place is the position within the map, counted row by row.
    """

    def __init__(self) -> None:
        self.values = self.rows = self.places = torch.empty(0)
        self.size: tuple[int, ...] = ()  # (H, W) of a map; empty for units

    def add(self, outputs: Tensor, first: int) -> None:
        """Add outputs (N, K) or (N, K, H, W) of the samples from row `first` on."""
        self.size = tuple(outputs.shape[2:])
        largest, places = outputs.flatten(2).max(2) if outputs.ndim > 2 else (outputs, None)
        places = torch.zeros_like(largest, dtype=torch.int64) if places is None else places
        largest = largest.nan_to_num(-torch.inf)  # (N, K)
        values, rows = largest.topk(min(TOP, len(largest)), 0)  # (T, K)
        new = values.T.cpu(), rows.T.cpu() + first, places.gather(0, rows).T.cpu()
        if self.values.numel():
            old = self.values, self.rows, self.places
            new = tuple(torch.cat(pair, 1) for pair in zip(old, new, strict=True))
        values, order = new[0].sort(dim=1, descending=True, stable=True)
        order = order[:, :TOP]
        self.values = values[:, :TOP]
        self.rows, self.places = (table.gather(1, order) for table in new[1:])
