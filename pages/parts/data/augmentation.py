"""The steps "Augment" and "Label noise" of the Data page: what happens to training samples on their
way to the network, shown before and after.
"""

import streamlit as st

from core.base.errors import LabError
from core.base.numbers import percent, whole
from core.data.augmentations import Augmentation
from core.data.label_noise import noisy
from core.data.samples import Samples
from core.experiment import Experiment
from core.figures.pictures import side_by_side
from pages.kit import form, state
from pages.kit.buttons import button
from pages.kit.layout import card_title, finding
from pages.parts.data import selected

SHOWN = 7  # pictures in a row
NO_BAR = {"displayModeBar": False, "staticPlot": True}


def augment(draft: Experiment, data: Samples) -> None:
    """Which changes are drawn for every sample."""
    with card_title("Augmentation"):
        pass
    st.caption(
        "Each time a training sample is used it is changed anew, by chance, so that the network "
        "rarely sees the same one twice. Validation and test samples stay as they are."
    )
    value = form.several(Augmentation, draft.augmentations, state.key("augmentations"))
    if value != draft.augmentations:
        state.edit("augmentations", [choice.model_dump(mode="json") for choice in value])


def augmented(draft: Experiment, data: Samples) -> None:
    """Some training samples before and after."""
    with card_title("Before and after"):
        if button(
            "Show other images", icon=":material/shuffle:", help="Draw other samples and changes"
        ):
            state.set_ui("changes drawn", str(int(state.get_ui("changes drawn") or 0) + 1))
    if not draft.augmentations:
        finding("info", "Nothing is changed. Turn on a change to see what it does.")
    if len(data.shape) != 3:
        finding("info", "Rows of numbers take noise and mixup alone; there is no picture.")
        return
    from core.advice.preview import preview

    seed = int(state.get_ui("changes drawn") or 0)
    try:
        before, after, words = preview(
            draft, data, count=2 * SHOWN, seed=seed, affine=selected.fitted(draft)
        )
    except LabError as error:
        finding("bad", form.escape(str(error)))
        return
    for start in range(0, len(words), SHOWN):
        here = slice(start, start + SHOWN)
        rows = [("before", before[here]), ("after", after[here])]
        figure = side_by_side(
            rows, [mixture(w) for w in words[here]], mode=selected.mode(), side=76
        )
        alt = "Training pictures above, the same after the changes below"
        st.plotly_chart(figure, theme=None, config=NO_BAR, key=f"augmented {start}", alt=alt)
    st.caption(f"The first one: {form.escape(words[0] or 'nothing was changed')}.")


def mixture(told: str) -> str:
    """Of what was done to a picture the shares of its two labels, a line each."""
    last = told.split(" · ")[-1]
    return last.replace(", ", " · ") if "%" in last else ""


def noise(draft: Experiment, data: Samples) -> None:
    """The share of training labels that are made wrong."""
    with card_title("Label noise"):
        pass
    st.caption(
        "Replaces a share of the training labels by another class, by chance but always the same "
        "ones for the same seed. It shows what a network that learns by heart does, and it makes "
        "the double-descent peak high. Validation and test labels stay true."
    )
    if not data.classes:
        finding("info", "This data has values to predict, not classes: there is no label to swap.")
        return
    value = form.edit(draft.label_noise, state.key("label_noise"))
    if value != draft.label_noise:
        state.edit("label_noise", value.model_dump(mode="json"))


def noised(draft: Experiment, data: Samples) -> None:
    """How many labels are wrong now, and some of them."""
    with card_title("Wrong labels"):
        pass
    wanted = draft.label_noise
    rows = draft.split.parts(data.targets, data.has_test).train
    if not data.classes or not wanted.share:
        finding("ok", f"All {whole(len(rows))} training labels are as they came.")
        return
    labels, changed = noisy(data.targets[rows], len(data.classes), wanted.share, wanted.seed)
    share = percent(len(changed) / len(rows))
    finding(
        "warn",
        f"**{whole(len(changed))} of {whole(len(rows))} training labels are wrong** ({share}). "
        "A network that learned them all by heart would be right on every training sample.",
    )
    some = changed[:: max(1, len(changed) // (3 * SHOWN))][: 3 * SHOWN]
    names = [f"{data.classes[data.targets[rows[k]]]} → {data.classes[labels[k]]}" for k in some]
    if len(data.shape) == 3:
        for start in range(0, len(some), SHOWN):
            part = data.inputs[rows[some[start : start + SHOWN]]]
            figure = side_by_side(
                [("", part)], names[start : start + SHOWN], mode=selected.mode(), side=76
            )
            alt = "Pictures with their true and their wrong label"
            st.plotly_chart(figure, theme=None, config=NO_BAR, key=f"noised {start}", alt=alt)
    else:
        st.caption("For example: " + form.escape(", ".join(names)) + ".")
