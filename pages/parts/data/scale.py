"""The step "Split and normalize" of the Data page: the split into parts, and the normalization."""

import pandas as pd
import streamlit as st

from core.advice.input_scale import check_input_scale
from core.base.errors import LabError
from core.base.numbers import short, whole
from core.base.text import clip, counted
from core.data.normalization import Normalization
from core.data.samples import Samples
from core.experiment import Experiment
from pages.kit import form, state
from pages.kit.layout import card_title, draft_finding
from pages.kit.tables import show_table
from pages.parts.data import selected

FILLS = 8  # columns whose fill values are listed
SPLITS = {"70 / 15 / 15": (0.15, 0.15), "80 / 10 / 10": (0.1, 0.1), "98 / 1 / 1": (0.01, 0.01)}
WITH_TEST = {"70 / 30": (0.3, 0.0), "85 / 15": (0.15, 0.0), "98 / 2": (0.02, 0.0)}


def choose_split(draft: Experiment, data: Samples) -> None:
    """Draw the choice of the training, validation and test sets."""
    card_title("Split")
    st.caption(
        "The training set fits the model, the validation set selects the best epoch, and the test "
        "set is used once, at the end."
    )
    presets = WITH_TEST if data.has_test else SPLITS
    now = (draft.split.validation, draft.split.test if not data.has_test else 0.0)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for name, fractions in presets.items():
            st.button(
                name,
                key=f"shares {name}",
                disabled=fractions == now,
                help="Percentages for training and validation."
                if data.has_test
                else "Percentages for training, validation and test.",
                on_click=_apply,
                args=(fractions, data.has_test),
            )
    method = form.edit_field(draft.split, "method", state.key("split"), width=300)
    value = draft.split.model_copy(update={"method": method})
    skip = ["method"] + ["test"] * data.has_test + ["stratified"] * (method != "random")
    skip += ["seed"] * (method == "time" and draft.split.fraction == 1)
    value = form.edit(value, state.key("split"), skip=tuple(skip))
    if value != draft.split:
        state.edit("split", value.model_dump(mode="json"))
    if data.has_test:
        st.caption(f"This dataset has its own test set of {whole(len(data.test_targets))} samples.")
    if data.keys and draft.split.method != "random":
        values = counted(len(data.keys.values), "value")
        st.caption(form.escape(f"Split key: {clip(data.keys.column)}, {values}."))
    elif not data.classes and draft.split.method == "random":
        st.caption("Stratification needs classes. These samples are split at random.")
    show_fills(state.draft(), data)


def show_fills(draft: Experiment, data: Samples) -> None:
    """Draw what missing values are filled with, if the data has any."""
    if not data.fills:
        return
    try:
        fills = selected.fills(draft)
    except LabError:  # the bar shows why this split is impossible
        return
    listed = [f"{clip(name)}: {strategy} {clip(value)}" for name, strategy, value in fills]
    shown = "; ".join(listed[:FILLS]) + f" and {len(listed) - FILLS} more" * (len(listed) > FILLS)
    st.caption(form.escape(f"Missing values are filled from the training set. {shown}."))


def _apply(fractions: tuple[float, float], has_test: bool) -> None:
    validation, test = fractions
    new = {"validation": validation} | ({} if has_test else {"test": test})
    state.edit("split", state.draft().split.model_dump(mode="json") | new, redraw=True)


def choose_normalization(draft: Experiment, data: Samples) -> None:
    """Draw the choice of normalization and its effect on the training set."""
    card_title("Normalization")
    key = state.key("normalization")
    value = form.choose(Normalization, draft.normalization, key, label="Method")
    value = form.edit(value, key)
    if value != draft.normalization:
        state.edit("normalization", value.model_dump(mode="json"))
        draft = state.draft()
    st.latex(value.formula)
    try:
        affine = selected.fitted(draft)
    except LabError:  # the numbers of the dataset are replaced by the reason
        return
    st.plotly_chart(
        selected.histogram(draft),
        theme=None,
        config={"displayModeBar": False},
        key="scaling",
        alt="Histograms of the training values before and after scaling",
    )
    correction = affine.std / affine.std_n if affine.std_n else 1.0  # from over N to over N − 1
    after = affine.after_std * correction
    rows = [
        ("Before", affine.mean, affine.std, affine.std_n, affine.raw_rms),
        ("After", affine.after_mean, after, affine.after_std, affine.rms),
    ]
    table = pd.DataFrame(
        [(name, *(short(v, 4) for v in values)) for name, *values in rows],
        columns=["", "Mean", "Std (N − 1)", "Std (N)", "RMS"],
    )
    show_table(table, height="content")
    if scale := check_input_scale(affine.rms, value):
        draft_finding(scale, "input_scale")
    fitted = (
        "Fitted on the training set only, so nothing leaks from the validation and test sets, and "
        "stored with the model. "
    )
    st.caption(
        f"{fitted if value.is_fitted else ''}Std is the standard deviation, RMS the root mean "
        f"square. With Std (N), rms² = mean² + std²: {short(affine.raw_rms, 4)}² = "
        f"{short(affine.mean, 4)}² + {short(affine.std_n, 4)}²."
    )
    if affine.constant:
        places = "pixels" if len(data.shape) == 3 else "columns"
        st.caption(
            f"{whole(affine.constant)} {places} never change in the training set. Their standard "
            "deviation is 0, so they are only shifted and carry no information."
        )
