"""The results of the tabs Verdict and Effects as spreadsheets. Errors of classes are fractions of
the samples.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.advice.bias_variance import BiasVarianceVerdict
from core.advice.paired_effects import Effect, by_size
from core.analysis.verdict.error_sources import SOURCES
from core.analysis.verdict.next_steps import LABELS
from core.base.cells import csv_text
from core.export.evaluation import interval_titles
from core.figures.baselines import BaselineRow
from core.figures.more_rows import LearningCurve


def bias_variance_csv(verdict: BiasVarianceVerdict) -> str:
    """Return the human, training and held-out error and the two gaps with their 95 % intervals, the
    state of the gaps and the threshold above which one is high.
    """
    human = [] if verdict.human is None else [["human error", verdict.human, None, None]]
    errors = {"training": verdict.train, verdict.held: verdict.validation}
    rows = [[f"{name} error", *part.interval] for name, part in errors.items()]
    gaps = [
        [gap.name, *gap.interval, gap.threshold, gap.state]
        for gap in (verdict.bias, verdict.variance)
    ]
    full = [[*row, None, None] for row in (*human, *rows)]
    return csv_text(["quantity", *interval_titles("value"), "threshold", "state"], [*full, *gaps])


def baselines_csv(entries: Sequence[BaselineRow], score: str) -> str:
    """Return the run and the baselines, the best first: the `score` that the chart shows, with its
    95 % interval, and the settings.
    """
    rows = [[row.label, *row.interval, row.settings] for row in entries]
    return csv_text(["model", *interval_titles(score), "settings"], rows)


def error_sources_csv(result: Mapping[str, Any]) -> str:
    """Return the parts of the error with their 95 % intervals, which add up to the error."""
    rows = [[name, *result[name]] for name in (*SOURCES, "rest")]
    return csv_text(["source", *interval_titles("error")], rows)


def learning_curve_csv(curve: LearningCurve) -> str:
    """Return the measured errors, one row per size and repetition, and the fitted law with its 90 %
    interval.
    """
    measured = [
        ["measured", n, error, None, None]
        for n, errors in zip(curve.sizes, curve.errors, strict=True)
        for error in errors
    ]
    law = [["power law", n, *rate] for n, rate in zip(curve.at, curve.law, strict=True)]
    return csv_text(["kind", "training_rows", *interval_titles("error")], [*measured, *law])


def next_steps_csv(result: Mapping[str, Any]) -> str:
    """Return the compared changes, the best first: the error that each removes with its 95 %
    interval, the verdict, the seconds of a whole training, and the error removed per minute of it.
    """
    rows = [
        [LABELS[row["name"]], *row["gain"], row["verdict"], row["seconds"], row["per_minute"]]
        for row in result["steps"]
    ]
    titles = ["verdict", "training_seconds", "error_removed_per_minute"]
    return csv_text(["change", *interval_titles("error_removed"), *titles], rows)


def effects_csv(effects: Sequence[Effect]) -> str:
    """Return one row per change, the largest effect first: the mean difference of the error with
    its 95 % interval where there is one, what was found, the number of pairs, and the seconds of a
    training.
    """
    rows = []
    for effect in by_size(effects):
        difference = effect.interval or (effect.mean, None, None)
        pairs = len(effect.differences)
        rows.append([effect.name, *difference, effect.code, pairs, effect.seconds])
    titles = ["found", "pairs", "training_seconds"]
    return csv_text(["change", *interval_titles("difference"), *titles], rows)
