"""Double descent: does more always mean worse? A preset, its settings, and a curve that grows while
one looks: it says where it rises, where it falls again, and why.

Everything below the presets is one fragment that ticks while the study is at work, so a zoom stays.
"""

from functools import partial

import streamlit as st

from core.base.errors import LabError
from core.export.points import points_csv
from core.studies.duration import Expected
from core.studies.study import Study
from pages.kit import state
from pages.kit.form import escape
from pages.kit.job_controls import act, waiting
from pages.kit.layout import Ready, bar, finding, header
from pages.kit.study_log import points_of
from pages.parts.double_descent import curve, offers, studies, times
from pages.parts.double_descent.settings import settings

MORE = "More …"
QUESTION = "Does more always mean worse?"
TICK = 1.0  # seconds between two looks while a study is at work


def main() -> None:
    """The whole page."""
    study = studies.draft()
    study_id = studies.shown(study)
    studies.name(study_id)
    shown = studies.of(study_id) if study_id else None
    says = shown.begun.says if shown and shown.begun else ""
    with header("Double descent", says or QUESTION, badge(shown)):
        changed = settings(study, studies.key())
        if shown:
            downloads(shown)
            if shown.live:
                act("Stop", "stop", studies.stop, shown.id)
    if changed != study:
        studies.set_draft(changed, redraw=False)
        st.rerun()
    if said := state.keep(studies.GONE):
        finding("bad", escape(said))
    presets(study)
    look = st.fragment(body, run_every=TICK if studies.busy() else None)
    look(study_id, shown.word if shown else "", says)
    bar(ready=ready(study, shown))
    probe(study, shown)


def ready(study: Study, shown: studies.StudyView | None) -> Ready:
    """What Start does: a new study, or one that is not whole goes on."""
    known = times.known(study)
    line = studies.line(study, known)
    if shown and shown.resumable:
        return Ready(line, partial(go_on, shown.id))
    problem = known.problem if known else ""
    if shown:
        word = "at work" if shown.live else "done"
        line = problem = f"This study is {word}: change a setting to start another."
    return Ready(line, partial(begin, study), problem)


def badge(shown: studies.StudyView | None) -> tuple[str, str, str] | None:
    """The state of the study with how far it is."""
    if not shown:
        return None
    label, colour, icon = shown.word.badge
    return label, colour, f":material/{icon}:"


def presets(study: Study) -> None:
    """The ready-made studies with their time, and what the chosen one shows."""
    ready = studies.presets(study)
    now = studies.preset_of(study, ready)
    names = list(ready) if state.keep("all presets") else studies.few(ready, now)
    more = [] if len(names) == len(ready) else [MORE]
    said = st.pills(
        "Presets", [*names, *more], default=now, label_visibility="collapsed",
        format_func=lambda name: MORE if name == MORE else studies.pill(ready[name]),
        key=f"preset {studies.key()}",
    )  # fmt: skip
    if said == MORE:
        state.keep("all presets", "yes")
    elif said and said != now:
        state.keep("all presets", "")
        studies.set_draft(ready[said])
    if said and said != now:
        st.rerun()
    st.caption(escape(study.about))


def probe(study: Study, shown: studies.StudyView | None) -> None:
    """Asks how long the draft, the presets and the comparisons take; the page runs anew when it
    knows the draft's time, and once more when it knows all.
    """
    further = offers.unmade(offers.offers(study)) if shown else []
    asked = [study, *studies.presets(study).values(), *further]
    if not studies.busy() and times.expect(asked):
        st.fragment(_probe, run_every=0.5)(asked, times.known(study))


def _probe(asked: list[Study], told: Expected | None) -> None:
    if not times.expect(asked) or (not told and times.known(asked[0])):
        st.rerun(scope="app")


def begin(study: Study) -> None:
    """Start: the study waits in the queue or begins."""
    try:
        studies.name(studies.start(study))
    except LabError as error:
        state.notice(str(error))
    st.rerun()


def go_on(study_id: str) -> None:
    """A study that is not whole goes on where its last point stands."""
    try:
        studies.resume(study_id)
    except LabError as error:
        state.notice(str(error))
    st.rerun(scope="app")


def downloads(shown: studies.StudyView) -> None:
    """The points, the study, and the address under which it is found."""
    with st.popover("Download", icon=":material/download:"):
        for label, name, make in (
            ("Points, CSV", "points.csv", lambda: points_csv(shown.points)),
            ("Study, JSON", "study.json", lambda: studies.text(shown.study)),
        ):
            st.download_button(
                label, make, f"{shown.id}-{name}", on_click="ignore", type="tertiary", key=name
            )
        st.caption(
            "Each chart has its own PNG, SVG and CSV below it. This address shows the study:"
        )
        st.code(studies.link(shown.id), language=None, wrap_lines=True)


def body(study_id: str, drawn: str, says: str) -> None:
    """What is known by now; the page runs anew when the study's state is another one, and when it
    has begun, for the header says of what.
    """
    study = studies.draft()
    shown = None
    if study_id:
        try:
            shown = studies.of(study_id)
        except LabError:  # deleted elsewhere
            st.rerun()
        if shown.word != drawn or (shown.begun and shown.begun.says != says):
            st.rerun()
        trouble(shown)
    curve.cards(scene(study, shown))


def trouble(shown: studies.StudyView) -> None:
    """A study that is not whole says why, and goes on with one press."""
    at = points_of(shown.progress) if shown.points else ""
    words = {
        "failed": ("bad", shown.message),
        "stopped": (
            "info",
            f"Stopped at {at}: what is there stays." if at else "Stopped before the first point.",
        ),
        "interrupted": (
            "warn",
            f"The lab ended at {at}: nothing that was measured is lost."
            if at
            else "The lab ended before the first point was there.",
        ),
        "preempted": (
            "info",
            f"Set aside at {at}: it was paused while others waited."
            if at
            else "Set aside before the first point: it was paused while others waited.",
        ),
        "not_started": ("warn", "It waited for its turn until the lab ended."),
    }
    if shown.word in words:
        level, text = words[shown.word]
        label = "Go on from here" if at or shown.word == "not_started" else "Start it again"
        if finding(level, escape(text), label, f"resume {shown.id}"):
            go_on(shown.id)


def empty(study: Study, shown: studies.StudyView | None) -> str:
    """What is said in the place of the answer before the first point."""
    if shown and shown.word == "queued":
        return f"{waiting(shown.id)}."
    if shown:
        return "The first points will stand here in a moment." if shown.live else ""
    known = times.known(study)
    if known and known.problem:
        return known.problem
    return f"{studies.effort(known)}. Press Start." if known else "Press Start."


def scene(study: Study, shown: studies.StudyView | None) -> curve.Scene:
    """The study as the cards want it."""
    begun = shown.begun if shown else None
    return curve.Scene(
        points=shown.points if shown else (),
        view=studies.view(study, begun),
        axes=studies.axes(study),
        reach=begun.reach if begun else {},
        live=bool(shown and shown.live),
        complete=bool(shown and shown.word == "done"),
        measure=study.method.measure,
        caution=study.method.caution,
        words=study.varied.words if study.varied else {},
        name=study.name.partition(" (")[0] or "study",
        empty=empty(study, shown),
        offers=offers.offers(study) if shown else {},
        want=offers.want,
        id=shown.id if shown else "",
    )


main()
