"""Studies for the page: the draft study as JSON text, and the state of a study on disk. Works with
the records of a study and the queue; draws no chart.
"""

from typing import Any

from core.advice.study_verdict import Over
from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment, LabError
from core.base.finding import Action, Finding
from core.base.numbers import duration_range, percent, short
from core.base.text import counted
from core.figures.descent.lines import View
from core.jobs.kinds import STUDY
from core.studies.draft_studies import rebase
from core.studies.duration import Expected
from core.studies.records import StudyStarted
from core.studies.study import Study
from pages.kit import address, session, state
from pages.kit.study_draft import DRAFT, FOLLOWS, GENERATION, PROBLEM, set_draft
from pages.kit.study_log import store
from pages.parts.double_descent.presets import default_study

SHORT_CONTROLS = {"scale of the slow block": "scale"}  # for the ends of lines
OPENED = "study opened"  # screen state: the study of the address that is already the draft


# --- the draft study


def draft() -> Study:
    """The study that Start would compute: that of the address once it is opened, else the last
    one edited here. A study of the draft experiment has the draft as it is now.
    """
    in_address = address.job(STUDY)
    if in_address and session.get_ui(OPENED) != in_address:
        session.set_ui(OPENED, in_address)
        try:
            set_draft(store().study(in_address))
        except LabError:
            address.name_job(STUDY, "")
            session.set_ui(
                PROBLEM,
                "This study was not found: it was deleted or belongs to another lab. Choose a "
                "preset to start a new one.",
            )
    text = session.get_ui(DRAFT)
    try:
        study = decode(Study, text) if text else default_study()
        rebased = rebase(study, state.draft()) if follows_draft() and not in_address else study
        if rebased != study:
            set_draft(rebased, follows=True)
        return rebased
    except BadExperiment:  # written by another version of the lab
        return default_study()


def show_in_address(study_id: str) -> None:
    """Put this study, which is already the draft, into the address; an empty ID removes it."""
    session.set_ui(OPENED, study_id)
    address.name_job(STUDY, study_id)


def apply_action(action: Action) -> None:
    """Apply the changes of a finding's action to the draft study."""
    study = draft()
    for path, value in action.changes.items():
        study = change(study, path, value)
    set_draft(study, follows=follows_draft())


def follows_draft() -> bool:
    """Whether the study trains the draft experiment."""
    return bool(session.get_ui(FOLLOWS))


def best_value(study: Study, finding: Finding) -> tuple[str, Any] | None:
    """Return the best value of the varied setting as text, and itself; None if there is none."""
    if not finding.code.startswith(("best_value", "only_value")) or not study.varied:
        return None
    axis, control = study.varied, finding.evidence["groups"][0]["control"]
    if control in axis.value_names:
        return axis.value_names[control], axis.values[int(control)]
    value = next((v for v in axis.values if float(v) == control), None)
    return None if value is None else (short(value, 3), value)


def use_value(study: Study, value: Any) -> None:
    """Give the varied setting this value in the draft experiment. Raises BadExperiment."""
    axis = study.varied
    state.rebuild(axis.apply(state.draft(), value))
    session.notice(f"The draft now has this value of “{axis.title}”. Train it on the Train page.")


def key() -> str:
    """The prefix of widget keys, a new one for each draft study."""
    return f"study {session.get_ui(GENERATION) or 0}"


# --- how a study is shown


def view(study: Study, started: StudyStarted | None) -> View:
    """How the points of a study are drawn."""
    method = study.method
    over = study.over
    setting = study.varied.title.lower() if study.varied else ""
    unit = {"samples": "n", "steps": "steps"}.get(over, "N" if method.linear else "P")
    return View(
        over=over,
        unit=unit,
        classes=started.classes if started else 10,
        noun=method.noun,
        control=SHORT_CONTROLS.get(method.control, method.control) or setting,
        loss="squared loss" if method.squared else "cross-entropy",
        samples=method.planned_samples,
        reuse=method.reuses_weights,
        features=method.linear,
        trained=not method.whole_curve,
    )


def axes(study: Study) -> tuple[Over, ...]:
    """The x axes that its points can be drawn over, the main one first."""
    during = study.over == "width" and study.method.measured_in_training
    return (study.over, "steps") if during else (study.over,)


def summary_line(study: Study, expected: Expected | None) -> str:
    """The draft study in one line."""
    noise = study.base.label_noise.share
    parts = [study.name.partition(" (")[0] or study.method.label]
    parts += [axis.summary for axis in study.axes]
    if not study.method.whole_curve:
        parts += [counted(study.base.epochs, "epoch")]
    parts += [describe_cost(expected)] if expected and not expected.problem else []
    parts += [study.base.data.summary]
    parts += [f"{percent(noise)} label noise" if noise else "no label noise"]
    return " · ".join([*parts, counted(study.repeats, "seed")])


def describe_cost(expected: Expected) -> str:
    """105 points, 6 to 18 s."""
    seconds = duration_range(expected.low, expected.high)
    return f"{counted(expected.points, 'point')}, {seconds}"


def to_text(study: Study) -> str:
    """The study as JSON."""
    return encode(study)
