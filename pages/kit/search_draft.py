"""The draft search: stored as JSON text for the Search page, and replaced by opened files."""

from core.base.encoding import encode
from core.studies.search.search import Search
from pages.kit import session

DRAFT, ROUND = "search", "search round"  # screen state: the draft search, its widget generation
FOLLOWS = "search follows"  # screen state: "no" while the draft search keeps its own experiment
CHOSEN = "search strategy chosen"  # screen state: "yes" once a person has chosen the strategy
SHOWN = "search shown"  # screen state: the search on disk that the page shows
PROBLEM = "search gone"  # screen state: why the search of the address is not shown, or a refusal


def set_draft(search: Search, *, follows: bool, redraw: bool = True) -> None:
    """Replace the draft search; `redraw` its widgets unless one of them made the change. `follows`
    says whether it varies the draft experiment, also after that has changed.
    """
    session.set_ui(DRAFT, encode(search))
    session.set_ui(FOLLOWS, "" if follows else "no")
    session.set_ui(PROBLEM, "")
    if redraw:
        redraw_widgets()


def redraw_widgets() -> None:
    """Let the widgets show the draft search as it is."""
    session.set_ui(ROUND, str(int(session.get_ui(ROUND) or 0) + 1))


def open_draft(search: Search) -> None:
    """Make an opened search the draft, with its own experiment and strategy, and show it."""
    set_draft(search, follows=False)
    session.set_ui(CHOSEN, "yes")
    session.set_ui(SHOWN, "")
