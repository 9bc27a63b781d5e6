"""The settings of a study: data, label noise, how its points are computed, seeds. The widgets of a
method come from its class, as everywhere; only its lists of numbers are written as text.
"""

from pathlib import Path

import streamlit as st

from core.base.encoding import change
from core.base.errors import BadExperiment, LabError
from core.base.numbers import percent, short
from core.base.spec import fields
from core.data.datasets import DataSet, Spreadsheets
from core.data.library import Library
from core.jobs import runner
from core.studies.study import Study
from core.studies.variable_fields import axes_of, fitting, read, written
from pages.kit import form, state

NOISES = tuple(k / 20 for k in range(13))  # 0 to 60 %


def settings(study: Study, key: str) -> Study:
    """The widgets, in one popover; the study as they say it."""
    with st.popover("Settings", icon=":material/tune:"):
        study = data_and_noise(study, key)
        st.subheader(study.method.label, anchor=False, help=form.explain(type(study.method)))
        method = form.edit(study.method, key, width=150)
        study = changed(study, "method", method.model_dump(mode="json"))
        study = lists(study, key)
        if not study.method.together:
            study = varied(study, key)
        return seeds(study, key)


def data_and_noise(study: Study, key: str) -> Study:
    """Which samples, and how many of their training labels are wrong."""
    options = sets(study.base.data)
    names = list(options)
    now = next(name for name, data in options.items() if data == study.base.data)
    left, right = st.columns(2, gap="small")
    with left:
        name = st.selectbox("Data", names, names.index(now), key=f"{key} data", help=DATA)
    with right:
        noise = study.base.label_noise.share
        shares = sorted({*NOISES, noise})
        share = st.select_slider(
            "Label noise p", shares, noise, format_func=percent, key=f"{key} noise",
            help="Share of the training labels made wrong on purpose. Without any, networks show "
            "little or no peak.",
        )  # fmt: skip
    study = changed(study, "base.data", options[name].model_dump(mode="json"))
    return changed(study, "base.label_noise.share", share)


DATA = (
    "Pictures are turned grey and pooled to few pixels, wide rows projected to few components, and "
    "as many rows are taken as fit: on 28 × 28 pixels one hidden unit is already too many. Other "
    "files come in on the Data page."
)


def sets(now: DataSet) -> dict[str, DataSet]:
    """What can be chosen by name: the study's own, the draft's, ready sets, uploads."""
    home = runner.current().store.home
    ready = [
        cls()
        for cls in DataSet.members.values()
        if not any(field.is_required() for field in cls.model_fields.values())
    ]
    own = [
        Spreadsheets(digest=one.digest, title=one.name[:200])
        for one in Library(home).list()
        if len(one.classes) > 1
    ]
    found: dict[str, DataSet] = {now.summary: now}
    for data in (state.draft().data, *own, *ready):
        if data not in found.values() and len(_facts(data, home)) > 1:
            name = data.summary if data.summary not in found else f"{data.summary} ({len(found)})"
            found[name] = data
    return found


def _facts(data: DataSet, home: Path) -> tuple[str, ...]:
    try:
        return data.facts(home).classes
    except LabError:  # deleted meanwhile
        return ()


def lists(study: Study, key: str) -> Study:
    """Ridges, decays and the like: numbers with a blank between."""
    for fact in fields(type(study.method)):
        old = getattr(study.method, fact.name)
        if not isinstance(old, tuple):
            continue
        shown = "  ".join(short(value, 4) for value in old)
        said = st.text_input(
            f"{fact.label} {fact.symbol}".strip(), shown, key=f"{key} {fact.name}", help=fact.help,
            placeholder="chosen from the number of rows", max_chars=400,
        )  # fmt: skip
        if said != shown:
            values = said.replace(",", " ").replace(";", " ").split()
            study = changed(study, f"method.{fact.name}", values)
    return study


def varied(study: Study, key: str) -> Study:
    """Which setting differs between the trainings, and its values, in one row."""
    known = axes_of(study.base)
    now = study.axes[0] if study.axes else None
    name = next((label for label, axis in known.items() if now and axis.name == now.name), None)
    if now and not name:  # of a file: a path that this form does not offer
        name, known = now.title, {now.title: now} | known
    left, right = st.columns(2, gap="small")
    with left:
        said = st.selectbox(
            "Varied", [SEEDS, *known], list(known).index(name) + 1 if name else 0,
            key=f"{key} varied", help="Any setting of the experiment that is the draft.",
        )  # fmt: skip
    if said != (name or SEEDS):
        first = () if said == SEEDS else (fitting(study.base, known[said]),)
        return changed(
            study, "axes", [a.model_dump(mode="json") for a in (*first, *study.axes[1:])]
        )
    if not now:
        return study
    shown = written(now.values)
    with right:
        text = st.text_input(
            "Values", shown, key=f"{key} values {now.name}", max_chars=400,
            help="With a blank between, or a range: 1e-4 to 0.1 in 7. Of training samples: shares.",
        )  # fmt: skip
    if text == shown:
        return study
    try:
        return changed(study, "axes.0.values", read(text))
    except BadExperiment as error:
        complain(error)
        return study


SEEDS = "Nothing but the seeds"


def seeds(study: Study, key: str) -> Study:
    """With how many seeds everything is repeated."""
    said = st.number_input(
        "Seeds", value=study.repeats, step=1, key=f"{key} seeds",
        help="Each has its own rows, noise and first weights. Three show a peak in the loss; a "
        "bump in the error of networks wants five.",
    )  # fmt: skip
    return changed(study, "repeats", said) if said is not None else study


def changed(study: Study, path: str, value: object) -> Study:
    """The study with one field changed; the old one and a sentence when that cannot be."""
    try:
        return change(study, path, value)
    except BadExperiment as error:
        complain(error)
        return study


def complain(error: BadExperiment) -> None:
    st.markdown(f":red[:material/error: {form.escape(str(error))}]")
