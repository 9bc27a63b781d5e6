"""All export formats: importing this module defines the members of the family."""

from core.export.code_formats import NotebookFormat, ScriptFormat
from core.export.experiment_format import ExperimentFormat
from core.export.export_format import ExportFormat
from core.export.html_format import HtmlFormat
from core.export.onnx_format import OnnxFormat
from core.export.report.report_format import ReportFormat
from core.export.tracker_files import MLflowFormat, TensorBoardFormat
from core.export.weights_format import WeightsFormat

__all__ = [
    "ExperimentFormat", "ExportFormat", "HtmlFormat", "MLflowFormat", "NotebookFormat",
    "OnnxFormat", "ReportFormat", "ScriptFormat", "TensorBoardFormat", "WeightsFormat",
]  # fmt: skip
