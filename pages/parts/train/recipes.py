"""Recipes on the page Train: use the training settings of a ready-made experiment, while data and
network stay unchanged.
"""

import streamlit as st

from core.advice.plan import Plan
from core.advice.recipe import apply_recipe, recipes
from core.experiment import Experiment, shipped
from core.runs.compare import differences
from pages.kit import session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.ready_made import open_ready

SHOWN = 6  # changed settings that are listed
WIDTH = 400  # px


def offer(draft: Experiment, planned: Plan) -> None:
    """Draw the button in the header."""
    with (
        st.popover("Recipes", icon=":material/menu_book:", key="recipes"),
        st.container(width=WIDTH),
    ):
        if not planned.facts:
            st.caption("No dataset is selected. Choose one on the page Data first.")
            return
        st.caption(
            "Use the training settings of a ready-made experiment with your data and network."
        )
        examples = recipes()
        name = st.selectbox(
            "Recipe", list(examples), index=None, format_func=lambda n: title(examples[n]),
            placeholder="Choose a ready-made experiment", key=state.key("recipe"),
            help="Copies loss, optimizer, schedule, epochs, batch size, sampling, regularization, "
            "stopping rules and precision.",
        )  # fmt: skip
        if name:
            preview(draft, name, apply_recipe(draft, examples[name], planned.facts.classes))


def title(example: Experiment) -> str:
    """Return the name of the recipe with its optimizer and schedule."""
    return f"{example.name} · {example.optimizer.summary} · {example.schedule.label.lower()}"


def preview(draft: Experiment, name: str, changed: Experiment) -> None:
    """Draw what the recipe demonstrates, what would change, and the buttons."""
    st.markdown(f":small[{escape(shipped()[name].about)}]")
    rows = differences([draft, changed])
    lines = [f"{label}: {old} → {new}" for label, (old, new) in rows[:SHOWN]]
    lines += [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    st.caption("  \n".join(map(escape, lines)) or "Your draft already uses these settings.")
    with st.container(horizontal=True, gap="small"):
        if button("Use this recipe", type="primary", disabled=not rows, key="use_recipe"):
            recipe = f"recipe “{shipped()[name].name}”"
            state.rebuild(changed, f"Use the {recipe}")
            session.notice(f"The draft now uses the {recipe}. Press Undo to revert.")
            st.rerun()
        if button("Open with its own data", type="tertiary", key="open_recipe"):
            open_ready(name)
