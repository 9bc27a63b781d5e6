"""ONNX as an export format. Light to import: torch and onnx are loaded when a file is written."""

from pathlib import Path
from typing import ClassVar, Literal

from core.base.finding import Finding
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.export_format import ExportFormat, Result, Writing, describe_excess
from core.runs.store import Store

LARGEST = 2**31 - 2**20  # bytes of weights that fit into one file
ROWS = 1000  # samples that are compared


class OnnxFormat(ExportFormat):
    """The network as an ONNX file for other programs and languages: raw values in, probabilities
    or values out. Scaling is part of the graph; class names and settings are in its metadata.

    The answers of ONNX Runtime are compared with those of PyTorch for up to 1000 samples, in
    batches of 1, 7 and 64.
    """

    kind: Literal["onnx"] = "onnx"
    label: ClassVar[str] = "ONNX"
    source: ClassVar[str] = "onnx.ai"
    technique: ClassVar[str] = "K4"
    place: ClassVar[int] = 4
    suffix: ClassVar[str] = ".onnx"
    requirements: ClassVar[str] = "requirements-onnx.txt"
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")

    def unsuitable(self, experiment: Experiment, facts: Facts | None) -> str:
        limit = "an ONNX file holds at most", LARGEST, "Export the weights instead."
        return describe_excess(experiment, facts, *limit)

    def write(self, store: Store, run: str, path: Path) -> Writing:
        from core.analysis.trained import TrainedRun
        from core.export.onnx_file import build_model, compare
        from core.export.portable import PortableNetwork, sample_rows

        yield 0.0, "Loading the run"
        trained = TrainedRun(store, run, "cpu")
        network = PortableNetwork.of(trained)
        yield 0.1, "Translating the network"
        path.write_bytes(build_model(network).SerializeToString())
        yield 0.7, "Comparing with PyTorch"
        parity = compare(network, path, sample_rows(trained, ROWS))
        return {"parity": parity.plain(), "rounded": network.is_rounded_in_training}

    def findings(self, result: Result) -> list[Finding]:
        from core.export.parity import Parity, rounding_finding

        found = [Parity(**result["parity"]).finding()]
        return [*found, rounding_finding()] if result["rounded"] else found
