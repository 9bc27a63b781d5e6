"""Causes: the same study with one cause of the peak taken away, to lay beside it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from core.base.encoding import build, change
from core.studies.methods import Networks, RandomFeatures
from core.studies.study import Study

RIDGES = (1e-6, 1e-4, 1e-3, 1e-2, 0.1)
DECAYS = (0.01, 0.1, 1.0, 3.0)
STEPS = 24  # at which each network is looked at, to stop at the best one
MANY = 10  # seeds whose predictions are averaged


@dataclass(frozen=True)
class Cause:
    """`label` may name the study's {control}. `without(study)` is the study without it, None where
    the study has no such cause. What is compared may need more than other points: `reading` names
    the line of `core.figures.descent.compare` to draw of them, empty for the points as they are.
    """

    label: str
    about: str
    without: Callable[[Study], Study | None]
    reading: str = ""


def without_noise(study: Study) -> Study | None:
    """All labels right."""
    if not study.base.label_noise.share:
        return None
    return change(study, "base.label_noise.share", 0.0)


def tuned(study: Study) -> Study | None:
    """With several ridges or decays, of which the best is drawn at each size."""
    method = study.method
    if isinstance(method, RandomFeatures):
        return change(study, "method.ridges", sorted({*method.ridges, *RIDGES}))
    if isinstance(method, Networks) and not method.reuse:
        return change(study, "method.decays", sorted({*method.decays, *DECAYS}))
    return None


def stopped_early(study: Study) -> Study | None:
    """Every network measured often enough to stop it at its best step."""
    if not isinstance(study.method, Networks):
        return None
    return change(study, "method.evaluations", max(STEPS, study.method.evaluations))


def together(study: Study) -> Study | None:
    """More seeds, whose predictions are averaged."""
    if not study.method.together:
        return None
    return build(Study, study.model_dump(mode="json") | {"repeats": max(MANY, study.repeats)})


CAUSES: dict[str, Cause] = {
    "noise": Cause("No label noise", "The same data with all labels right.", without_noise),
    "tuned": Cause(
        "Best {control}",
        "The best ridge or weight decay at each size, by the test data.",
        tuned,
        "best_control",
    ),
    "early_stop": Cause(
        "Early stop",
        "Each network as it was at its best step, by the test data.",
        stopped_early,
        "early_stop",
    ),
    "ensemble": Cause(
        "Mean of 10 seeds", "The averaged predictions of 10 seeds.", together, "ensemble"
    ),
}
