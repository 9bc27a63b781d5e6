"""Data: is my data what I think it is? Pick or upload, what the doctor found, the pictures, the
split and the scale.
"""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core import runner
from core.data.library import About, Library
from core.data.load import load
from core.data.reading import Reading
from core.data.sets import MNIST, DataSet, Digits, Spreadsheets
from core.data.wording import counted
from core.errors import LabError, Unavailable
from core.experiment import Experiment
from core.figures.pictures import by_class
from core.numbers import percent, short, whole
from core.spec import build
from pages.ui import form, state
from pages.ui.parts import bar, card_title, finding, header

CHOOSING = "choosing data"  # "", "sets" or "files"
FAULT = "data fault"  # the sentence that the last attempt ended with
STEPS = ["Check", "Split and scale"]
PICTURES_EACH = 11


def main() -> None:
    """The whole page."""
    if (wanted := st.query_params.get("from")) in ("sets", "files"):
        state.keep(CHOOSING, wanted)
        del st.query_params["from"]
    draft = state.draft()
    with header("Data", told(draft)):
        label, wanted = ("Keep this data", "") if state.keep(CHOOSING) else ("Change data", "sets")
        st.button(label, icon=":material/swap_horiz:", on_click=switch, args=(wanted,))
    if state.keep(CHOOSING):
        choose()
    else:
        show(draft)
    bar()


def switch(wanted: str) -> None:
    """To the choosing of data or back."""
    state.keep(CHOOSING, wanted)
    state.keep(FAULT, "")


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


# --- choosing


def choose() -> None:
    """Sets that are here or one download away, and the upload."""
    if said := state.keep(FAULT):
        st.error(form.escape(said), icon=":material/error:")
    left, right = st.columns([5, 7], gap="small")
    with left:
        sets()
    with right.container(border=True):
        with card_title("My spreadsheets"):
            pass
        upload()


def sets() -> None:
    """One card for each data set."""
    offer(Digits(), "1 797 handwritten digits, 8 × 8. Here already; learns in seconds.")
    offer(Digits(size=28), "The same digits enlarged to 28 × 28, for networks made for MNIST.")
    offer(MNIST(), "70 000 handwritten digits, 28 × 28. 12 MB, fetched once, then kept.")
    for about in Library(runner.current().store.home).list()[:4]:
        offer(
            Spreadsheets(digest=about.digest, title=about.name[:200]),
            f"{counted(about.rows, 'picture')} of yours, {counted(len(about.classes), 'class')}.",
        )


def offer(data: DataSet, text: str) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", wrap=False
    ):
        st.markdown(f"**{form.escape(data.summary)}**  \n:small[{text}]", width="stretch")
        pressed = st.button(
            "Use",
            key=f"use {data.summary} {getattr(data, 'digest', '')}",
            help=form.explain(type(data)),
        )
    if pressed:
        use(data)


def use(data: DataSet) -> None:
    """Loads the set, with progress where it must be fetched, and makes it the draft's. Any press
    on the page meanwhile, such as Stop, ends the fetching.
    """
    bar = st.progress(0.0, text=f"Loading {form.escape(data.summary)} …")
    if not data.here(runner.current().store.home):
        st.button("Stop", icon=":material/stop:", key="stop fetching")
    rerun: list[BaseException] = []

    def show(share: float, what: str) -> None:
        try:
            bar.progress(share, text=form.escape(what))
        except BaseException as asked:  # Streamlit's way to leave; others may wait for this set
            rerun.append(asked)
            raise Unavailable(f"Fetching {data.label} was stopped: start it again.") from None

    try:
        load(data, runner.current().store.home, show)
    except LabError as error:
        if rerun:
            raise rerun[0] from None
        state.keep(FAULT, str(error))
        st.rerun()
    take(data)


def take(data: DataSet) -> None:
    """This set is the draft's from now on."""
    state.keep(FAULT, "")
    state.keep(CHOOSING, "")
    state.edit("data", data.model_dump(mode="json"), redraw=True)
    st.rerun()


def upload() -> None:
    """One or two files, and a test pair for who has one. The server's memory is given back at
    once.
    """
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        f"CSV, also `.gz`: one row a picture, one column a pixel. At most {limit} MB a file."
    )
    files = [
        chooser("Pictures", "images"),
        chooser("Labels (leave empty when the pictures have a label column)", "labels"),
    ]
    with st.expander("Separate test pictures"):
        files += [chooser("Test pictures", "test images"), chooser("Test labels", "test labels")]
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Check these files",
            icon=":material/fact_check:",
            type="primary",
            disabled=files[0] is None,
        )
        st.download_button(
            "Sample pictures",
            sample("images"),
            "digits_images.csv",
            type="tertiary",
            on_click="ignore",
        )
        st.download_button(
            "Sample labels",
            sample("labels"),
            "digits_labels.csv",
            type="tertiary",
            on_click="ignore",
        )
    if pressed:
        check(files)


def sample(name: str) -> Callable[[], bytes]:
    from core.data.builtin import DIGITS

    return (DIGITS / f"{name}.csv").read_bytes


def chooser(label: str, name: str) -> object:
    return st.file_uploader(
        label,
        type=["csv", "gz", "tsv", "txt"],
        key=state.key(f"upload {name} {state.keep('uploads')}"),
    )


def check(files: list) -> None:
    """Reads the files into the library; what is wrong is said and nothing that was there is
    lost.
    """
    sources = [None if file is None else file.getvalue() for file in files]
    names = tuple(file.name for file in files if file is not None)
    try:
        with st.spinner("Reading …"):
            library = Library(runner.current().store.home)
            digest, _ = library.add(
                sources[0], sources[1], test_images=sources[2], test_labels=sources[3], names=names
            )
    except LabError as error:
        state.keep(FAULT, str(error))
        st.rerun()
    state.keep("uploads", str(int(state.keep("uploads") or 0) + 1))  # empties the choosers
    release(files)
    take(Spreadsheets(digest=digest, title=library.about(digest).name[:200]))


def release(files: list) -> None:
    """Gives the uploads' memory back; Streamlit would hold it as long as the browser tab is
    open.
    """
    from streamlit.runtime import get_instance
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx()
    for file in files:
        if file is not None and context is not None:
            try:
                get_instance()._uploaded_file_mgr.remove_file(context.session_id, file.file_id)
            except (
                AttributeError,
                KeyError,
                RuntimeError,
            ):  # private: another Streamlit may differ
                return


# --- showing


def show(draft: Experiment) -> None:
    """What was found, the pictures, and the five numbers; or why they cannot be shown."""
    home = runner.current().store.home
    if said := state.keep(FAULT):
        st.error(form.escape(said), icon=":material/error:")
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


def read_again(about: About, change: dict) -> None:
    """The same files under another reading."""
    library = Library(runner.current().store.home)
    try:
        reading = build(Reading, {**about.reading.model_dump(), **change})
        with st.spinner("Reading …"):
            digest = library.read_again(about.digest, reading)
    except LabError as error:
        state.keep(FAULT, str(error))
        st.rerun()
    take(Spreadsheets(digest=digest, title=about.name[:200]))


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
    keep = data.labels < shown
    images, labels = (
        (data.images, data.labels)
        if shown == len(data.classes)
        else (data.images[keep], data.labels[keep])
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
    parts = Split.model_validate_json(split).parts(data.labels, data.has_test)
    return Normalization.pick(json.loads(normalization)).fit(data.images, parts.train)


def numbers(draft: Experiment, data: object) -> None:
    """The five numbers of the set as it will be used."""
    try:
        parts, affine = draft.split.parts(data.labels, data.has_test), fitted(draft)
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    total, own = len(data.labels), data.has_test
    quiet = {"delta_color": "off", "delta_arrow": "off"}
    test = len(data.test_labels) if own else len(parts.test)
    how = "stratified" if draft.split.stratified else "drawn freely"
    with st.grid(min_column_width=140, gap="small"):
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
