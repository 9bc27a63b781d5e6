"""What a report shows about several runs together: their curves in one chart, the settings that
differ, and which one is best. Knows no HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base.finding import Finding
from core.base.settings import settings
from core.experiment import Experiment
from core.export.report.contents import Chart, Row, RunContents
from core.figures import overlay, overlay_curves
from core.figures.static_svg import svg
from core.runs.compare import differences
from core.runs.compare import settings as every_setting
from core.runs.measured import NAMES, measure_parts
from core.runs.ranking import compare_results, make_result
from core.runs.score import name
from core.runs.state import RunState

SETS = ("validation", "test")


@dataclass(frozen=True)
class ComparisonContents:
    """`differences` has a column for each run: the settings that differ, and the scores."""

    finding: Finding
    differences: Sequence[Row]
    charts: Sequence[Chart]
    caption: str


def compare(runs: Sequence[RunContents]) -> ComparisonContents:
    """Return the comparison of runs in this order."""
    names = [numbered(number, run) for number, run in enumerate(runs, 1)]
    experiments: list[Experiment] = [run.experiment for run in runs]
    entries = [
        make_result(
            label,
            run.experiment,
            validation=_best_validation(run),
            test=run.history.ended.test if run.history.ended else None,
            samples=run.history.started.sizes.get("validation", 0) if run.history.started else 0,
            diverged=run.state is RunState.DIVERGED,
        )
        for label, run in zip(names, runs, strict=True)
    ]
    chart, caption = _curves(runs, names)
    return ComparisonContents(
        finding=compare_results(entries, form=settings().score).finding,
        differences=[
            ("Setting", *names),
            *((label, *values) for label, values in differences(experiments)),
            *_scores(runs),
        ],
        charts=[chart] if chart else [],
        caption=caption,
    )


def numbered(number: int, run: RunContents) -> str:
    """Number a run: two of them may have the same name."""
    return f"{number} · {run.name}"


def _best_validation(run: RunContents) -> dict[str, float] | None:
    history = run.history
    return history.epochs[history.best].validation if history.best is not None else None


def _scores(runs: Sequence[RunContents]) -> list[Row]:
    """The scores that at least one of the runs has, with their intervals."""
    measured, form = [measure_parts(run.history) for run in runs], settings().score
    rows = []
    for part in SETS:
        having = [parts[part] for parts in measured if part in parts]
        if having:
            label = name(form, regression=having[0].regression)
            texts = (parts[part].describe(form) if part in parts else "–" for parts in measured)
            rows.append((f"{NAMES[part].capitalize()} {label} (95 % interval)", *texts))
    return rows


def _curves(runs: Sequence[RunContents], names: Sequence[str]) -> tuple[Chart | None, str]:
    entries = [
        overlay_curves.from_history(
            label, run.experiment.loss.kind, run.history, diverged=run.state is RunState.DIVERGED
        )
        for label, run in zip(names, runs, strict=True)
    ]
    measure, comparable, left_out = overlay_curves.comparable(
        entries[: overlay.MOST], settings().score
    )
    drawn = overlay_curves.rows(comparable, measure)
    if not drawn:
        return None, ""
    title = f"Validation {measure}"
    notes = ["A star marks the best epoch of a run."]
    notes += ["A cross marks where a run diverged."] if any(c.diverged for c in drawn) else []
    notes += [f"Not on this scale: {', '.join(left_out)}."] if left_out else []
    figure = overlay.figure(drawn, "light", measure)
    figure.update_layout(height=overlay.PLOT + 52)
    return Chart(title, svg(figure, f"{title} of all runs by epoch")), " ".join(notes)


def all_settings(runs: Sequence[RunContents]) -> list[Row]:
    """Return every setting, with a column for each run."""
    names = [numbered(number, run) for number, run in enumerate(runs, 1)]
    rows = every_setting([run.experiment for run in runs])
    heads = names if len(runs) > 1 else ["Value"]
    return [("Setting", *heads), *((label, *values) for label, values in rows)]
