"""The tab Mistakes of a finished run: where the network is wrong."""

from core.analysis.catalogue import Confusion
from pages.kit import analyses
from pages.kit.tables import show_table


def tab(run: str) -> None:
    """Draw the tab."""
    if found := analyses.result(run, Confusion()):
        show_table(found["counts"])
