"""The trials of a search as a spreadsheet: one row per trial, with unrounded numbers."""

from collections.abc import Mapping, Sequence

from core.base.cells import csv_text
from core.studies.search.records import SearchTrial
from core.studies.search.search import Search

FACTS = ("state", "value", "second", "epochs", "seconds", "finished_at", "parameters",
         "multiply_adds", "seed", "run", "message")  # fmt: skip


def trials_csv(search: Search, trials: Sequence[SearchTrial]) -> str:
    """Return UTF-8 text with a header; a setting that a trial does not have is an empty cell.
    `value` is the goal, `second` the second goal.
    """
    paths = [dimension.path for dimension in search.space]
    head = ["trial", "stage", *paths, *FACTS]
    rows = (
        [
            trial.number + 1,
            trial.stage,
            *(trial.values.get(path) for path in paths),
            *(getattr(trial, name) for name in FACTS),
        ]
        for trial in trials
    )
    return csv_text(head, rows)


def importances_csv(fractions: Mapping[str, float]) -> str:
    """Return the importance of each setting, by its label."""
    return csv_text(["setting", "importance"], fractions.items())
