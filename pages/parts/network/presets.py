"""The menu of ready-made networks: one click uses a preset as it is; presets with settings can be
configured first.
"""

import streamlit as st

from core.advice.fitting import fit_preset
from core.base.errors import BadNetwork
from core.base.numbers import whole
from core.base.spec import fields
from core.data.datasets import Facts
from core.network.build import trace
from core.network.chains import describe_depth
from core.network.presets import Preset
from pages.kit import form, session, state
from pages.kit.layout import finding
from pages.parts.network.open_layer import set_layers

WIDTH = 300  # px, whatever the menu contains
ICONS = 10  # of the diagram of a preset
CONFIGURED = "preset that is being set"
REFUSED = "preset that was refused"


def presets(facts: Facts | None, suffix: str = "") -> None:
    """Draw the menu. A preset that does not fit is refused with the reason. `suffix` distinguishes
    the keys of two such menus on one page.
    """
    label = "Start from a preset" if suffix else "Presets"
    key = state.key(
        f"presets{suffix}", "network"
    )  # changes when a network is used, which closes the menu
    menu = st.popover(label, icon=":material/view_module:", key=key)
    with menu.container(gap="xxsmall", width=WIDTH):
        for kind, cls in Preset.members.items():
            with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
                st.button(
                    cls.label,
                    key=f"preset {kind}{suffix}",
                    help=form.explain(cls),
                    type="tertiary",
                    on_click=use_preset,
                    args=(cls(), facts),
                )
                if fields(cls):
                    st.button(
                        "Configure",
                        icon=":material/tune:",
                        key=f"set {kind}{suffix}",
                        help=f"Change the settings of {cls.label} before using it.",
                        type="tertiary",
                        on_click=toggle_settings,
                        args=(kind,),
                    )
            if facts:
                st.caption(outline(kind, facts.shape, facts.outputs))
            if session.get_ui(REFUSED) == kind and facts and (reason := refusal(cls(), facts)):
                finding("bad", form.escape(reason))
            if session.get_ui(CONFIGURED) == kind and facts:
                settings(cls(), facts, suffix)


@st.cache_data(max_entries=500, show_spinner=False)
def outline(kind: str, shape: tuple[int, ...], outputs: int) -> str:
    """Return a small diagram of a preset for this data, one icon for each layer, and its size, or
    that it does not fit.
    """
    try:
        layers = fit_preset(Preset.members[kind](), shape, outputs)
    except BadNetwork:
        return "Does not fit this data."
    parameters = sum(fact.parameters for fact in trace(layers, shape, outputs))
    icons = [f":material/{layer.icon}:" for layer in layers]
    if len(icons) > ICONS:
        icons = [*icons[: ICONS - 2], "…", icons[-1]]
    return f"{' '.join(icons)}  \n{describe_depth(layers)} · {whole(parameters)} parameters"


def settings(preset: Preset, facts: Facts, suffix: str) -> None:
    """Draw the fields of a preset, the size that it would have, and the button that uses it."""
    with st.container(border=True, gap="small"):
        key = f"setting {suffix}"
        preset = form.edit(preset, key, width=120)
        invalid_entry = session.take_refusal(key)  # which the form explains; no part of the draft
        reason = refusal(preset, facts)
        if reason:
            finding("bad", form.escape(reason))
        else:
            layers = fit_preset(preset, facts.shape, facts.outputs)
            traced = trace(layers, facts.shape, facts.outputs)
            parameters = sum(fact.parameters for fact in traced)
            st.caption(f"{describe_depth(layers)}, {whole(parameters)} parameters.")
        st.button(
            f"Use {preset.label}",
            key=f"use {preset.kind}{suffix}",
            type="primary",
            disabled=bool(reason or invalid_entry),
            help=form.escape(invalid_entry) or None,
            on_click=use_preset,
            args=(preset, facts),
        )


def toggle_settings(kind: str) -> None:
    """Open or close the settings of this preset."""
    session.set_ui(CONFIGURED, "" if session.get_ui(CONFIGURED) == kind else kind)


def use_preset(preset: Preset, facts: Facts | None) -> None:
    """Make a preset the draft's network, or let its menu show why it does not fit."""
    if facts is None:
        return
    reason = refusal(preset, facts)
    session.set_ui(REFUSED, preset.kind if reason else "")
    if not reason:
        set_layers(fit_preset(preset, facts.shape, facts.outputs), (), f"Preset {preset.label}")


def refusal(preset: Preset, facts: Facts) -> str:
    """Return why a preset does not fit this data; empty if it does."""
    try:
        fit_preset(preset, facts.shape, facts.outputs)
    except BadNetwork as error:
        return str(error)
    return ""
