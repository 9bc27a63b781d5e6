"""Data: is my data what I think it is? Pick or upload, what was found, split, scale, and changes on
the way to the network.
"""

import streamlit as st

from core.base.errors import LabError
from core.base.numbers import percent, short, whole
from core.base.text import counted
from core.data.datasets import Spreadsheets
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment
from core.export.samples import archive
from core.jobs import runner
from pages.kit import form, state
from pages.kit.buttons import button
from pages.kit.layout import bar, card_title, finding, header
from pages.parts.data import augmentation, check, scale, selected
from pages.parts.data.sources import CHOOSING, fault, sets, switch, uploaded, use
from pages.parts.data.upload import upload

SPLIT = "Split and scale"
COUNTED = ("Check", SPLIT)  # steps that change the five numbers
STEPS = {
    "Check": (check.doctor, check.shown),
    SPLIT: (scale.split, scale.scale),
    "Augment": (augmentation.augment, augmentation.augmented),
    "Label noise": (augmentation.noise, augmentation.noised),
}


def main() -> None:
    """The whole page."""
    if (wanted := state.take_from_address("from")) in ("sets", "files"):
        state.set_ui(CHOOSING, wanted)
    draft = state.draft()
    with header("Data", told(draft)):
        label, wanted = (
            ("Keep this data", "") if state.get_ui(CHOOSING) else ("Change data", "sets")
        )
        st.button(label, icon=":material/swap_horiz:", on_click=switch, args=(wanted,))
        if not state.get_ui(CHOOSING) and draft.data.here(runner.current().store.home):
            save_as(draft)
    if state.get_ui(CHOOSING):
        choose()
    else:
        show(draft)
    bar()


def save_as(draft: Experiment) -> None:
    """Another name for an upload, and the checked set as one file."""
    with st.popover("Save as", icon=":material/bookmark_add:"):
        if isinstance(draft.data, Spreadsheets):
            name = st.text_input(
                "Name", draft.data.title, max_chars=80, key=state.key("title", "data")
            )
            if name.strip() and name != draft.data.title:
                state.edit("data", draft.data.model_dump(mode="json") | {"title": name.strip()})
                st.rerun()
        choice = draft.data.model_dump_json()
        st.download_button(
            "The checked set (.npz)",
            lambda: archive(selected.samples(choice)),
            f"{draft.data.summary}.npz",
            icon=":material/download:",
            on_click="ignore",
            help="inputs, targets and class names, as `numpy.load` opens them.",
        )


def told(draft: Experiment) -> str:
    """The set in one line."""
    try:
        facts = draft.data.facts(runner.current().store.home)
    except LabError:
        return draft.data.summary
    total = facts.rows + facts.test_rows
    target = counted(len(facts.classes), "class") if facts.classes else "values to predict"
    if not facts.pictures:
        columns = counted(facts.shape[0], "column")
        return f"{draft.data.summary} · {counted(total, 'row')} · {columns} · {target}"
    channels, height, width = facts.shape
    colour = "grey" if channels == 1 else "colour" if channels == 3 else f"{channels} channels"
    return (
        f"{draft.data.summary} · {counted(total, 'picture')} · {height} × {width} {colour} · "
        f"{target}"
    )


def choose() -> None:
    """Ready sets on one side, spreadsheets on the other."""
    fault()
    left, right = st.columns([5, 7], gap="small")
    with left:
        sets()
    with right:
        with st.container(border=True):
            with card_title("My spreadsheets"):
                pass
            upload()
        uploaded()


def show(draft: Experiment) -> None:
    """The step that is open, and the five numbers; or why they cannot be shown."""
    home = runner.current().store.home
    fault()
    if not draft.data.here(home):
        with st.container(border=True):
            st.markdown(f"{form.escape(draft.data.summary)} is not on this disk yet.")
            if button(f"Fetch {draft.data.label}", icon=":material/download:"):
                use(draft.data)
        return
    try:
        data = load(draft.data, home)
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    step = st.segmented_control(
        "Step",
        list(STEPS),
        default=next(iter(STEPS)),
        required=True,
        label_visibility="collapsed",
        key="data_step",
    )
    left, right = st.columns([5, 7], gap="small")
    for column, part in zip((left, right), STEPS[step], strict=True):
        alone = step != SPLIT or column is right
        with column.container(border=True, height="stretch" if alone else "content"):
            part(state.draft(), data)
    below = left if step == SPLIT else st  # beside the tall card of the scale there is room
    if step in COUNTED:
        with below.container(border=True):
            numbers(state.draft(), data)


def numbers(draft: Experiment, data: Samples) -> None:
    """The five numbers of the set as it will be used."""
    try:
        parts, affine = draft.split.parts(data.targets, data.has_test), selected.fitted(draft)
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    total, own = len(data.targets), data.has_test
    quiet = {"delta_color": "off", "delta_arrow": "off"}
    test = len(data.test_targets) if own else len(parts.test)
    how = "stratified" if draft.split.stratified and data.classes else "drawn freely"
    kept = f"{percent(len(parts.validation) / total)}, {how}"
    held = "given with the set" if own else f"{percent(test / total)}, seed {draft.split.seed}"
    used = percent(len(parts.train) / total)
    with st.grid(5, min_column_width=125, gap="small"):
        st.metric("Train", whole(len(parts.train)), used, **quiet)
        st.metric("Validation", whole(len(parts.validation)), kept, **quiet)
        st.metric("Test", whole(test), held, **quiet)
        if len(data.shape) == 3:
            rms = (affine.mean**2 + affine.std**2) ** 0.5 / 255
            spread = f"{short(affine.mean / 255, 3)} ± {short(affine.std / 255, 3)}"
            st.metric("Mean ± deviation", spread, "train part, pixels ÷ 255", **quiet)
            st.metric("RMS", short(rms, 3), "rms² = mean² + dev²", **quiet)
        else:
            st.metric("Columns", whole(data.shape[0]), "numbers in a row", **quiet)
            targets = data.targets[parts.train]
            if data.classes:
                st.metric("Classes", whole(len(data.classes)), "to tell apart", **quiet)
            else:
                spread = f"{short(float(targets.mean()), 3)} ± {short(float(targets.std()), 3)}"
                st.metric("Target", spread, "train part, mean ± deviation", **quiet)


main()
