"""The step "Split and scale" of the Data page: which samples are kept back, and what every value is
multiplied by.
"""

from math import prod

import pandas as pd
import streamlit as st

from core.base.numbers import short, whole
from core.data.normalization import Normalization
from core.data.samples import Samples
from core.experiment import Experiment
from pages.kit import form, state
from pages.kit.layout import card_title
from pages.parts.data import selected

SHARES = {"70 / 15 / 15": (0.15, 0.15), "80 / 10 / 10": (0.1, 0.1), "98 / 1 / 1": (0.01, 0.01)}
WITH_TEST = {"70 / 30": (0.3, 0.0), "85 / 15": (0.15, 0.0), "98 / 2": (0.02, 0.0)}


def split(draft: Experiment, data: Samples) -> None:
    """How many samples are kept for choosing and for the end."""
    with card_title("Split"):
        pass
    st.caption(
        "Training samples teach; validation samples choose the best epoch; test samples are "
        "looked at once, at the end."
    )
    ready = WITH_TEST if data.has_test else SHARES
    now = (draft.split.validation, draft.split.test if not data.has_test else 0.0)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for name, shares in ready.items():
            st.button(
                name,
                key=f"shares {name}",
                disabled=shares == now,
                help="Percent for training, validation" + ("." if data.has_test else " and test."),
                on_click=_share,
                args=(shares, data.has_test),
            )
    value = form.edit(draft.split, state.key("split"), skip=("test",) if data.has_test else ())
    if value != draft.split:
        state.edit("split", value.model_dump(mode="json"))
    if data.has_test:
        st.caption(f"The test samples come with the set: {whole(len(data.test_targets))}.")
    if not data.classes:
        st.caption("Values have no classes to keep in balance: the samples are drawn freely.")


def _share(shares: tuple[float, float], has_test: bool) -> None:
    validation, test = shares
    new = {"validation": validation} | ({} if has_test else {"test": test})
    state.edit("split", state.draft().split.model_dump(mode="json") | new, redraw=True)


def scale(draft: Experiment, data: Samples) -> None:
    """What every value is multiplied by and what is added, fitted on the training part alone."""
    with card_title("Scale"):
        pass
    key = state.key("normalization")
    value = form.choose(Normalization, draft.normalization, key, label="Normalization")
    value = form.edit(value, key)
    if value != draft.normalization:
        state.edit("normalization", value.model_dump(mode="json"))
        draft = state.draft()
    st.latex(value.formula)
    affine = selected.fitted(draft)
    st.plotly_chart(
        selected.histogram(draft),
        theme=None,
        config={"displayModeBar": False},
        key="scaling",
        alt="Histograms of the training values before and after scaling",
    )
    count = len(draft.split.parts(data.targets, data.has_test).train) * prod(data.shape)
    over_n = (max(count - 1, 0) / count) ** 0.5  # from a deviation over N − 1 to one over N
    rms = (affine.mean**2 + (affine.std * over_n) ** 2) ** 0.5
    after = affine.after_std / (over_n or 1)
    rows = [
        ("Before", affine.mean, affine.std, affine.std * over_n, rms),
        ("After", affine.after_mean, after, affine.after_std, affine.rms),
    ]
    table = pd.DataFrame(
        [(name, *(short(v, 4) for v in values)) for name, *values in rows],
        columns=["", "Mean", "Deviation (N − 1)", "Deviation (N)", "RMS"],
    )
    st.dataframe(table, hide_index=True, height="content")
    st.caption(
        "Fitted on the training part alone, so that nothing of the test leaks, and kept with the "
        f"model. rms² = mean² + deviation² holds with N: {short(rms, 4)}² = "
        f"{short(affine.mean, 4)}² + {short(affine.std * over_n, 4)}²."
    )
    if affine.constant:
        places = "pixels" if len(data.shape) == 3 else "columns"
        st.caption(
            f"{whole(affine.constant)} {places} never change in the training part: there is no "
            "deviation to divide by, so they are only shifted and tell the network nothing."
        )
