"""Network: what am I building, and does it fit? The layers one by one, drawn, with shapes,
parameters and multiply-adds.
"""

import streamlit as st

from core import runner
from core.data.sets import Facts
from core.errors import LabError
from core.experiment import Experiment
from core.figures import network as drawing
from core.network.build import LayerFacts, trace
from core.network.layers import Layer, times
from core.network.mend import mend
from core.network.presets import Preset
from core.numbers import whole
from core.plan import network_name, plan
from pages.ui import form, state
from pages.ui.before import before
from pages.ui.parts import bar, card_title, finding, header

OPEN = "open layer"


def main() -> None:
    """The whole page."""
    draft = state.draft()
    planned = plan(draft, runner.current().store.home)
    facts = planned.facts
    told = f"{network_name(draft, facts)} · {whole(planned.parameters)} parameters"
    told += f" · {whole(planned.multiply_adds)} multiply-adds · {kilobytes(planned.parameters)}"
    with header("Network", told):
        for icon, word, possible, act in (  # of the layers and the initialization, nothing else
            ("undo", "Undo", state.can_undo(), state.undo),
            ("redo", "Redo", state.can_redo(), state.redo),
        ):
            st.button(
                "",
                icon=f":material/{icon}:",
                help=f"{word} the last change of the network",
                key=word,
                disabled=not possible,
                on_click=act,
            )
        presets(facts)
    if facts is None:
        finding("bad", form.escape(planned.problem))
        st.page_link(
            "data.py",
            label="Choose data",
            icon=":material/grid_view:",
            query_params=state.address(),
        )
    else:
        show(draft, facts)
    bar(planned)


def kilobytes(parameters: int) -> str:
    """Size of the weights as float32."""
    return (
        f"{whole(4 * parameters / 1000)} kB"
        if parameters < 1e6
        else f"{4 * parameters / 1e6:.3g} MB"
    )


def presets(facts: Facts | None, place: str = "") -> None:
    """Whole networks to begin from; what does not fit is refused with its sentence. `place` tells
    two such menus on one page apart.
    """
    words = "Start from a preset" if place else "Presets"
    with st.popover(words, icon=":material/view_module:"):
        for kind, cls in Preset.members.items():
            st.button(
                cls.label,
                key=f"preset {kind}{place}",
                help=form.explain(cls),
                type="tertiary",
                on_click=take,
                args=(kind, facts),
            )


def take(kind: str, facts: Facts | None) -> None:
    """A preset becomes the draft's network."""
    if facts is None:
        return
    preset = Preset.pick(kind)
    if refused := preset.problem(facts.shape):
        state.notice(refused)
        return
    layers = preset.layers(facts.shape)
    wrong = next((fact for fact in trace(layers, facts.shape, facts.outputs) if fact.problem), None)
    if wrong:
        state.notice(
            f"{preset.label} does not fit this data. Layer {wrong.index + 1}: {wrong.problem}"
        )
        return
    replace(layers)
    state.keep(OPEN, "")


def replace(layers: tuple[Layer, ...]) -> None:
    state.edit("network", [layer.model_dump(mode="json") for layer in layers], redraw=True)


def show(draft: Experiment, facts: Facts) -> None:
    """Layers on the left; what they make on the right."""
    layers = draft.network
    traced = trace(layers, facts.shape, facts.outputs)
    left, right = st.columns([5, 7], gap="small")
    with left.container(border=True, gap="xxsmall"):
        with card_title("Layers"):
            st.caption(f"{times(facts.shape)} in", width="content")
        for fact, layer in zip(traced, layers, strict=True):
            one(layers, layer, fact)
            if fact.problem:
                wrong(layers, fact, facts)
        if not layers:
            st.caption("No layers yet. Start from a preset.")
            presets(facts, " here")
        adder(layers)
    with right:
        diagram(traced, facts)
        before(draft, traced, len(facts.classes))


def one(layers: tuple[Layer, ...], layer: Layer, fact: LayerFacts) -> None:
    """One row a layer; the open one is a card with its fields."""
    if state.keep(OPEN) != str(fact.index):
        row(layer, fact)
        return
    with st.container(border=True, gap="small"):
        row(layer, fact)
        if layer.doc():
            st.caption(layer.doc().split("\n\n")[0])
        changed = form.edit(layer, state.key(f"layer{fact.index}"), width=110)
        if changed != layer:
            state.edit(f"network.{fact.index}", changed.model_dump(mode="json"))
            st.rerun()
        with st.container(horizontal=True, gap="xxsmall"):
            for icon, help, change in moves(layers, fact.index):
                st.button(
                    "",
                    icon=f":material/{icon}:",
                    help=help,
                    type="tertiary",
                    key=f"{help} {fact.index}",
                    disabled=change is None,
                    on_click=rearrange,
                    args=(change,),
                )


def row(layer: Layer, fact: LayerFacts) -> None:
    """Number, type, what it is, output shape."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(f":small[:gray[{fact.index + 1}]]", width=18)
        st.button(
            layer.label,
            icon=f":material/{layer.icon}:",
            type="tertiary",
            key=f"open {fact.index}",
            help="Open or close this layer",
            on_click=toggle,
            args=(fact.index,),
        )
        named = fact.name if fact.parameters else ""
        told = " · ".join(filter(None, (named, layer.summary)))
        st.markdown(f":small[:gray[{form.escape(told)}]]", width="stretch")
        st.markdown(f":small[{times(fact.output) if fact.output else '–'}]", width="content")


def wrong(layers: tuple[Layer, ...], fact: LayerFacts, facts: Facts) -> None:
    """What is wrong at this layer, with the one press that mends it where there is one."""
    words, mended = mend(layers, facts.shape, facts.outputs) or ("", layers)
    if finding("bad", form.escape(fact.problem), words, "mend"):
        replace(mended)
        st.rerun()


def toggle(index: int) -> None:
    state.keep(OPEN, "" if state.keep(OPEN) == str(index) else str(index))


Move = tuple[tuple[Layer, ...], int]  # the layers then, and which of them is open


def moves(layers: tuple[Layer, ...], i: int) -> list[tuple[str, str, Move | None]]:
    """Icon, help and result of each thing that can be done to layer i; None where it cannot."""
    up = (*layers[: i - 1], layers[i], layers[i - 1], *layers[i + 1 :])
    down = (*layers[:i], *layers[i + 1 : i + 2], layers[i], *layers[i + 2 :])
    return [
        ("arrow_upward", "Move up", (up, i - 1) if i else None),
        ("arrow_downward", "Move down", (down, i + 1) if i + 1 < len(layers) else None),
        ("content_copy", "Copy", ((*layers[: i + 1], *layers[i:]), i + 1)),
        ("delete", "Delete", ((*layers[:i], *layers[i + 1 :]), -1)),
    ]


def rearrange(move: Move | None) -> None:
    if move:
        replace(move[0])
        state.keep(OPEN, str(move[1]) if move[1] >= 0 else "")


def adder(layers: tuple[Layer, ...]) -> None:
    """A layer of any kind behind the open one; before the output when none is open."""
    opened = state.keep(OPEN)
    place = int(opened) + 1 if opened.isdigit() else max(0, len(layers) - 1)
    with st.popover("Add a layer", icon=":material/add:", width="stretch"):
        st.caption(f"It goes in as layer {place + 1}.")
        with st.grid(2, gap="xxsmall"):
            for kind, cls in Layer.members.items():
                new = (*layers[:place], Layer.pick(kind), *layers[place:])
                st.button(
                    cls.label,
                    icon=f":material/{cls.icon}:",
                    key=f"add {kind}",
                    help=form.explain(cls),
                    type="tertiary",
                    on_click=rearrange,
                    args=((new, place),),
                )


def diagram(traced: tuple[LayerFacts, ...], facts: Facts) -> None:
    """The network as volumes."""
    with st.container(border=True):
        with card_title(
            "Diagram",
            help=(
                "Side: picture size. Depth: number of maps. Colour: from input (violet) to "
                "output (green)."
            ),
        ):
            pass
        volumes = drawing.rows(traced, facts.shape)
        mode = "dark" if st.context.theme.type == "dark" else "light"
        words = "The network as volumes: " + ", ".join(
            f"{name} {times(shape)}" for name, shape, _ in volumes
        )
        st.plotly_chart(
            drawing.figure(volumes, mode),
            theme=None,
            config={"displayModeBar": False},
            alt=words,
            key="diagram",
        )


try:
    main()
except LabError as error:  # a run or a set that was deleted under the page
    st.error(form.escape(str(error)), icon=":material/error:")
