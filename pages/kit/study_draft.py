"""The draft study: stored as JSON text for Double descent, and replaced by opened files."""

from core.base.encoding import encode
from core.studies.study import Study
from pages.kit import session

DRAFT, GENERATION = "study", "study round"  # screen state: the draft study, its widget generation
FOLLOWS = "study of the draft"  # screen state: "yes" while the study trains the draft experiment
PROBLEM = "study gone"  # screen state: why the study of the address is not shown


def set_draft(study: Study, *, redraw: bool = True, follows: bool = False) -> None:
    """Replace the draft study; `redraw` the widgets unless one of them made the change. `follows`
    says whether it trains the draft experiment, also after that has changed.
    """
    session.set_ui(DRAFT, encode(study))
    session.set_ui(FOLLOWS, "yes" if follows else "")
    session.set_ui(PROBLEM, "")
    if redraw:
        session.set_ui(GENERATION, str(int(session.get_ui(GENERATION) or 0) + 1))
