"""The export format Report: one HTML page about a run, or about a comparison of several runs."""

import re
from pathlib import Path
from typing import ClassVar, Literal

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from pydantic import Field

from core.base.errors import BadInput
from core.base.finding import Finding
from core.base.text import counted
from core.export.export_format import ExportFormat, Result, Writing
from core.export.report.comparison import all_settings, compare, numbered
from core.export.report.contents import RunContents, read_run
from core.runs.store import Store

TEMPLATES = Path(__file__).parents[3] / "assets" / "report"
MOST = 12  # runs of a report


class ReportFormat(ExportFormat):
    """One page to hand in or to print: settings, curves, mistakes and verdict. It works in every
    browser without a network.
    """

    kind: Literal["report"] = "report"
    label: ClassVar[str] = "Report"
    source: ClassVar[str] = "Gebru et al. 2021; Mitchell et al. 2019"
    place: ClassVar[int] = 2
    suffix: ClassVar[str] = ".html"
    title: ClassVar[str] = "report"
    reads_data: ClassVar[bool] = False
    needs_weights: ClassVar[bool] = False
    others: tuple[str, ...] = Field(
        (), max_length=MOST - 1, description="Further runs to compare this one with."
    )

    def write(self, store: Store, run: str, path: Path) -> Writing:
        chosen = list(dict.fromkeys([run, *self.others]))
        contents = []
        for number, each in enumerate(chosen):
            if not store.last(each, "reason"):
                raise BadInput(
                    f"Run {each} has not ended. Wait for its end, or stop it.", code="run_not_ended"
                )
            reading = read_run(store, each)
            while True:
                try:
                    share, note = next(reading)
                except StopIteration as end:
                    contents.append(end.value)
                    break
                yield (number + share) / len(chosen), note
        path.write_text(render(contents), encoding="utf-8")
        return {"runs": len(contents), "without_weights": sum(bool(c.missing) for c in contents)}

    def findings(self, result: Result) -> list[Finding]:
        if not result["without_weights"]:
            return []
        runs = counted(result["without_weights"], "run")
        text = f"Mistakes and baselines are left out for {runs}; the report gives the reason."
        return [Finding("report_incomplete", "info", text, result)]


def render(runs: list[RunContents]) -> str:
    """Return the page. The text of runs and datasets is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["rich"] = rich
    comparison = compare(runs) if len(runs) > 1 else None
    names = [numbered(k, run) if comparison else run.name for k, run in enumerate(runs, 1)]
    title = runs[0].name if not comparison else f"Comparison of {counted(len(runs), 'run')}"
    page = environment.get_template("report.html")
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return page.render(
        title=title, style=Markup(style), comparison=comparison, settings=all_settings(runs),
        runs=list(zip(names, runs, strict=True)), Markup=Markup,
    )  # fmt: skip


def rich(text: str) -> Markup:
    """Return a text with **bold** words as HTML; everything else is escaped.

    >>> rich("**Rate < 1.** Lower it.")
    Markup('<strong>Rate &lt; 1.</strong> Lower it.')
    """
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))
