"""The presets of the page: ready-made curves on the data of the current study, and studies of the
draft experiment.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from math import inf
from pathlib import Path

from core.base.encoding import change
from core.base.errors import LabError
from core.data.datasets import Digits
from core.studies.draft_studies import any_setting, effects, learning_curve, multi_start
from core.studies.study import Study, shipped
from pages.kit import state
from pages.kit.study_log import store

ORDER = (
    "random-features", "squared-fast", "entropy-fast", "steps", "samples", "steps-cnn",
    "effects", "learning-curve", "multi-start", "setting", "effects-of-draft",
)  # fmt: skip
FIRST_ROW = ORDER[:5]  # presets that are always visible: one line, each under a minute
SECONDS = (
    Path(__file__).parents[3] / "assets" / "study_seconds.json"
)  # benchmarks/assets/study_times.py
NETWORK = "Network, "  # begins most titles; what follows tells them apart
TIME_CLASSES = {60: "< 1 min", 600: "< 10 min", 3600: "< 1 h", inf: "hours"}
OF_DRAFT = {
    "learning-curve": learning_curve, "multi-start": multi_start, "setting": any_setting,
    "effects-of-draft": effects,
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
    """The presets of curves that are always visible, and the selected one; “More” shows the
    others.
    """
    return [name for name in curves(available) if name in (*FIRST_ROW, selected)]


def curves(available: Mapping[str, Study]) -> list[str]:
    """The presets that are not studies of the draft."""
    return [name for name in available if name not in OF_DRAFT]


def preset_of(study: Study, available: Mapping[str, Study]) -> str | None:
    """The preset that this study came from, by its title."""
    return next((name for name, preset in available.items() if preset.name == study.name), None)


def pill_label(name: str, study: Study) -> str:
    """The short title of a preset and, on the digits, the class of its time. It does not depend on
    what is measured meanwhile, so that a pill stays where it is.
    """
    title = study.name.partition(" (")[0].removeprefix(NETWORK)
    title = title[0].upper() + title[1:]
    recorded = recorded_seconds().get(name)
    if recorded is None or study.base.data.kind != "digits":
        return title
    slower = 2 * recorded  # on another machine, or beside other work
    return f"{title} · {next(text for limit, text in TIME_CLASSES.items() if slower < limit)}"


@cache
def recorded_seconds() -> dict[str, float]:
    """The seconds of each preset on the digits, as recorded by benchmarks/assets/study_times.py."""
    return json.loads(SECONDS.read_text())
