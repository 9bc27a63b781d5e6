"""Studies for the pages: the draft study as JSON text, the ready-made ones, and what a study on
disk shows by now. Knows the records of a study and the queue, no chart.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from core.advice.study_verdict import Over
from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment, LabError
from core.base.numbers import percent
from core.base.text import counted
from core.data.datasets import Digits
from core.descent.point import Point
from core.figures.descent.lines import View
from core.jobs import runner
from core.jobs.kinds import STUDY
from core.runs.state import RunState
from core.studies.draft_studies import any_setting, learning_curve, multi_start
from core.studies.duration import Expected
from core.studies.methods import CurveMethod
from core.studies.records import Begun, Progress, Record, curve, progress
from core.studies.study import Study, shipped
from pages.kit import state, study_log
from pages.kit.study_log import store
from pages.parts.double_descent.times import known, roughly

DRAFT, ROUND = "study", "study round"  # what is kept: the draft study, how often it was replaced
CONTROLS = {"scale of the slow block": "scale"}  # shorter, for the ends of lines
ORDER = (
    "random-features", "squared-fast", "entropy-fast", "steps", "samples", "steps-cnn",
    "learning-curve", "multi-start", "setting",
)  # fmt: skip
FEW = ORDER[:6]  # fill one row
OPENED = "study opened"  # kept: the study of the address that is the draft by now
GONE = "study gone"  # kept: why the study of the address is not shown


# --- the draft study


def draft() -> Study:
    """What Start would compute: that of the address when it is opened, else the last one here."""
    named = state.study_in_address()
    if named and state.keep(OPENED) != named:
        state.keep(OPENED, named)
        try:
            set_draft(store().study(named))
        except LabError:
            state.name_study("")
            state.keep(GONE, "This study is not here: it was deleted, or it lies in another lab.")
    text = state.keep(DRAFT)
    try:
        return decode(Study, text) if text else first()
    except BadExperiment:  # written by another version of the lab
        return first()


def name(study_id: str) -> None:
    """The address names this study, which is the draft already; empty for none."""
    state.keep(OPENED, study_id)
    state.name_study(study_id)


def first() -> Study:
    """Random features on the data of the draft, where that has classes; else on the digits."""
    data = state.draft().data
    try:
        data = data if len(data.facts(store().home).classes) > 1 else Digits()
    except LabError:
        data = Digits()
    return change(shipped()[ORDER[0]], "base.data", data.model_dump(mode="json"))


def set_draft(study: Study, *, redraw: bool = True) -> None:
    """Another draft study; `redraw` where it was not a widget that changed it."""
    state.keep(DRAFT, encode(study))
    state.keep(GONE, "")
    if redraw:
        state.keep(ROUND, str(int(state.keep(ROUND) or 0) + 1))


def key() -> str:
    """The beginning of widget keys, another one for another draft study."""
    return f"study {state.keep(ROUND) or 0}"


# --- a study on disk


@dataclass(frozen=True)
class StudyView:
    """A study as far as it is."""

    id: str
    study: Study
    word: RunState
    begun: Begun | None
    records: tuple[Record, ...]
    message: str

    @property
    def live(self) -> bool:
        return self.word.is_live

    @property
    def resumable(self) -> bool:
        return self.word.is_resumable

    @cached_property
    def points(self) -> list[Point]:
        return curve(self.records)

    @property
    def progress(self) -> Progress:
        return progress(self.records, self.begun)


def of(study_id: str) -> StudyView:
    """The study of this id by now. NotFound when there is none."""
    begun, records, message = study_log.read(study_id)
    return StudyView(study_id, study_log.study(study_id), word(study_id), begun, records, message)


def shown(study: Study) -> str:
    """The newest study on disk that is this one; empty for none."""
    text = encode(study)
    named = state.study_in_address()
    ids = store().ids()
    for study_id in [*([named] if named in ids else []), *ids]:
        try:
            if encode(study_log.study(study_id)) == text:
                return study_id
        except LabError:
            continue
    return ""


# --- what a person may do


def start(study: Study) -> str:
    """Queues the study; its id."""
    return runner.current().submit_study(encode(study))


def word(study_id: str) -> RunState:
    """The state of a study, as of a run."""
    return runner.current().study_status(study_id)


def resume(study_id: str) -> None:
    """Goes on where the last point stands."""
    runner.current().resume_study(study_id)


def stop(study_id: str) -> None:
    """Ends it at its next step; what is there stays."""
    runner.current().stop(study_id)


def busy() -> bool:
    """Whether any study is at work or waits."""
    return bool(runner.current().live(STUDY))


# --- ready-made ones


def presets(study: Study) -> dict[str, Study]:
    """The ready-made studies by name: curves on the data of this one, trainings of the draft."""
    data = study.base.data.model_dump(mode="json")
    ready = {}
    for name in sorted(shipped(), key=_order):
        one = shipped()[name]
        if isinstance(one.method, CurveMethod):
            ready[name] = change(one, "base.data", data)
        elif name in OF_DRAFT:
            with suppress(LabError):  # this draft allows none
                made = OF_DRAFT[name](state.draft())
                ready[name] = made.model_copy(update={"name": one.name, "about": one.about})
        else:
            ready[name] = one
    return ready


OF_DRAFT = {
    "learning-curve": learning_curve, "multi-start": multi_start, "setting": any_setting,
}  # fmt: skip


def _order(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def few(ready: Mapping[str, Study], now: str | None) -> list[str]:
    """The presets that stand on the page, with the chosen one; the rest waits behind “More”."""
    shown = FEW if now in FEW or not now else (*FEW[:-1], now)
    return [name for name in ready if name in shown]


def preset_of(study: Study, ready: Mapping[str, Study]) -> str | None:
    """The ready-made study that this one came from."""
    return next((name for name, one in ready.items() if one.name == study.name), None)


def pill(study: Study) -> str:
    """Its name with its time, whose place is kept until a probe tells it."""
    told = known(study)
    if told:
        time = " · not here" if told.problem else f" · {roughly(told.seconds)}"
    else:  # no probe fetches data
        time = " · … s" if study.base.data.here(store().home) else ""
    return study.name.partition(" (")[0] + time


# --- how it is looked at


def view(study: Study, begun: Begun | None) -> View:
    """How its points are drawn."""
    method = study.method
    over = study.over
    setting = study.varied.title.lower() if study.varied else ""
    unit = {"samples": "n", "steps": "steps"}.get(over, "N" if method.noun == "feature" else "P")
    return View(
        over=over,
        unit=unit,
        classes=begun.classes if begun else 10,
        noun=method.noun,
        control=CONTROLS.get(method.control, method.control) or setting,
        loss="squared loss" if method.squared else "cross-entropy",
        samples=getattr(method, "samples", 0),
        reuse=getattr(method, "reuse", False),
    )


def axes(study: Study) -> tuple[Over, ...]:
    """Which x axes its points can be drawn over, the one that it is about first."""
    on_the_way = study.over == "width" and getattr(study.method, "evaluations", 1) > 1
    return (study.over, "steps") if on_the_way else (study.over,)


def line(study: Study, known: Expected | None) -> str:
    """The draft study in one line."""
    noise = study.base.label_noise.share
    parts = [study.name.partition(" (")[0] or study.method.label]
    parts += [axis.summary for axis in study.axes]
    parts += [effort(known)] if known and not known.problem else []
    parts += [study.base.data.summary, f"{percent(noise)} noise" if noise else "no noise"]
    return " · ".join([*parts, counted(study.repeats, "seed")])


def effort(known: Expected) -> str:
    """105 points, about 8 s."""
    return f"{counted(known.points, 'point')}, about {roughly(known.seconds)}"


def text(study: Study) -> str:
    """The study as JSON."""
    return encode(study)


def link(study_id: str) -> str:
    """The address that shows this study to whoever reaches the lab under it."""
    return f"{(st.context.url or '').partition('?')[0]}?study={study_id}"
