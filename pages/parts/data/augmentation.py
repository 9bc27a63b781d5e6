"""The steps "Augment" and "Label noise" of the Data page: random changes of training samples, shown
before and after.
"""

import streamlit as st

from core.advice.augmentation_checks import check_augmentations
from core.base.errors import LabError
from core.base.numbers import percent, whole
from core.data.augmentations import Augmentation
from core.data.samples import Samples
from core.experiment import Experiment
from core.figures.images import side_by_side
from pages.kit import form, session, state
from pages.kit.buttons import button
from pages.kit.layout import card_title, finding
from pages.kit.screen import theme_mode
from pages.parts.data import selected

SHOWN = 7  # images per row
NO_BAR = {"displayModeBar": False, "staticPlot": True}


def choose_augmentations(draft: Experiment, data: Samples) -> None:
    """Draw the choice of augmentations."""
    card_title("Augmentation")
    st.caption(
        "Training samples are changed at random every time they are used, so the network rarely "
        "sees the same sample twice. Validation and test samples are not changed."
    )
    value = form.several(Augmentation, draft.augmentations, state.key("augmentations"))
    if value != draft.augmentations:
        state.edit("augmentations", [choice.model_dump(mode="json") for choice in value])
    for found in check_augmentations(state.draft(), data.shape):
        key = f"change {found.code}"
        if finding(found.level, found.text, found.action.label, key, below=True):
            state.edit("augmentations", found.action.changes["augmentations"], redraw=True)
            st.rerun()


def show_augmented(draft: Experiment, data: Samples) -> None:
    """Draw some training samples before and after."""
    with card_title("Before and after"):
        if button(
            "Show other images",
            icon=":material/shuffle:",
            help="Draw other samples and random changes",
        ):
            session.set_ui(
                "augmentation preview", str(int(session.get_ui("augmentation preview") or 0) + 1)
            )
    if not draft.augmentations:
        finding("info", "No augmentation is on. Turn one on to see its effect.")
    if len(data.shape) != 3:
        finding("info", "Tables support only noise and MixUp. There are no images to preview.")
        return
    from core.advice.preview import preview

    seed = int(session.get_ui("augmentation preview") or 0)
    try:
        before, after, descriptions = preview(
            draft, data, count=2 * SHOWN, seed=seed, affine=selected.fitted(draft)
        )
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    for start in range(0, len(descriptions), SHOWN):
        here = slice(start, start + SHOWN)
        rows = [("before", before[here]), ("after", after[here])]
        figure = side_by_side(
            rows, [mixture(text) for text in descriptions[here]], mode=theme_mode(), side=76
        )
        alt = "Training images above, the same images after augmentation below"
        st.plotly_chart(figure, theme=None, config=NO_BAR, key=f"augmented {start}", alt=alt)
    st.caption(f"First image: {form.escape(descriptions[0] or 'unchanged')}.")


def mixture(description: str) -> str:
    """Return the fractions of the two labels of a mixed image, empty for others."""
    last = description.split(" · ")[-1]
    return last.replace(", ", " · ") if "%" in last else ""


def choose_noise(draft: Experiment, data: Samples) -> None:
    """Draw the choice of label noise."""
    card_title("Label noise")
    st.caption(
        "Replaces a fraction of the training labels with another class. The same seed always "
        "changes the same labels. Label noise shows how a network memorizes its training data, and "
        "it raises the double-descent peak. Validation and test labels are not changed."
    )
    if not data.classes:
        finding(
            "info",
            "This dataset has values to predict instead of classes, so there are no labels to "
            "replace.",
        )
        return
    value = form.edit(draft.label_noise, state.key("label_noise"))
    if value != draft.label_noise:
        state.edit("label_noise", value.model_dump(mode="json"))


def show_noise(draft: Experiment, data: Samples) -> None:
    """Draw how many labels are wrong, with examples."""
    card_title("Wrong labels")
    noise = draft.label_noise
    parts = draft.split.parts_of(data)
    rows = parts.train
    if not data.classes or not noise.share:
        finding("ok", f"All {whole(len(rows))} training labels are unchanged.")
        return
    labels, changed = noise.apply_to(data, parts)
    fraction = percent(len(changed) / len(rows))
    finding(
        "warn",
        f"**{whole(len(changed))} of {whole(len(rows))} training labels are wrong** ({fraction}). "
        "A network that memorizes all of them reaches a training accuracy of 100 %.",
    )
    examples = changed[:: max(1, len(changed) // (3 * SHOWN))][: 3 * SHOWN]
    names = [f"{data.classes[data.targets[k]]} → {data.classes[labels[k]]}" for k in examples]
    if len(data.shape) == 3:
        for start in range(0, len(examples), SHOWN):
            part = data.inputs[examples[start : start + SHOWN]]
            figure = side_by_side(
                [("", part)], names[start : start + SHOWN], mode=theme_mode(), side=76
            )
            alt = "Images with their true and their wrong label"
            st.plotly_chart(figure, theme=None, config=NO_BAR, key=f"noised {start}", alt=alt)
    else:
        st.caption("For example: " + form.escape(", ".join(names)) + ".")
