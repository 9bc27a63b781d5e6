"""The runs that answer: finished ones that the visitor chooses, at most three that take the same
kind of input.
"""

from dataclasses import dataclass, replace

import streamlit as st

from core.base.errors import LabError
from core.base.text import counted
from core.jobs import runner
from core.predict.predictor import Predictor, open_predictor
from pages.kit import address, session
from pages.kit.buttons import unique_keys
from pages.kit.form import escape
from pages.kit.layout import describe_error, finding, when


@dataclass(frozen=True)
class Chosen:
    """One run that answers, with its name, which is unique among the chosen ones."""

    run: str
    name: str
    predictor: Predictor


def choose(names: dict[str, str]) -> list[Chosen]:
    """Draw the choice of runs; return those that answer, the first one chosen first."""
    asked = [run for run in session.chosen_together(address.run()) if run in names]
    picked = st.multiselect(
        "Runs",
        list(names),
        default=asked or [next(iter(names))],
        format_func=lambda run: f"{names[run]} · {when(run):%d %b %H:%M}",
        max_selections=session.MOST_TOGETHER,
        placeholder="Choose a finished run",
        key=f"predict_runs {' '.join(asked)}",
        persist_state="session",
        help="Several runs answer side by side.",
    )
    chosen, problems, store = [], [], runner.current().store
    for run in picked:
        try:
            chosen.append(Chosen(run, names[run], open_predictor(store, run)))
        except LabError as error:
            problems.append((names[run], describe_error(error)))
    for name, problem in problems:
        finding("bad", f"**{escape(name)}** cannot answer. {escape(problem)}")
    return with_unique_names(compatible(chosen))


def compatible(chosen: list[Chosen]) -> list[Chosen]:
    """Return the runs that take the same kind of input as the first one; report the others."""
    fitting = [one for one in chosen if input_kind(one) == input_kind(chosen[0])]
    for other in chosen:
        if other not in fitting:
            finding(
                "warn",
                f"**{escape(other.name)}** takes {describe_input(other)}, and "
                f"**{escape(chosen[0].name)}** takes {describe_input(chosen[0])}. Only the latter "
                "answers; remove one of them.",
            )
    return fitting


def input_kind(one: Chosen) -> tuple[int, ...]:
    """Return what two runs must share: images of any size, or the number of columns."""
    return () if one.predictor.is_image else one.predictor.shape


def describe_input(one: Chosen) -> str:
    """Return the input of a run in words."""
    columns = counted(one.predictor.shape[0], "column")
    return "images" if one.predictor.is_image else f"tables with {columns}"


def with_unique_names(chosen: list[Chosen]) -> list[Chosen]:
    """Number the runs that share a name: tables and columns are labelled with it."""
    names = unique_keys(one.name for one in chosen)
    return [replace(one, name=name) for one, name in zip(chosen, names, strict=True)]
