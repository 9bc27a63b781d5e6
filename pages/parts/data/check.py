"""The step "Check" of the Data page: what the doctor found, with one press for each fix, beside the
samples themselves.
"""

import pandas as pd
import streamlit as st

from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import counted
from core.data.datasets import Spreadsheets
from core.data.library import About, Library
from core.data.reading import Reading
from core.data.samples import Samples
from core.experiment import Experiment
from core.figures.pictures import side_by_side
from core.jobs import runner
from pages.kit import form, state
from pages.kit.buttons import button
from pages.kit.layout import card_title, finding
from pages.parts.data import selected
from pages.parts.data.sources import chosen
from pages.parts.data.upload import read_again

ICONS = {
    "transpose": "rotate_90_degrees_cw",
    "invert": "invert_colors",
    "white": "light_mode",
    "header": "table_rows",
    "label_column": "swap_horiz",
    "task": "swap_horiz",
    "sheet": "layers",
    "form": "table",
}
LOOK = "looked at"  # kept: the finding whose samples are shown
RANK = {"warn": 0, "info": 1, "ok": 2}
EACH = 8  # pictures in a row of evidence
HEAD = 7  # rows of a table that are shown
NO_BAR = {"displayModeBar": False, "staticPlot": True}


def doctor(draft: Experiment, data: Samples) -> None:
    """Findings to fix first, then those to know, then what is in order."""
    if not isinstance(draft.data, Spreadsheets):
        with card_title("Data doctor"):
            pass
        for text in in_order(draft):
            finding("ok", text)
        return
    about = Library(runner.current().store.home).about(draft.data.digest)
    urgent = [f for f in about.findings if f.action and f.level == "warn"]
    with card_title("Data doctor"):
        if len(urgent) > 1 and button(
            f"Fix all {len(urgent)}", icon=":material/auto_fix_high:", type="primary"
        ):
            read_again(about, {k: v for f in urgent for k, v in f.action.changes.items()})
    undo(about)
    for found in sorted(about.findings, key=lambda f: (RANK[f.level], f.action is None)):
        action, icon = press(found)
        if finding(found.level, form.escape(found.text), action, f"fix {found.code}", icon):
            if not found.action:
                state.set_ui(LOOK, f"{about.digest} {found.code}")
                st.rerun()
            read_again(about, found.action.changes)
        if found.code == "transposed":
            both_ways(data)


def both_ways(data: Samples) -> None:
    """Some pictures as they are stored, and turned: one look tells more than a measure."""
    stored = data.inputs[:: max(1, len(data) // 7)][:7]
    rows = [("as stored", stored), ("turned", stored.swapaxes(2, 3))]
    figure = side_by_side(rows, [""] * len(stored), mode=selected.mode(), side=40)
    alt = "The same pictures as they are stored and with rows and columns swapped"
    st.plotly_chart(figure, theme=None, config=NO_BAR, key="both ways", alt=alt)


def press(found: Finding) -> tuple[str | None, str | None]:
    """What a finding's button says, and its icon; nothing where there is nothing to press."""
    if found.fix:
        icon = ICONS.get(next(iter(found.fix)), "auto_fix_high")
        return found.action or "Fix", f":material/{icon}:"
    return ("Show", ":material/visibility:") if found.rows else (None, None)


def undo(about: About) -> None:
    """Every reading that a person chose, each with its Undo."""
    for name, value in chosen(about).items():
        said = f"**{done(name, value)}**"
        if finding("ok", said, "Undo", f"undo {name}", ":material/undo:"):
            read_again(about, {name: getattr(Reading(), name)})


def done(name: str, value: object) -> str:
    """A reading that a person chose, in words."""
    if name == "transpose":
        return "Transposed: every picture is turned."
    if name == "invert":
        return "Inverted: dark is bright and bright is dark."
    if name == "task":
        return "Read as values to predict." if value == "values" else "Read as classes."
    return f"{name.replace('_', ' ').capitalize()}: {form.escape(str(value))}."


def in_order(draft: Experiment) -> list[str]:
    """What a built-in set is, as sentences."""
    facts = draft.data.facts(runner.current().store.home)
    given = f", {whole(facts.test_rows)} more kept for the test" if facts.test_rows else ""
    lines = [" ".join(text.split()) for text in draft.data.doc().split("\n\n")]
    if not facts.pictures:
        what = f" in {counted(len(facts.classes), 'class')}" if facts.classes else ""
        each = "" if facts.classes else " Each has a value to predict."
        return [*lines, f"{counted(facts.rows, 'point')}{what}{given}.{each}"]
    _, height, width = facts.shape
    return [
        *lines,
        f"{counted(facts.rows, 'picture')} of {height} × {width}{given}.",
        "Every picture has a label.",
    ]


def shown(draft: Experiment, data: Samples) -> None:
    """The samples: pictures by class, points, or the first rows of a table."""
    if looked := looked_at(draft):
        evidence(looked, data)
    elif len(data.shape) == 3:
        pictures(draft, data)
    else:
        rows(draft, data)


def looked_at(draft: Experiment) -> Finding | None:
    """The finding whose samples somebody wants to see, as long as it is this set's."""
    digest, _, code = state.get_ui(LOOK).partition(" ")
    if not code or digest != getattr(draft.data, "digest", ""):
        return None
    about = Library(runner.current().store.home).about(digest)
    return next((f for f in about.findings if f.code == code and f.rows), None)


def evidence(found: Finding, data: Samples) -> None:
    """The samples behind a finding, with their labels."""
    with card_title("What was found"):
        st.button(
            "All samples", icon=":material/arrow_back:", on_click=state.set_ui, args=(LOOK, "")
        )
    st.markdown(f":small[{form.escape(found.text)}]")
    chosen = [row for row in found.rows if row < len(data)][: 3 * EACH]
    names = [
        data.classes[data.targets[r]] if data.classes else str(data.targets[r]) for r in chosen
    ]
    if len(data.shape) != 3:
        st.dataframe(pd.DataFrame(data.inputs[chosen]).assign(target=names, row=chosen))
        return
    for start in range(0, len(chosen), EACH):
        part = chosen[start : start + EACH]
        figure = side_by_side(
            [("", data.inputs[part])], names[start : start + EACH], mode=selected.mode()
        )
        alt = "Pictures with their labels"
        st.plotly_chart(figure, theme=None, config=NO_BAR, key=f"found {start}", alt=alt)


def pictures(draft: Experiment, data: Samples) -> None:
    """Some pictures of every class, and how many there are."""
    with card_title("Pictures by class" if data.classes else "Pictures"):
        if isinstance(draft.data, Spreadsheets):
            about = Library(runner.current().store.home).about(draft.data.digest)
            turned = st.toggle(
                "Transpose",
                about.reading.transpose,
                help="Rows and columns of every picture change places.",
                key=f"transpose {about.digest}",
            )
            if turned != about.reading.transpose:
                read_again(about, {"transpose": turned})
        if button("Show other images", icon=":material/shuffle:"):
            state.set_ui("drawn", str(int(state.get_ui("drawn") or 0) + 1))
    figure = selected.wall(
        draft.data.model_dump_json(), int(state.get_ui("drawn") or 0), selected.mode()
    )
    words = (
        f"{selected.PICTURES_EACH} pictures of each of {len(data.classes)} classes, and how many "
        "there are of each"
    )
    st.plotly_chart(figure, theme=None, config=NO_BAR, alt=words, key="wall")
    if len(data.classes) > selected.ROWS:
        st.caption(f"The first {selected.ROWS} of {whole(len(data.classes))} classes.")


def rows(draft: Experiment, data: Samples) -> None:
    """Points where a row has one or two numbers, else the first rows; and the balance."""
    choice, mode = draft.data.model_dump_json(), selected.mode()
    if len(data.shape) == 1 and data.shape[0] <= 2:
        with card_title("Points"):
            pass
        figure = selected.plane(choice, mode)
        st.plotly_chart(
            figure, theme=None, config={"displayModeBar": False}, key="plane", alt="The points"
        )
        return
    with card_title("First rows"):
        pass
    names = data.columns or tuple(f"x{i + 1}" for i in range(data.shape[0]))
    table = pd.DataFrame(data.inputs[:HEAD], columns=list(names))
    targets = data.targets[:HEAD].tolist()
    table.insert(0, "target", [data.classes[t] if data.classes else t for t in targets])
    st.dataframe(table, hide_index=True, height="content")
    st.plotly_chart(
        selected.balance(choice, mode),
        theme=None,
        config=NO_BAR,
        key="balance",
        alt="How many rows each class has" if data.classes else "How the values spread",
    )
