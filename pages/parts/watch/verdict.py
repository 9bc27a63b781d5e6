"""The tab Verdict of a finished run: is it good, and what to try next."""


def tab(run: str) -> None:
    """Draw the tab."""
