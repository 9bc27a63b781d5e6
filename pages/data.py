"""Data: choose or upload a dataset, check it, split, normalize and augment it."""

import streamlit as st

from core.base.errors import LabError
from core.base.numbers import percent, short, whole
from core.base.spec import fields
from core.base.text import counted
from core.data.datasets import Spreadsheets
from core.data.load import load
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment
from core.export.samples import archive
from core.jobs import runner
from pages.kit import address, form, session, state
from pages.kit.bar import bar
from pages.kit.buttons import button
from pages.kit.layout import card_title, finding, header
from pages.kit.screen import phone
from pages.parts.data import augmentation, check, samples, scale, selected
from pages.parts.data.next_step import next_button, offer_start
from pages.parts.data.sources import (
    CHOOSING,
    rename,
    show_chooser,
    show_datasets,
    show_error,
    show_uploads,
    use,
)
from pages.parts.data.upload import upload

SPLIT = "Split and normalize"
COUNTED = ("Check", SPLIT)  # steps that show the five numbers
WAITING = "Check the files first. Until then, Start would train the previous dataset."
STEPS = {
    "Check": (check.show_findings, samples.show_samples),
    SPLIT: (scale.choose_split, scale.choose_normalization),
    "Augment": (augmentation.choose_augmentations, augmentation.show_augmented),
    "Label noise": (augmentation.choose_noise, augmentation.show_noise),
}


def main() -> None:
    """Draw the whole page."""
    if (wanted := address.take("from")) in ("sets", "files"):
        session.set_ui(CHOOSING, wanted)
    draft = state.draft()
    with header("Data", describe(draft)):
        label, wanted = (
            ("Keep current dataset", "") if session.get_ui(CHOOSING) else ("Change dataset", "sets")
        )
        st.button(label, icon=":material/swap_horiz:", on_click=show_chooser, args=(wanted,))
        if not session.get_ui(CHOOSING) and draft.data.is_available(runner.current().store.home):
            save_as(draft)
            next_button()
    waiting = False
    if session.get_ui(CHOOSING):
        waiting = choose()
    else:
        show(draft)
    bar(problem=WAITING if waiting else "")


def save_as(draft: Experiment) -> None:
    """Offer another name for an upload, and the checked dataset as one file."""
    renamable = isinstance(draft.data, Spreadsheets)
    label = "Rename or download" if renamable else "Download"
    with st.popover(label, icon=":material/download:"):
        if renamable:
            name = st.text_input(
                "Name", draft.data.title, max_chars=80, key=state.key("title", "data")
            )
            if name.strip() and name != draft.data.title:
                rename(draft.data.digest, name.strip())
                st.rerun()
        choice = draft.data.model_dump_json()
        st.download_button(
            "Download dataset (.npz)",
            lambda: archive(selected.samples(choice)),
            f"{draft.data.summary}.npz",
            icon=":material/download:",
            on_click="ignore",
            help="Inputs, targets and class names, readable with `numpy.load`.",
        )


def describe(draft: Experiment) -> str:
    """Describe the dataset in one line."""
    try:
        facts = draft.data.facts(runner.current().store.home)
    except LabError:
        return draft.data.summary
    total = facts.rows + facts.test_rows
    target = counted(len(facts.classes), "class") if facts.classes else "values to predict"
    if not facts.has_images:
        inputs = counted(facts.shape[0], "input")
        return f"{draft.data.summary} · {counted(total, 'row')} · {inputs} · {target}"
    channels, height, width = facts.shape
    colour = "grey" if channels == 1 else "colour" if channels == 3 else f"{channels} channels"
    return (
        f"{draft.data.summary} · {counted(total, 'image')} · {height} × {width} {colour} · {target}"
    )


def choose() -> bool:
    """Draw the included datasets on one side, spreadsheets on the other. Return whether files wait
    to be checked.
    """
    top = st.container()
    if phone() and session.get_ui(CHOOSING) == "files":  # what was asked for comes first
        right, left = st.columns([7, 5], gap="small")
    else:
        left, right = st.columns([5, 7], gap="small")
    with left:
        show_datasets()
    with right:
        with st.container(border=True):
            card_title("Your spreadsheets")
            waiting = upload()
        show_uploads()
    if not waiting:  # that of chosen files is shown beside them
        with top:
            show_error()
    return waiting


def show(draft: Experiment) -> None:
    """Draw the selected step and the five numbers, or the reason why there are none."""
    home = runner.current().store.home
    show_error()
    if not draft.data.is_available(home):
        with st.container(border=True):
            st.markdown(f"{form.escape(draft.data.summary)} has not been downloaded yet.")
            if button(f"Download {draft.data.label}", icon=":material/download:"):
                use(draft.data)
        return
    try:
        data = load(draft.data, home)
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    offer_start(draft)
    step = st.segmented_control(
        "Step",
        list(STEPS),
        default=next(iter(STEPS)),
        required=True,
        label_visibility="collapsed",
        wrap=True,
        key="data_step",
    )
    left, right = st.columns([5, 7], gap="small")
    for column, part in zip((left, right), STEPS[step], strict=True):
        fills = step != SPLIT or column is right
        with column.container(border=True, height="stretch" if fills else "content"):
            part(state.draft(), data)
    below = left if step == SPLIT else st  # there is room beside the tall card of the scale
    if step in COUNTED:
        with below.container(border=True):
            numbers(state.draft(), data)
    if step == "Check":
        check.show_columns(state.draft())


def numbers(draft: Experiment, data: Samples) -> None:
    """Draw the five numbers of the dataset as it will be used."""
    try:
        parts, affine = (
            draft.split.parts_of(data),
            selected.fitted(draft),
        )
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    total, has_test = len(data.targets), data.has_test
    quiet = {"delta_color": "off", "delta_arrow": "off"}
    test = len(data.test_targets) if has_test else len(parts.test)
    method = next(fact for fact in fields(Split) if fact.name == "method")
    how = method.option_labels.get(draft.split.method, "").lower()
    how = how or ("stratified" if draft.split.stratified and data.classes else "random")
    validation = f"{percent(len(parts.validation) / total)}, {how}"
    if data.validation is not None:
        validation = "provided with the data"
    test_note = (
        "provided with the data"
        if has_test
        else f"{percent(test / total)}, seed {draft.split.seed}"
    )
    used = percent(len(parts.train) / total)
    with st.grid(5, min_column_width=125, gap="small"):
        st.metric("Training set", whole(len(parts.train)), used, **quiet)
        st.metric("Validation set", whole(len(parts.validation)), validation, **quiet)
        st.metric("Test set", whole(test), test_note, **quiet)
        if len(data.shape) == 3:
            text = f"{short(affine.mean / 255, 3)} ± {short(affine.std_n / 255, 3)}"
            st.metric("Mean ± std", text, "pixels ÷ 255", **quiet)
            st.metric("RMS", short(affine.raw_rms / 255, 3), "rms² = mean² + std²", **quiet)
        else:
            st.metric("Columns", whole(data.shape[0]), "inputs per row", **quiet)
            targets = data.targets[parts.train]
            if data.classes:
                st.metric("Classes", whole(len(data.classes)), "to predict", **quiet)
            else:
                text = f"{short(float(targets.mean()), 3)} ± {short(float(targets.std()), 3)}"
                st.metric("Target", text, "mean ± std", **quiet)


main()
