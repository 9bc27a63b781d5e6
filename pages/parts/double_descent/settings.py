"""The settings of a study: data, label noise, method, the varied setting, seeds. The widgets of a
method come from its class; only its lists of numbers are text fields.
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
from core.studies.variable_fields import axes_of, fitting, format_values, parse_values
from pages.kit import effects, form, session, state

NOISE_LEVELS = tuple(k / 20 for k in range(13))  # 0 to 60 %
SEEDS_ONLY = "Seeds only"
DATA_HELP = (
    "Images are converted to grey and pooled to a few pixels, wide tables are projected onto a few "
    "principal components, and a subset of the samples is used: with 28 × 28 pixels, a single "
    "hidden unit would already exceed the threshold. Add your own files on the Data page."
)


def settings(study: Study, key: str) -> Study:
    """Show the widgets in one popover; return the study with their values."""
    with st.popover("Settings", icon=":material/tune:"):
        study = data_and_noise(study, key)
        st.subheader(study.method.label, anchor=False, help=form.explain(type(study.method)))
        method = form.edit(study.method, key, width=165)
        study = try_change(study, "method", method.model_dump(mode="json"))
        study = number_lists(study, key)
        if study.comparison:
            study = compared_changes(study, key)
        elif not study.method.whole_curve:
            study = varied_setting(study, key)
        return seeds(study, key)


def data_and_noise(study: Study, key: str) -> Study:
    """Show the dataset and the fraction of wrong training labels."""
    options = available_datasets(study.base.data)
    names = list(options)
    current = next(name for name, data in options.items() if data == study.base.data)
    left, right = st.columns(2, gap="small")
    with left:
        name = st.selectbox("Data", names, names.index(current), key=f"{key} data", help=DATA_HELP)
    with right:
        noise = study.base.label_noise.share
        levels = sorted({*NOISE_LEVELS, noise})
        level = st.select_slider(
            "Label noise p", levels, noise, format_func=percent, key=f"{key} noise",
            help="Fraction of the training labels that are made wrong on purpose. Without label "
            "noise, networks show little or no peak.",
        )  # fmt: skip
    study = try_change(study, "base.data", options[name].model_dump(mode="json"))
    return try_change(study, "base.label_noise.share", level)


def available_datasets(current: DataSet) -> dict[str, DataSet]:
    """The datasets with classes by name: the study's own, the draft's, uploads, built-in ones."""
    home = runner.current().store.home
    built_in = [cls() for cls in DataSet.members.values() if cls.is_ready_made()]
    uploads = [
        Spreadsheets(digest=upload.digest, title=upload.name[:200])
        for upload in Library(home).list()
        if len(upload.classes) > 1
    ]
    options: dict[str, DataSet] = {current.summary: current}
    for data in (state.draft().data, *uploads, *built_in):
        if data not in options.values() and len(_classes(data, home)) > 1:
            taken = data.summary in options
            name = f"{data.summary} ({len(options)})" if taken else data.summary
            options[name] = data
    return options


def _classes(data: DataSet, home: Path) -> tuple[str, ...]:
    try:
        return data.facts(home).classes
    except LabError:  # deleted by another session
        return ()


def number_lists(study: Study, key: str) -> Study:
    """Show the fields of the method that are lists of numbers, such as ridges, separated by
    spaces, side by side.
    """
    facts = [f for f in fields(type(study.method)) if isinstance(f.default, tuple)]
    if not facts:
        return study
    for fact, column in zip(facts, st.columns(len(facts), gap="small"), strict=True):
        shown = "  ".join(short(value, 4) for value in getattr(study.method, fact.name))
        text = column.text_input(
            f"{fact.label} {fact.symbol}".strip(), shown, key=f"{key} {fact.name}", help=fact.help,
            placeholder="chosen automatically", max_chars=400,
        )  # fmt: skip
        if text != shown:
            values = text.replace(",", " ").replace(";", " ").split()
            study = try_change(study, f"method.{fact.name}", values)
    return study


def varied_setting(study: Study, key: str) -> Study:
    """Show which setting differs between the runs, and its values, in one row."""
    options = axes_of(study.base)
    axis = study.axes[0] if study.axes else None
    name = next((label for label, a in options.items() if axis and a.name == axis.name), None)
    if axis and not name:  # from a file: a path that this form does not offer
        name, options = axis.title, {axis.title: axis} | options
    left, right = st.columns(2, gap="small")
    with left:
        selected = st.selectbox(
            "Varied setting", [SEEDS_ONLY, *options], list(options).index(name) + 1 if name else 0,
            key=f"{key} varied", help="Any setting of the draft experiment.",
        )  # fmt: skip
    if selected != (name or SEEDS_ONLY):
        first = () if selected == SEEDS_ONLY else (fitting(study.base, options[selected]),)
        new_axes = [a.model_dump(mode="json") for a in (*first, *study.axes[1:])]
        return try_change(study, "axes", new_axes)
    if not axis:
        return study
    shown = format_values(axis.values)
    with right:
        text = st.text_input(
            "Values", shown, key=f"{key} values {axis.name}", max_chars=400,
            help="Separated by spaces, or a range such as “1e-4 to 0.1 in 7”. For training "
            "samples, fractions of the training set.",
        )  # fmt: skip
    if text == shown:
        return study
    try:
        return try_change(study, "axes.0.values", parse_values(text))
    except BadExperiment as error:
        show_error(error)
        return study


def compared_changes(study: Study, key: str) -> Study:
    """Show which changes are compared, and on which set."""
    axis, home = study.comparison, runner.current().store.home
    try:
        changes = effects.possible(home, study.base)
    except LabError as error:  # data that was deleted
        show_error(error)
        return study
    titles = {one.title: one for one in (*axis.changes, *changes)}
    chosen = st.multiselect(
        "Changes", list(titles), [one.title for one in axis.changes], key=f"{key} changes",
        help="Each differs from the experiment in this alone.",
    )  # fmt: skip
    values = [titles[title].model_dump(mode="json") for title in chosen]
    study = try_change(study, "axes.0.values", values)
    parts = list(effects.PARTS)
    part = st.segmented_control(
        "Measured on", parts, default=axis.measured_on, required=True,
        format_func=effects.PARTS.get, key=f"{key} part",
    )  # fmt: skip
    return try_change(study, "axes.0.measured_on", part)


def seeds(study: Study, key: str) -> Study:
    """Show the number of seeds."""
    count = st.number_input(
        "Seeds", value=study.repeats, step=1, key=f"{key} seeds",
        help="Each seed draws its own training samples, label noise and initial weights. Three "
        "seeds show a peak of the loss; a small peak of a network's error needs five.",
    )  # fmt: skip
    return try_change(study, "repeats", count) if count is not None else study


def try_change(study: Study, path: str, value: object) -> Study:
    """Return the study with one field changed; if that is invalid, show why and return it
    unchanged.
    """
    try:
        return change(study, path, value)
    except BadExperiment as error:
        show_error(error)
        return study


def show_error(error: LabError) -> None:
    """Show why an entry is invalid; Start waits until it is valid."""
    session.refuse("study", str(error))
    st.markdown(f":red[:material/error: {form.escape(str(error))}]")
