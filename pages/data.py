"""Data: is my data what I think it is? Pick or upload, what the doctor found, the pictures, the
split and the scale.
"""

import pandas as pd
import streamlit as st

from core import runner
from core.data.library import Library
from core.data.load import load
from core.data.reading import Reading
from core.data.sets import DataSet, Spreadsheets
from core.data.wording import counted
from core.errors import LabError
from core.experiment import Experiment
from core.figures.pictures import by_class
from core.numbers import percent, short, whole
from pages.ui import form, state
from pages.ui.parts import bar, card_title, finding, header
from pages.ui.sources import CHOOSING, choose, fault, read_again, switch, use

STEPS = ["Check", "Split and scale"]
PICTURES_EACH = 11


def main() -> None:
    """The whole page."""
    if (wanted := state.take_from_address("from")) in ("sets", "files"):
        state.keep(CHOOSING, wanted)
    draft = state.draft()
    with header("Data", told(draft)):
        label, wanted = ("Keep this data", "") if state.keep(CHOOSING) else ("Change data", "sets")
        st.button(label, icon=":material/swap_horiz:", on_click=switch, args=(wanted,))
    if state.keep(CHOOSING):
        choose()
    else:
        show(draft)
    bar()


def told(draft: Experiment) -> str:
    """The set in one line."""
    try:
        facts = draft.data.facts(runner.current().store.home)
    except LabError:
        return draft.data.summary
    channels, height, width = facts.shape
    colour = "grey" if channels == 1 else "colour" if channels == 3 else f"{channels} channels"
    pictures = counted(facts.rows + facts.test_rows, "picture")
    return (
        f"{draft.data.summary} · {pictures} · {height} × {width} {colour} · "
        f"{counted(len(facts.classes), 'class')}"
    )


# --- showing


def show(draft: Experiment) -> None:
    """What was found, the pictures, and the five numbers; or why they cannot be shown."""
    home = runner.current().store.home
    fault()
    if not draft.data.here(home):
        with st.container(border=True):
            st.markdown(f"{form.escape(draft.data.summary)} is not on this disk yet.")
            if st.button(f"Fetch {draft.data.label}", icon=":material/download:"):
                use(draft.data)
        return
    try:
        data = load(draft.data, home)
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    step = st.segmented_control(
        "Step",
        STEPS,
        default=STEPS[0],
        required=True,
        label_visibility="collapsed",
        key="data_step",
    )
    left, right = st.columns([5, 7], gap="small")
    if step == STEPS[0]:
        with left.container(border=True, height="stretch"):
            doctor(draft)
        with right.container(border=True, height="stretch"):
            pictures(draft, data)
    else:
        with left.container(border=True, height="stretch"):
            split(draft)
        with right.container(border=True, height="stretch"):
            scale(draft, data)
    with st.container(border=True):
        numbers(state.draft(), data)


FIXES = {
    "transpose": ("Transpose", "rotate_90_degrees_cw"),
    "white": ("Keep the values", "light_mode"),
}


def doctor(draft: Experiment) -> None:
    """Findings to fix first, then those to know, then what is in order."""
    with card_title("Data doctor"):
        pass
    if not isinstance(draft.data, Spreadsheets):
        for text in in_order(draft):
            finding("ok", text)
        return
    about = Library(runner.current().store.home).about(draft.data.digest)
    for name, value in about.reading.model_dump().items():
        default = getattr(Reading(), name)
        if value != default and finding(
            "ok", f"**{done(name, value)}**", "Undo", f"undo {name}", ":material/undo:"
        ):
            read_again(about, {name: default})
    rank = {"warn": 0, "info": 1, "ok": 2}
    for found in sorted(about.findings, key=lambda f: (rank[f.level], f.fix is None)):
        action, icon = FIXES.get(next(iter(found.fix or {}), ""), ("Fix", "auto_fix_high"))
        if finding(
            found.level,
            form.escape(found.message),
            action if found.fix else None,
            f"fix {found.code}",
            f":material/{icon}:" if found.fix else None,
        ):
            read_again(about, found.fix)


def in_order(draft: Experiment) -> list[str]:
    """What a built-in set is, as sentences."""
    facts = draft.data.facts(runner.current().store.home)
    _, height, width = facts.shape
    given = f", {whole(facts.test_rows)} more kept for the test" if facts.test_rows else ""
    lines = draft.data.doc().split("\n\n")
    return [
        *[" ".join(text.split()) for text in lines],
        f"{counted(facts.rows, 'picture')} of {height} × {width}{given}.",
        "Bright on dark; every picture has a label.",
    ]


def done(name: str, value: object) -> str:
    """A reading that a person chose, in words."""
    if name == "transpose":
        return "Transposed: every picture is turned."
    return f"{name.replace('_', ' ').capitalize()}: {form.escape(str(value))}."


def pictures(draft: Experiment, data: object) -> None:
    """Some pictures of every class, and how many there are."""
    with card_title("Pictures by class"):
        if isinstance(draft.data, Spreadsheets):
            about = Library(runner.current().store.home).about(draft.data.digest)
            turned = st.toggle(
                "Transpose",
                about.reading.transpose,
                help="Pixel (row, column) becomes (column, row).",
                key=f"transpose {about.digest}",
            )
            if turned != about.reading.transpose:
                read_again(about, {"transpose": turned})
        if st.button("Others", icon=":material/shuffle:", help="Draw other pictures"):
            state.keep("drawn", str(int(state.keep("drawn") or 0) + 1))
    mode = "dark" if st.context.theme.type == "dark" else "light"
    shown = min(len(data.classes), 12)
    figure = wall(draft.data.model_dump_json(), int(state.keep("drawn") or 0), mode)
    words = (
        f"{PICTURES_EACH} pictures of each of {len(data.classes)} classes, and how many "
        "there are of each"
    )
    st.plotly_chart(
        figure,
        theme=None,
        config={"displayModeBar": False, "staticPlot": True},
        alt=words,
        key="wall",
    )
    if shown < len(data.classes):
        st.caption(f"The first {shown} of {len(data.classes)} classes.")


@st.cache_data(max_entries=16, show_spinner=False)
def wall(choice: str, seed: int, mode: str) -> object:
    """The figure, kept: the pictures of one choice do not change."""
    data = picked(choice)
    shown = min(len(data.classes), 12)
    keep = data.targets < shown
    images, labels = (
        (data.inputs, data.targets)
        if shown == len(data.classes)
        else (data.inputs[keep], data.targets[keep])
    )
    return by_class(images, labels, data.classes[:shown], mode=mode, each=PICTURES_EACH, seed=seed)


def picked(choice: str) -> object:
    import json

    return load(DataSet.pick(json.loads(choice)), runner.current().store.home)


def split(draft: Experiment) -> None:
    """How many pictures are kept for choosing and for the end."""
    with card_title("Split"):
        pass
    st.caption(
        "Training pictures teach; validation pictures choose the best epoch; test pictures "
        "are looked at once, at the end."
    )
    value = form.edit(draft.split, state.key("split"))
    if value != draft.split:
        state.edit("split", value.model_dump(mode="json"))
    if draft.data.facts(runner.current().store.home).test_rows:
        st.caption("This set brings its own test pictures: the test share is not used.")


def scale(draft: Experiment, data: object) -> None:
    """What every pixel is multiplied by and what is added, fitted on the training part alone."""
    from core.data.normalization import Normalization

    with card_title("Scale"):
        pass
    value = form.choose(
        Normalization, draft.normalization, state.key("normalization"), label="Normalization"
    )
    value = form.edit(value, state.key("normalization"))
    if value != draft.normalization:
        state.edit("normalization", value.model_dump(mode="json"))
    st.latex(value.formula)
    affine = fitted(state.draft())
    mean, std = affine.multiply * affine.mean + affine.add, affine.multiply * affine.std
    rows = [
        ("Before", affine.mean, affine.std, (affine.mean**2 + affine.std**2) ** 0.5),
        ("After", mean, std, affine.rms),
    ]
    table = pd.DataFrame(
        [(name, *(short(v, 3) for v in values)) for name, *values in rows],
        columns=["", "Mean", "Deviation", "RMS"],
    )
    st.dataframe(table, hide_index=True, height="content")
    st.caption(
        "Of the training part alone, so that nothing of the test leaks. rms² = mean² + "
        "deviation², with the deviation over N."
    )


def fitted(draft: Experiment) -> object:
    return fit(
        draft.data.model_dump_json(),
        draft.split.model_dump_json(),
        draft.normalization.model_dump_json(),
    )


@st.cache_data(max_entries=32, show_spinner=False)
def fit(choice: str, split: str, normalization: str) -> object:
    """The fitted scale, kept by the text of what it depends on."""
    import json

    from core.data.normalization import Normalization
    from core.data.split import Split

    data = picked(choice)
    parts = Split.model_validate_json(split).parts(data.targets, data.has_test)
    return Normalization.pick(json.loads(normalization)).fit(data.inputs, parts.train)


def numbers(draft: Experiment, data: object) -> None:
    """The five numbers of the set as it will be used."""
    try:
        parts, affine = draft.split.parts(data.targets, data.has_test), fitted(draft)
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    total, own = len(data.targets), data.has_test
    quiet = {"delta_color": "off", "delta_arrow": "off"}
    test = len(data.test_targets) if own else len(parts.test)
    how = "stratified" if draft.split.stratified else "drawn freely"
    with st.grid(5, min_column_width=125, gap="small"):
        st.metric("Train", whole(len(parts.train)), percent(len(parts.train) / total), **quiet)
        st.metric(
            "Validation",
            whole(len(parts.validation)),
            f"{percent(len(parts.validation) / total)}, {how}",
            **quiet,
        )
        st.metric(
            "Test",
            whole(test),
            "given with the set" if own else f"{percent(test / total)}, seed {draft.split.seed}",
            **quiet,
        )
        st.metric(
            "Mean ± deviation",
            f"{short(affine.mean / 255, 3)} ± {short(affine.std / 255, 3)}",
            "train part, pixels ÷ 255",
            **quiet,
        )
        rms = (affine.mean**2 + affine.std**2) ** 0.5 / 255
        st.metric("RMS", short(rms, 3), "rms² = mean² + dev²", **quiet)


main()
