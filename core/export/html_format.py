"""The offline page as an export format. Light to import: torch is loaded when a file is written."""

from pathlib import Path
from typing import ClassVar, Literal

from core.base.finding import Finding
from core.base.numbers import whole
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.export_format import ExportFormat, Result, Writing, describe_excess
from core.runs.store import Store

LARGEST = 200 * 2**20  # bytes of weights; browsers hold texts of up to 512 MB


class HtmlFormat(ExportFormat):
    """One HTML file that predicts in any browser, offline: draw or upload images, or enter values
    and upload a CSV file. The network runs in plain JavaScript.

    The page compares its answers with those of PyTorch on 100 samples each time it is opened.
    """

    kind: Literal["html"] = "html"
    label: ClassVar[str] = "Offline page"
    source: ClassVar[str] = "html.spec.whatwg.org"
    technique: ClassVar[str] = "K5"
    place: ClassVar[int] = 5
    version: ClassVar[int] = 2
    suffix: ClassVar[str] = ".html"
    title: ClassVar[str] = "offline"

    def unsuitable(self, experiment: Experiment, facts: Facts | None) -> str:
        from core.export.offline.plan import find_unknown_layer

        limit = "a page in a browser holds at most", LARGEST, "Export the run as ONNX instead."
        too_large = describe_excess(experiment, facts, *limit)
        return too_large or find_unknown_layer(experiment.network, facts.shape, facts.outputs)

    def write(self, store: Store, run: str, path: Path) -> Writing:
        from core.analysis.inside.familiarity import Familiarity
        from core.analysis.results import asking
        from core.analysis.trained import TrainedRun
        from core.export.offline.page import make_page
        from core.export.portable import PortableNetwork

        yield 0.0, "Loading the run"
        trained = TrainedRun(store, run, "cpu")
        network = PortableNetwork.of(trained)
        yield from asking(trained, Familiarity(), start=0.2, end=0.6)
        yield 0.6, "Writing the page"
        page = make_page(trained, network)
        path.write_text(page.text, "utf-8")
        facts = {"rows": page.rows, "real": page.real, "weights": page.weights}
        facts |= {"known": page.known and page.known.plain()}
        return facts | {"rounded": network.is_rounded_in_training}

    def findings(self, result: Result) -> list[Finding]:
        from core.export.parity import rounding_finding

        text = (
            f"The page contains {whole(result['rows'])} samples with the answers of PyTorch, and "
            "compares its own with them when it is opened. Scroll to “Check against PyTorch” to "
            "see the largest difference."
        )
        found = [Finding("page_checks_itself", "ok", text, result)]
        return [*found, rounding_finding()] if result["rounded"] else found
