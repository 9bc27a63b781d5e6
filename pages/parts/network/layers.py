"""The list of layers: one row per layer; the open one is a card with its fields, and blocks open as
cards with lists of their own. Only the open layer draws widgets.
"""

from functools import partial

import streamlit as st

from core.advice.network_fix import check_fit
from core.base.numbers import short, whole
from core.base.spec import FieldFacts, fields
from core.base.text import format_shape
from core.data.datasets import Facts
from core.network.build import LayerFacts, describe_misfit, first_misfit_facts, input_shape
from core.network.chains import Layers
from core.network.layers import Layer
from core.network.nested import MAX_BRANCHES, get_stochastic_depth, set_stochastic_depth
from core.network.tree import LayerPath, fits_depth, has_layer, layer_at, replace_layer
from core.weights.matching import Matching
from core.weights.start import Start
from pages.kit import form, session, state
from pages.kit.layout import card_title, finding
from pages.kit.screen import phone
from pages.parts.network.layer_actions import (
    apply_action,
    drop_branch,
    extend_branches,
    insert,
    layer_actions,
)
from pages.parts.network.open_layer import open_layer, open_path, set_layers, to_data
from pages.parts.network.presets import presets
from pages.parts.network.starting_weights import layer_controls, row_text

LONG, HEIGHT = 24, 720  # layers from which on the list scrolls within so many px


class LayerList:
    """The list of one network."""

    def __init__(
        self,
        layers: Layers,
        traced: tuple[LayerFacts, ...],
        facts: Facts,
        start: Start,
        matching: Matching | None,
    ):
        self.layers, self.traced, self.facts = layers, traced, facts
        self.start, self.matching = start, matching
        self.opened = open_path(layers)
        self.wrong = first_misfit_facts(traced)

    def card(self) -> None:
        """Draw the whole card."""
        with st.container(border=True, gap="xxsmall"):
            with card_title("Layers"):
                st.caption(f"Input: {format_shape(self.facts.shape)}", width="content")
            if not self.layers:
                st.caption("The network has no layers yet. Start from a preset or add a layer.")
                presets(self.facts, " here")
            is_long = len(self.layers) > LONG and not phone()
            with st.container(height=HEIGHT if is_long else "content", border=False, gap="xxsmall"):
                self.chain((), self.traced)
            index = self.opened[0] + 1 if self.opened else max(0, len(self.layers) - 1)
            self.adder((index,), "Add a layer")
            self.stochastic_depth()

    def chain(self, path: LayerPath, facts: tuple[LayerFacts, ...]) -> None:
        """Draw the layers of the chain at `path`."""
        for fact in facts:
            self.layer(fact, (*path, fact.index))

    def layer(self, fact: LayerFacts, path: LayerPath) -> None:
        """Draw a row, or a card if this layer or one inside it is open."""
        if self.opened[: len(path)] != path:
            self.row(fact, path)
            self.misfit(first_misfit_facts((fact,)))
            return
        with st.container(border=True, gap="small"):
            self.row(fact, path)
            self.misfit(fact if first_misfit_facts((fact,)) is fact else None)
            if path == self.opened:
                self.fields(fact, path)
            if fact.chains:
                self.inside(fact, path)

    def fields(self, fact: LayerFacts, path: LayerPath) -> None:
        """Draw what the layer does, its fields, and the actions on it."""
        layer = fact.layer
        sizes = f"{whole(fact.parameters)} parameters · {whole(fact.multiply_adds)} multiply-adds"
        lines = filter(None, [layer.doc().split("\n\n")[0], sizes if fact.parameters else ""])
        st.caption("  \n".join(lines))
        if fact.note:
            finding("info", form.escape(fact.note))
        width = 200 if any(field.options for field in fields(type(layer))) else 110
        key = state.key(f"layer {fact.number}", "network")
        changed = form.edit(layer, key, width=width, store=partial(store_layer, layer, path))
        if changed != layer:
            store_layer(layer, path, changed)
            st.rerun()
        layer_controls(self.start, fact)
        with st.container(horizontal=True, gap="medium"):
            for action in layer_actions(self.layers, path):
                st.button(
                    "",
                    icon=f":material/{action.icon}:",
                    help=action.help,
                    type="tertiary",
                    key=f"{action.icon} {fact.number}",
                    disabled=action.result is None,
                    on_click=apply_action,
                    args=(action.icon, layer.kind, path),
                )

    def inside(self, fact: LayerFacts, path: LayerPath) -> None:
        """Draw the chains of a block, each as a list."""
        layer, is_open = fact.layer, path == self.opened
        for number, facts in enumerate(fact.chains):
            chain = (*path, number)
            with st.container(border=layer.has_branches, gap="xxsmall"):
                if layer.has_branches:
                    self.branch_title(layer, path, number, is_open=is_open)
                self.chain(chain, facts)
                if is_open or self.opened[:-1] == chain:
                    end = len(facts) if is_open else self.opened[-1] + 1
                    owner = f"branch {number + 1}" if layer.has_branches else "this block"
                    self.adder((*chain, end), f"Add a layer to {owner}")
        count = len(fact.chains)
        if layer.has_branches and is_open and count < MAX_BRANCHES:
            st.button(
                "Add a branch",
                icon=":material/call_split:",
                key=f"branch {fact.number}",
                help="Adds a copy of the last branch, so that the shapes agree.",
                width="stretch",
                on_click=extend_branches,
                args=(path,),
            )

    def branch_title(self, layer: Layer, path: LayerPath, number: int, *, is_open: bool) -> None:
        """Draw the branch's name and the button that deletes it."""
        chains = layer.chains()
        title = f"Branch {number + 1}" + " (empty: passes its input on)" * (not chains[number])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(title, width="stretch")
            if is_open and len(chains) > 1:
                st.button(
                    "",
                    icon=":material/delete:",
                    help=f"Delete branch {number + 1}",
                    type="tertiary",
                    key=f"drop branch {path} {number}",
                    on_click=drop_branch,
                    args=(path, number),
                )

    def row(self, fact: LayerFacts, path: LayerPath) -> None:
        """Draw number, type, outline and output shape; an open layer shows fields instead."""
        is_open = self.opened == path
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            width = max(18, 8 * len(fact.number))
            st.markdown(f":small[:gray[{fact.number}]]", width=width)
            st.button(
                fact.layer.label,
                icon=f":material/{fact.layer.icon}:",
                type="tertiary",
                key=f"open {'.'.join(map(str, path))}",
                help="Close this layer" if is_open else "Open this layer",
                on_click=open_layer,
                args=(path[:-2] if is_open else path,),
            )
            name = fact.name if fact.parameters else ""
            outline = "" if is_open else break_at_commas(fact.layer.outline)
            source = row_text(self.start, fact, self.matching)
            text = " · ".join(filter(None, (name, outline, source)))
            st.markdown(f":small[:gray[{form.escape(text)}]]", width="stretch")
            shape = format_shape(fact.output) if fact.output else "–"
            st.markdown(f":small[{shape}]", width="content")

    def misfit(self, fact: LayerFacts | None) -> None:
        """Draw why a layer does not fit; the first misfit has a button if one change fixes it."""
        if fact is None or not fact.misfit:
            return
        if fact.number != self.wrong.number:
            finding("bad", form.escape(describe_misfit(fact)))
            return
        found = check_fit(self.layers, self.facts.shape, self.facts.outputs)
        label = found.action.label if found.action else None
        if finding(found.level, form.escape(found.text), label, "fix_misfit"):
            fixed = tuple(map(Layer.pick, found.action.changes["network"]))
            set_layers(fixed, open_path(fixed), found.action.label)
            st.rerun()

    def adder(self, path: LayerPath, label: str) -> None:
        """Draw the menu that inserts a layer of any kind at `path`, grouped as the classes say."""
        is_inner = len(path) > 1
        suffix = f" {'.'.join(map(str, path[:-1]))}" if is_inner else ""
        possible = {
            kind: cls
            for kind, cls in Layer.members.items()
            if not (is_inner and cls.is_output) and fits_depth(self.layers, path, Layer.pick(kind))
        }
        shape = input_shape(self.traced, path, self.facts.shape)
        with st.popover(label, icon=":material/add:", width="stretch", key=f"adder{suffix}"):
            st.caption(f"The layer is inserted at position {path[-1] + 1}.")
            for group in dict.fromkeys(cls.group for cls in possible.values()):
                st.caption(f"**{group}**")
                with st.grid(min_column_width=140, gap="xxsmall"):
                    for kind, cls in possible.items():
                        if cls.group == group:
                            st.button(
                                cls.label,
                                icon=f":material/{cls.icon}:",
                                key=f"add {kind}{suffix}",
                                help=form.explain(cls),
                                type="tertiary",
                                on_click=insert,
                                args=(kind, path, shape),
                            )

    def stochastic_depth(self) -> None:
        """Draw one drop probability for all residual blocks, which grows with depth; only if there
        are several blocks.
        """
        current = get_stochastic_depth(self.layers)
        if current is None:
            return
        last, is_linear = current
        value = ("off" if not last else f"up to {short(last)}") if is_linear else "set per block"
        title = f"**Stochastic depth** :gray[{value}]"
        with st.expander(title, icon=":material/filter_list:", key="fold stochastic depth"):
            field, key = drop_field(self.layers), state.key("stochastic depth", "network")
            chosen = form.widget(field, last, key, on_change=store_stochastic_depth, args=(key,))
            st.caption(
                "During training, block l of L is skipped with probability p · l/L: rarely near "
                "the input, with probability p at the end (Huang et al. 2016)."
            )
            if chosen != last and 0 <= chosen < 1:
                state.edit("network", to_data(set_stochastic_depth(self.layers, chosen)))
                st.rerun()
            elif chosen != last:
                finding(
                    "bad",
                    f"p is {short(chosen)}, but must be at least 0 and below 1. The network still "
                    f"uses {short(last)}.",
                )


def store_layer(old: Layer, path: LayerPath, new: Layer) -> None:
    """Replace the layer at `path` of the draft, if it is still `old`."""
    layers = state.draft().network
    if has_layer(layers, path) and layer_at(layers, path) == old:
        state.edit("network", to_data(replace_layer(layers, path, new)))


def store_stochastic_depth(key: str) -> None:
    """Write the drop probability of the widget with this key into the draft, if it is valid."""
    chosen, layers = session.widget_value(key), state.draft().network
    if isinstance(chosen, int | float) and 0 <= chosen < 1 and get_stochastic_depth(layers):
        state.edit("network", to_data(set_stochastic_depth(layers, float(chosen))))


def drop_field(layers: Layers) -> FieldFacts:
    """Return the field `drop` of the first layer with stochastic depth."""
    block = next(layer for layer in layers if layer.has_stochastic_depth)
    return next(field for field in fields(type(block)) if field.name == "drop")


def break_at_commas(outline: str) -> str:
    """Return the outline such that it breaks into lines only behind its commas."""
    return ", ".join(part.replace(" ", "\u00a0") for part in outline.split(", "))
