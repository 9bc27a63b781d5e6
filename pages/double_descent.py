"""The Double descent page: presets, their settings, and a curve that grows while it is computed,
with a finding about where it rises, where it falls again, and why.

Everything below the presets is one fragment that refreshes while a study is running, so that a
zoomed chart stays zoomed.
"""

from collections.abc import Mapping
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import LabError
from core.base.finding import Finding
from core.base.text import counted
from core.export.points import points_csv
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.runs.state import RunState
from core.studies.duration import Expected
from core.studies.study import Study
from pages.kit import effects, session, stored_studies
from pages.kit.bar import PlannedStart, bar
from pages.kit.buttons import button
from pages.kit.cluster_card import cluster_card
from pages.kit.form import escape
from pages.kit.incomplete import resume, show_incomplete
from pages.kit.job_controls import act, describe_wait
from pages.kit.layout import card_title, finding, header
from pages.kit.study_draft import PROBLEM, set_draft
from pages.kit.study_log import points_of
from pages.parts.double_descent import cards, comparison_studies, presets, studies, times
from pages.parts.double_descent.settings import settings

MORE = "More …"
TITLE, SUBTITLE = "Double descent", "Test error against model size, training steps or samples"
OF_DRAFT = "Your draft experiment, trained several times"  # subtitle of a study of ordinary runs
TITLE_WIDTH = 140  # px, so that both rows of presets begin at the same place
TICK = 1.0  # seconds between two refreshes while a study is running


def main() -> None:
    """Draw the whole page."""
    study = studies.draft()
    study_id = stored_studies.find_on_disk(study)
    studies.show_in_address(study_id)
    stored = stored_studies.read(study_id) if study_id else None
    description = stored.started.description if stored and stored.started else ""
    curve = study.method.whole_curve
    title = TITLE if curve else study.name.partition(" (")[0] or "Study"
    with header(title, description or (SUBTITLE if curve else OF_DRAFT), badge(stored)):
        changed = settings(study, studies.key())
        if stored:
            downloads(stored)
            if stored.live:
                act("Stop", "stop", runner.current().stop, stored.id)
    if changed != study:
        set_draft(changed, redraw=False, follows=studies.follows_draft())
        st.rerun()
    if problem := session.get_ui(PROBLEM):
        finding("bad", escape(problem))
    choose_preset(study)
    body = st.fragment(study_body, run_every=TICK if stored_studies.any_live() else None)
    body(study_id, stored.state if stored else "", description)
    cluster_card()
    bar(ready=what_start_does(study, stored))
    probe(study, stored)


def what_start_does(study: Study, stored: stored_studies.StoredStudy | None) -> PlannedStart:
    """Start begins a new study, or resumes one that is incomplete."""
    expected = times.expected_time(study)
    line = studies.summary_line(study, expected)
    if stored and stored.resumable:
        return PlannedStart(line, partial(resume, stored.id))
    problem = expected.problem if expected else ""
    if stored:
        state_text = "already running or queued" if stored.live else "complete"
        line, problem = "", f"This study is {state_text}. Change a setting to start another one."
    return PlannedStart(line, partial(begin, study), problem)


def badge(stored: stored_studies.StoredStudy | None) -> tuple[str, str, str] | None:
    """The state of the study as label, colour and icon."""
    if not stored:
        return None
    label, colour, icon = stored.state.badge
    return label, colour, f":material/{icon}:"


def choose_preset(study: Study) -> None:
    """Show the presets with their class of time, and the description of the selected one. Studies
    of the draft experiment have a row of their own.
    """
    available = presets.presets(study)
    current = presets.preset_of(study, available)
    curves = presets.curves(available)
    names = shown_curves(available, current)
    more = [] if len(names) == len(curves) else [MORE]
    with row_of_presets("Ready-made curves, with their time on an idle computer"):
        selected = pills("Presets", [*names, *more], current, available)
    with row_of_presets("Your draft, repeated"):
        of_draft = [name for name in available if name not in curves]
        selected_of_draft = pills("Studies of the draft", of_draft, current, available)
    if selected == MORE:
        session.set_ui("all presets", "yes")
        st.rerun()
    for name in (selected, selected_of_draft):
        if name and name != current:
            set_draft(available[name], follows=name in of_draft)
            st.rerun()
    st.caption(escape(study.about))


def shown_curves(available: Mapping[str, Study], current: str | None) -> list[str]:
    """Return the names of the ready-made curves in the row: all of them after More …"""
    if session.get_ui("all presets"):
        return presets.curves(available)
    return presets.first_row(available, current)


def row_of_presets(title: str) -> DeltaGenerator:
    """A row for presets of one kind behind its title; on a narrow screen below it."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.caption(title, width=TITLE_WIDTH)
    return row


def pills(
    label: str, names: list[str], current: str | None, available: Mapping[str, Study]
) -> str | None:
    """Show one row of presets; return the selected one."""
    return st.pills(
        label, names, default=current if current in names else None, label_visibility="collapsed",
        format_func=lambda n: MORE if n == MORE else presets.pill_label(n, available[n]),
        key=f"{label} {studies.key()}", wrap=True,
    )  # fmt: skip


def probe(study: Study, stored: stored_studies.StoredStudy | None) -> None:
    """Measure the expected time of the draft, the presets on screen and the comparisons. The page
    reruns when the time of the draft is available, and once more when all times are.
    """
    comparisons = comparison_studies.comparison_studies(study) if stored else {}
    missing = comparison_studies.missing_studies(comparisons)
    available = presets.presets(study)
    curves = shown_curves(available, presets.preset_of(study, available))
    hidden = {*presets.curves(available)} - {*curves}
    shown = [preset for name, preset in available.items() if name not in hidden]
    requested = [study, *shown, *missing]
    if not stored_studies.any_live() and times.start_probes(requested):
        st.fragment(_probe, run_every=1.0)(requested, times.expected_time(study))


def _probe(requested: list[Study], before: Expected | None) -> None:
    if not times.start_probes(requested) or (not before and times.expected_time(requested[0])):
        st.rerun(scope="app")


def begin(study: Study) -> None:
    """Queue the study."""
    try:
        studies.show_in_address(stored_studies.start(study))
    except LabError as error:
        session.notice(str(error))
    st.rerun()


def downloads(stored: stored_studies.StoredStudy) -> None:
    """Offer the points, the study, and its address."""
    with st.popover("Download", icon=":material/download:"):
        for label, name, make in (
            ("Points (CSV)", "points.csv", lambda: points_csv(stored.points)),
            ("Study (JSON)", "study.json", lambda: studies.to_text(stored.study)),
        ):
            st.download_button(
                label, make, f"{stored.id}-{name}", on_click="ignore", type="tertiary", key=name
            )
        st.caption("Download a chart as PNG, SVG or CSV below it. Link to this study:")
        st.code(stored_studies.link(stored.id), language=None, wrap_lines=True)


def study_body(study_id: str, drawn_state: str, description: str) -> None:
    """Show the study so far. The page reruns when its state has changed, and when it has begun and
    its description is available for the header.
    """
    study = studies.draft()
    stored = None
    if study_id:
        try:
            stored = stored_studies.read(study_id)
        except LabError:  # deleted by another session
            st.rerun()
        begins = stored.started and stored.started.description != description
        if stored.state != drawn_state or begins:
            st.rerun()
        progress = points_of(stored.progress) if stored.points else ""
        show_incomplete(stored.id, STUDY, stored.state, progress, stored.message)
    if study.comparison:
        effects_card(study, stored)
    else:
        cards.show_cards(scene(study, stored))


def offer_best(study: Study, answer: Finding) -> None:
    """Offer to use the best value of the varied setting in the draft experiment."""
    best = studies.best_value(study, answer)
    if best and button(f"Use {best[0]}", key="use best value", type="primary"):
        try:
            studies.use_value(study, best[1])
        except LabError as error:  # the draft no longer has this setting
            session.notice(str(error))
        st.rerun(scope="app")


def empty_text(study: Study, stored: stored_studies.StoredStudy | None) -> str:
    """What is shown in place of the finding before the first point."""
    if stored and stored.state == RunState.QUEUED:
        return f"{describe_wait(stored.id)}."
    if stored:
        return "The first points will appear in a moment." if stored.live else ""
    expected = times.expected_time(study)
    if expected and expected.problem:
        return expected.problem
    return f"{studies.describe_cost(expected)}. Press Start." if expected else "Press Start."


def effects_card(study: Study, stored: stored_studies.StoredStudy | None) -> None:
    """The effects of the changes that the study compares, or what will be compared."""
    measured = effects.effects(stored) if stored else []
    if any(effect.differences or effect.lost for effect in measured):
        st.markdown(f"### {effects.headline(measured)}")
        with st.container(border=True, gap="xsmall"):
            card_title("Effects, the largest first", help=effects.HELP)
            effects.show_effects(stored)
        return
    text = empty_text(study, stored)
    st.markdown(f"### {escape(text)}" if text else "")
    with st.container(border=True, gap="xsmall"):
        card_title("What is compared", help=effects.HELP)
        titles = "".join(f"\n- {escape(one.title)}" for one in study.comparison.changes)
        part = effects.PARTS[study.comparison.measured_on].lower()
        seeds = counted(study.repeats, "seed")
        st.markdown(f"With the experiment as it is, on the {part}, with {seeds} each:\n{titles}")


def scene(study: Study, stored: stored_studies.StoredStudy | None) -> cards.Scene:
    """Collect what the cards show."""
    started = stored.started if stored else None
    comparisons = comparison_studies.comparison_studies(study) if stored else {}
    return cards.Scene(
        points=stored.points if stored else (),
        view=studies.view(study, started),
        axes=studies.axes(study),
        reach=started.reach if started else {},
        live=bool(stored and stored.live),
        complete=bool(stored and stored.state == RunState.DONE),
        measure=study.method.measure,
        caution=study.method.caution,
        value_names=study.varied.value_names if study.varied else {},
        name=study.name.partition(" (")[0] or "study",
        empty=empty_text(study, stored),
        comparisons=comparisons,
        request=comparison_studies.request,
        offer_best=partial(offer_best, study),
        id=stored.id if stored else "",
    )


main()
