"""The folded rows of the page Train: rarely used settings, with their values in the title."""

import streamlit as st

from core.base.device import devices
from core.base.numbers import whole
from core.base.text import counted
from core.experiment import Experiment
from core.optim.regularizers import Regularizer
from core.optim.stopping import StoppingRule
from pages.kit import form, session, state
from pages.parts.train.fields import WIDE_FIELD, put


def folded(draft: Experiment, *, opened: bool = False) -> None:
    """Draw rarely used settings in folded rows whose titles show the current values; `opened` at
    the level Everything.
    """
    regularizers = " · ".join(r.summary for r in draft.regularizers) or "none"
    with row("Regularization", regularizers, "shield", opened):
        put_all(
            "regularizers", form.several(Regularizer, draft.regularizers, state.key("regularizers"))
        )
    stopping = (
        " · ".join(rule.description for rule in draft.stopping)
        or f"after {whole(draft.epochs)} epochs"
    )
    with row("Stopping rules", stopping, "flag", opened):
        put_all("stopping", form.several(StoppingRule, draft.stopping, state.key("stopping")))
    seeds = set(draft.seeds.model_dump().values())
    seed = f"seed {seeds.pop()}" if len(seeds) == 1 else "different seeds"
    summary = f"{draft.device} · {draft.precision} · {seed}"
    with row("Device, precision and seeds", summary, "memory", opened):
        names = {"auto": "Automatic", **dict(devices())}
        options = list(names) if draft.device in names else [*names, draft.device]
        key = state.key("device")
        device = st.selectbox(
            "Device",
            options,
            index=options.index(draft.device),
            format_func=lambda d: names.get(d, d),
            key=key,
            on_change=store_device,
            args=(key,),
        )
        put("device", device)
        key = state.key("precision")
        put("precision", form.edit_field(draft, "precision", key, width=WIDE_FIELD))
        key = state.key("accumulation")
        parts = form.edit_field(draft, "accumulation", key, width=WIDE_FIELD)
        put("accumulation", parts)
        if parts > 1:
            largest = counted(-(-draft.batch_size // parts), "sample")
            st.caption(f"{counted(parts, 'part')} of up to {largest} for one step.")
        st.caption("Seeds of the random choices")
        put("seeds", form.edit(draft.seeds, state.key("seeds")))


def store_device(key: str) -> None:
    """Give the draft the device that was chosen."""
    put("device", session.widget_value(key) or state.draft().device)


def row(name: str, value: str, icon: str, opened: bool) -> st.delta_generator.DeltaGenerator:
    """Return a folded row with its current value in the title."""
    title = f"**{name}** :gray[{form.escape(value)}]"
    return st.expander(title, icon=f":material/{icon}:", key=f"fold {name}", expanded=opened)


def put_all(path: str, values: tuple) -> None:
    """Write all choices of a folded row and rerun, so that its title shows them."""
    if getattr(state.draft(), path) != values:
        state.edit(path, [value.model_dump(mode="json") for value in values])
        st.rerun()
