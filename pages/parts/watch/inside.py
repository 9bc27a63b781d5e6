"""The tab Inside of a finished run: what its layers have learned."""

from pages.parts.watch import landscape


def tab(run: str) -> None:
    """Draw the tab."""
    landscape.card(run)
