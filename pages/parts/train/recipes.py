"""Recipes on the page Train: the draft learns as a ready-made experiment does, and data and network
stay as they are.
"""

import streamlit as st

from core.advice.plan import Plan
from core.advice.recipe import learns_as, recipes
from core.base.encoding import encode
from core.experiment import Experiment, shipped
from core.runs.compare import differences
from pages.kit import state
from pages.kit.form import escape
from pages.kit.ready_made import open_ready

BEFORE, AFTER = "before the recipe", "after the recipe"  # the draft's text, for Undo
SHOWN = 6  # settings that are listed
WIDTH = 400  # px


def offer(draft: Experiment, planned: Plan) -> None:
    """The button in the header."""
    with (
        st.popover("Recipes", icon=":material/menu_book:", key="recipes"),
        st.container(width=WIDTH),
    ):
        if not planned.facts:
            st.caption("The data is not here: choose some on Data first.")
            return
        st.caption("Learn as a ready-made experiment does, on your data and with your network.")
        undo(draft)
        known = recipes()
        name = st.selectbox(
            "Learn as in", list(known), index=None, format_func=lambda n: title(known[n]),
            placeholder="Choose a ready-made experiment", key=state.key("recipe"),
            help="Taken over are loss, optimizer, schedule, epochs, batch, sampling, "
            "regularization, stopping and precision.",
        )  # fmt: skip
        if name:
            taste(draft, name, learns_as(draft, known[name], planned.facts.classes))


def title(example: Experiment) -> str:
    """Its name, and how it learns."""
    return f"{example.name} · {example.optimizer.summary} · {example.schedule.label.lower()}"


def taste(draft: Experiment, name: str, made: Experiment) -> None:
    """What it shows, what would change, and the buttons."""
    st.markdown(f":small[{escape(shipped()[name].about)}]")
    rows = differences([draft, made])
    lines = [f"{label}: {old} → {new}" for label, (old, new) in rows[:SHOWN]]
    lines += [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    st.caption("  \n".join(map(escape, lines)) or "Your draft learns like this already.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Use this recipe", type="primary", disabled=not rows, key="use_recipe"):
            state.keep(BEFORE, encode(draft))
            state.keep(AFTER, encode(made))
            state.rebuild(encode(made))
            state.notice(
                f"The draft learns as “{shipped()[name].name}” does. Recipes takes it back."
            )
            st.rerun()
        if st.button("Open it with its data", type="tertiary", key="open_recipe"):
            open_ready(name)


def undo(draft: Experiment) -> None:
    """The way back, as long as nothing else has changed."""
    if not state.keep(BEFORE) or state.keep(AFTER) != encode(draft):
        return
    if st.button("Take the last recipe back", icon=":material/undo:", key="undo_recipe"):
        state.rebuild(state.keep(BEFORE))
        state.keep(BEFORE, "")
        st.rerun()
