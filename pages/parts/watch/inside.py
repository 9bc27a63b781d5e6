"""The tab Inside of a finished run: what its layers have learned."""


def tab(run: str) -> None:
    """Draw the tab."""
