"""The list of layers: one row a layer, the open one a card with its fields; blocks open as cards
with lists of their own within. Only the open layer draws widgets.
"""

from dataclasses import dataclass

import streamlit as st

from core.advice.network_fix import mend
from core.base.numbers import short, whole
from core.base.spec import fields
from core.base.text import format_shape
from core.data.datasets import Facts
from core.network.build import LayerFacts, first_problem
from core.network.chains import Layers
from core.network.layers import Branches, Layer, Residual
from core.network.nested import deepening, deepest
from core.network.tree import (
    Place,
    add,
    add_branch,
    chain_at,
    drop_branch,
    fits_in,
    may_go,
    put,
    swap,
    unwrap,
    wrap,
)  # fmt: skip
from pages.kit import form, state
from pages.kit.layout import card_title, finding
from pages.kit.screen import phone
from pages.parts.network.open_layer import open_at, opened, plain, rebuild
from pages.parts.network.presets import presets

LONG, HEIGHT = 24, 720  # layers from which on the list scrolls within so many px


@dataclass(frozen=True)
class Move:
    """One thing that can be done to a layer: `result` is the layers then and what is open; None
    where it cannot be done, and `help` says why.
    """

    icon: str
    help: str
    result: tuple[Layers, Place] | None


class Listed:
    """The list of one network."""

    def __init__(self, layers: Layers, traced: tuple[LayerFacts, ...], facts: Facts):
        self.layers, self.traced, self.facts = layers, traced, facts
        self.opened = opened(layers)
        self.wrong = first_problem(traced)

    def card(self) -> None:
        """The whole card."""
        with st.container(border=True, gap="xxsmall"):
            with card_title("Layers"):
                st.caption(f"{format_shape(self.facts.shape)} in", width="content")
            if not self.layers:
                st.caption("No layers yet. Start from a preset.")
                presets(self.facts, " here")
            long = len(self.layers) > LONG and not phone()
            with st.container(height=HEIGHT if long else "content", border=False, gap="xxsmall"):
                self.chain((), self.traced)
            place = self.opened[0] + 1 if self.opened else max(0, len(self.layers) - 1)
            self.adder((place,), "Add a layer")
            self.stochastic_depth()

    def chain(self, place: Place, facts: tuple[LayerFacts, ...]) -> None:
        """The layers of a chain; `place` is that of the chain."""
        for layer, fact in zip(chain_at(self.layers, place), facts, strict=True):
            self.one(layer, fact, (*place, fact.index))

    def one(self, layer: Layer, fact: LayerFacts, place: Place) -> None:
        """A row; a card where it, or a layer within, is the open one."""
        if self.opened[: len(place)] != place:
            self.row(layer, fact, place)
            self.complaint(first_problem((fact,)))
            return
        with st.container(border=True, gap="small"):
            self.row(layer, fact, place)
            self.complaint(fact if first_problem((fact,)) is fact else None)
            if place == self.opened:
                self.fields(layer, fact, place)
            if layer.inside():
                self.inside(layer, fact, place)

    def fields(self, layer: Layer, fact: LayerFacts, place: Place) -> None:
        """What the layer is, its widgets, and what can be done to it."""
        sizes = f"{whole(fact.parameters)} parameters · {whole(fact.multiply_adds)} multiply-adds"
        told = filter(None, [layer.doc().split("\n\n")[0], sizes if fact.parameters else ""])
        st.caption("  \n".join(told))
        if fact.note:
            finding("info", form.escape(fact.note))
        width = 200 if any(fact.options for fact in fields(type(layer))) else 110
        changed = form.edit(layer, state.key(f"layer {fact.number}", "network"), width=width)
        if changed != layer:
            state.edit("network", plain(put(self.layers, place, changed)))
            st.rerun()
        with st.container(horizontal=True, gap="medium"):
            for move in self.moves(layer, place):
                st.button(
                    "",
                    icon=f":material/{move.icon}:",
                    help=move.help,
                    type="tertiary",
                    key=f"{move.icon} {fact.number}",
                    disabled=move.result is None,
                    on_click=rebuild,
                    args=move.result or ((), ()),
                )

    def inside(self, layer: Layer, fact: LayerFacts, place: Place) -> None:
        """The chains of a block, each a list."""
        many = isinstance(layer, Branches)
        itself = place == self.opened
        for number, facts in enumerate(fact.inside):
            chain = (*place, number)
            with st.container(border=many, gap="xxsmall"):
                if many:
                    self.branch_head(layer, place, number, open=itself)
                self.chain(chain, facts)
                if itself or self.opened[:-1] == chain:
                    end = len(facts) if itself else self.opened[-1] + 1
                    where = f"branch {number + 1}" if many else "this block"
                    self.adder((*chain, end), f"Add a layer to {where}")
        if many and itself and len(fact.inside) < 16:
            count = len(fact.inside)
            st.button(
                "Add a branch",
                icon=":material/call_split:",
                key=f"branch {fact.number}",
                help="A copy of the last one, so that the shapes agree",
                width="stretch",
                on_click=rebuild,
                args=(add_branch(self.layers, place, count, layer.inside()[-1]), place),
            )

    def branch_head(self, layer: Layer, place: Place, number: int, *, open: bool) -> None:
        """What the branch is called, and the press that takes it away."""
        chains = layer.inside()
        told = f"Branch {number + 1}" + " · empty: it passes the input on" * (not chains[number])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(told, width="stretch")
            if open and len(chains) > 1:
                st.button(
                    "",
                    icon=":material/delete:",
                    help=f"Delete branch {number + 1}",
                    type="tertiary",
                    key=f"drop branch {place} {number}",
                    on_click=rebuild,
                    args=(drop_branch(self.layers, place, number), place),
                )

    def row(self, layer: Layer, fact: LayerFacts, place: Place) -> None:
        """Number, type, what it is, output shape; of the open one the fields say what it is."""
        is_open = self.opened == place
        up = place[:-2] if is_open else place
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            width = max(18, 8 * len(fact.number))
            st.markdown(f":small[:gray[{fact.number}]]", width=width)
            st.button(
                layer.label,
                icon=f":material/{layer.icon}:",
                type="tertiary",
                key=f"open {'.'.join(map(str, place))}",
                help="Open or close this layer",
                on_click=open_at,
                args=(up,),
            )
            named = fact.name if fact.parameters else ""
            outline = "" if is_open else unbroken(layer.outline)
            told = " · ".join(filter(None, (named, outline)))
            st.markdown(f":small[:gray[{form.escape(told)}]]", width="stretch")
            st.markdown(
                f":small[{format_shape(fact.output) if fact.output else '–'}]", width="content"
            )

    def complaint(self, fact: LayerFacts | None) -> None:
        """What is wrong at a layer, with the one press that mends it where there is one."""
        if fact is None or not fact.problem:
            return
        said = f"Layer {fact.number}, {fact.name}: {fact.problem}"
        if fact.number != self.wrong.number:
            finding("bad", form.escape(said))
            return
        shape, outputs = self.facts.shape, self.facts.outputs
        words, mended = mend(self.layers, shape, outputs) or ("", self.layers)
        if finding("bad", form.escape(said), words, "mend"):
            rebuild(mended, opened(mended))
            st.rerun()

    def moves(self, layer: Layer, place: Place) -> list[Move]:
        """Each thing that can be done to a layer."""
        layers, chain, i = self.layers, chain_at(self.layers, place[:-1]), place[-1]
        up, down = (*place[:-1], i - 1), (*place[:-1], i + 1)
        out = (put(layers, place), place[:-2]) if may_go(layers, place) else None
        moves = [
            Move("arrow_upward", "Move up", (swap(layers, place, i - 1), up) if i else None),
            Move(
                "arrow_downward",
                "Move down",
                (swap(layers, place, i + 1), down) if i + 1 < len(chain) else None,
            ),
            Move("content_copy", "Copy", (put(layers, place, layer, layer), down)),
            Move("delete", "Delete" if out else "A block keeps its last layer", out),
        ]
        if layer.inside():
            freed = (unwrap(layers, place), place[:-2]) if any(layer.inside()) else None
            words = "Take the layers out of the block"
            return [*moves, Move("unfold_more", words, freed)]
        deeper = fits_in(layers, (*place, 0, 0), layer)
        wrapped = (wrap(layers, place), place) if deeper and layer.stem != "output" else None
        return [*moves, Move("alt_route", "Wrap into a residual block", wrapped)]

    def adder(self, place: Place, words: str) -> None:
        """A layer of any kind in front of what stands at `place`."""
        inner = len(place) > 1
        behind = f" {'.'.join(map(str, place[:-1]))}" if inner else ""
        with st.popover(words, icon=":material/add:", width="stretch"):
            st.caption(f"It goes in at position {place[-1] + 1}.")
            with st.grid(min_column_width=140, gap="xxsmall"):
                for kind, cls in Layer.members.items():
                    new = Layer.pick(kind)
                    if (inner and cls.stem == "output") or not fits_in(self.layers, place, new):
                        continue
                    st.button(
                        cls.label,
                        icon=f":material/{cls.icon}:",
                        key=f"add {kind}{behind}",
                        help=form.explain(cls),
                        type="tertiary",
                        on_click=insert,
                        args=(kind, place),
                    )

    def stochastic_depth(self) -> None:
        """One drop probability for all blocks, growing with depth; where there are several."""
        known = deepest(self.layers)
        if known is None:
            return
        last, even = known
        value = ("off" if not last else f"grows to {short(last)}") if even else "set block by block"
        words = f"**Stochastic depth** :gray[{value}]"
        with st.expander(words, icon=":material/filter_list:", key="fold stochastic depth"):
            fact = next(f for f in fields(Residual) if f.name == "drop")
            said = form.widget(fact, last, state.key("stochastic depth", "network"))
            st.caption(
                "While training, block l of L is left out with probability p · l/L: seldom at the "
                "input, with p at the end (Huang et al. 2016)."
            )
            if said != last and 0 <= said < 1:
                state.edit("network", plain(deepening(self.layers, said)))
                st.rerun()
            elif said != last:
                finding("bad", f"p must be at least 0 and below 1: {short(last)} stays.")


def insert(kind: str, place: Place) -> None:
    """A layer of this kind, and it is open."""
    rebuild(add(state.draft().network, place, Layer.pick(kind)), place)


def unbroken(outline: str) -> str:
    """It breaks into lines behind its commas alone."""
    return ", ".join(part.replace(" ", "\u00a0") for part in outline.split(", "))
