"""The presets of the page: ready-made curves on the data of the current study, and studies of the
draft experiment.
"""

from collections.abc import Mapping
from contextlib import suppress

from core.base.encoding import change
from core.base.errors import LabError
from core.data.datasets import Digits
from core.studies.draft_studies import any_setting, learning_curve, multi_start
from core.studies.study import Study, shipped
from pages.kit import state
from pages.kit.study_log import store
from pages.parts.double_descent.times import expected_time, round_time

ORDER = (
    "random-features", "squared-fast", "entropy-fast", "steps", "samples", "steps-cnn",
    "learning-curve", "multi-start", "setting",
)  # fmt: skip
FIRST_ROW = ORDER[:6]  # presets that are always visible
OF_DRAFT = {
    "learning-curve": learning_curve, "multi-start": multi_start, "setting": any_setting,
}  # fmt: skip


def default_study() -> Study:
    """Random features on the data of the draft if that has classes, else on the digits."""
    data = state.draft().data
    try:
        data = data if len(data.facts(store().home).classes) > 1 else Digits()
    except LabError:
        data = Digits()
    return change(shipped()[ORDER[0]], "base.data", data.model_dump(mode="json"))


def presets(study: Study) -> dict[str, Study]:
    """The presets by name: curves on the data of this study, and trainings of the draft."""
    data = study.base.data.model_dump(mode="json")
    result = {}
    for name in sorted(shipped(), key=_order):
        preset = shipped()[name]
        if preset.method.whole_curve:
            result[name] = change(preset, "base.data", data)
        elif name in OF_DRAFT:
            with suppress(LabError):  # this draft does not allow it
                made = OF_DRAFT[name](state.draft())
                result[name] = made.model_copy(update={"name": preset.name, "about": preset.about})
        else:
            result[name] = preset
    return result


def _order(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def first_row(available: Mapping[str, Study], selected: str | None) -> list[str]:
    """The presets that are always visible, with the selected one; “More” shows the others."""
    visible = FIRST_ROW if selected in FIRST_ROW or not selected else (*FIRST_ROW[:-1], selected)
    return [name for name in available if name in visible]


def preset_of(study: Study, available: Mapping[str, Study]) -> str | None:
    """The preset that this study came from, by its title."""
    return next((name for name, preset in available.items() if preset.name == study.name), None)


def pill_label(study: Study) -> str:
    """The title of a preset with its expected time, or a placeholder until a probe has measured
    it.
    """
    expected = expected_time(study)
    if expected:
        time = " · unavailable" if expected.problem else f" · {round_time(expected.seconds)}"
    else:  # probes download nothing
        time = " · … s" if study.base.data.is_available(store().home) else ""
    return study.name.partition(" (")[0] + time
