"""The menu of whole networks: one press takes a preset as it is; those with fields can be set
before.
"""

import streamlit as st

from core.advice.fitting import fitted
from core.base.errors import BadNetwork
from core.base.numbers import whole
from core.base.spec import fields
from core.data.datasets import Facts
from core.network.build import trace
from core.network.presets import Preset
from pages.kit import form, state
from pages.kit.layout import finding
from pages.parts.network.open_layer import rebuild

WIDTH = 300  # px, whatever stands in the menu
SET = "preset that is being set"
REFUSED = "preset that was refused"


def presets(facts: Facts | None, place: str = "") -> None:
    """Whole networks to begin from; what does not fit is refused with its sentence. `place` tells
    two such menus on one page apart.
    """
    words = "Start from a preset" if place else "Presets"
    key = state.key(f"presets{place}", "network")  # another one when a network was taken: it closes
    menu = st.popover(words, icon=":material/view_module:", key=key)
    with menu.container(gap="xxsmall", width=WIDTH):
        for kind, cls in Preset.members.items():
            with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
                st.button(
                    cls.label,
                    key=f"preset {kind}{place}",
                    help=form.explain(cls),
                    type="tertiary",
                    on_click=take,
                    args=(cls(), facts),
                )
                if any(True for _ in fields(cls)):
                    st.button(
                        "Set",
                        icon=":material/tune:",
                        key=f"set {kind}{place}",
                        help=f"Set {cls.label} before it is used",
                        type="tertiary",
                        on_click=choose,
                        args=(kind,),
                    )
            if state.get_ui(REFUSED) == kind and facts and (why := refusal(cls(), facts)):
                finding("bad", form.escape(why))
            if state.get_ui(SET) == kind and facts:
                setting(cls(), facts, place)


def setting(preset: Preset, facts: Facts, place: str) -> None:
    """The fields of a preset, what it would be with them, and the press that takes it."""
    with st.container(border=True, gap="small"):
        preset = form.edit(preset, f"setting {place}", width=120)
        problem = refusal(preset, facts)
        if problem:
            finding("bad", form.escape(problem))
        else:
            layers = fitted(preset, facts.shape, facts.outputs)
            traced = trace(layers, facts.shape, facts.outputs)
            weights = sum(fact.parameters for fact in traced)
            st.caption(f"{len(layers)} layers in the list, {whole(weights)} parameters.")
        st.button(
            f"Use {preset.label}",
            key=f"use {preset.kind}{place}",
            type="primary",
            disabled=bool(problem),
            on_click=take,
            args=(preset, facts),
        )


def choose(kind: str) -> None:
    """The fields of this preset open, or close."""
    state.set_ui(SET, "" if state.get_ui(SET) == kind else kind)


def take(preset: Preset, facts: Facts | None) -> None:
    """A preset becomes the draft's network, or its menu says why it cannot."""
    if facts is None:
        return
    why = refusal(preset, facts)
    state.set_ui(REFUSED, preset.kind if why else "")
    if not why:
        rebuild(fitted(preset, facts.shape, facts.outputs), ())


def refusal(preset: Preset, facts: Facts) -> str:
    """Why a preset cannot work on this data, and the way out; empty where it can."""
    try:
        fitted(preset, facts.shape, facts.outputs)
    except BadNetwork as refused:
        return str(refused)
    return ""
