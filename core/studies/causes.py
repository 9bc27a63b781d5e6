"""The same study with one cause of the peak removed, for comparison. Pure functions."""

from collections.abc import Callable
from dataclasses import dataclass

from core.base.encoding import build, change
from core.studies.study import Study

ENSEMBLE_SEEDS = 10  # seeds whose predictions are averaged


@dataclass(frozen=True)
class Cause:
    """`label` may name the study's {control}. `without(study)` returns the study without the cause,
    None where the study does not have it. `reading` names the function of
    `core.figures.descent.comparisons` that extracts the line to draw, empty for the points as they
    are.
    """

    label: str
    about: str
    without: Callable[[Study], Study | None]
    reading: str = ""


def without_noise(study: Study) -> Study | None:
    """The same data with correct labels only."""
    if not study.base.label_noise.share:
        return None
    return change(study, "base.label_noise.share", 0.0)


def with_tuned_control(study: Study) -> Study | None:
    """Several ridges or weight decays, of which the best one at each size is drawn."""
    changes = study.method.tuned()
    return _with_method(study, changes) if changes else None


def with_early_stopping(study: Study) -> Study | None:
    """Every network measured often enough to stop it at its best step."""
    changes = study.method.measured_often()
    return _with_method(study, changes) if changes else None


def with_ensemble(study: Study) -> Study | None:
    """More seeds, whose predictions are averaged."""
    if not study.method.whole_curve:
        return None
    repeats = max(ENSEMBLE_SEEDS, study.repeats)
    return build(Study, study.model_dump(mode="json") | {"repeats": repeats})


def _with_method(study: Study, changes: dict) -> Study:
    for name, value in changes.items():
        study = change(study, f"method.{name}", value)
    return study


CAUSES: dict[str, Cause] = {
    "noise": Cause("No label noise", "The same data with correct labels only.", without_noise),
    "tuned": Cause(
        "Best {control}",
        "The best ridge or weight decay at each size, chosen on the test data.",
        with_tuned_control,
        "best_control",
    ),
    "early_stop": Cause(
        "Early stopping",
        "Each network at its best step, chosen on the test data.",
        with_early_stopping,
        "early_stop",
    ),
    "ensemble": Cause(
        f"Ensemble of {ENSEMBLE_SEEDS} seeds",
        f"The averaged predictions of {ENSEMBLE_SEEDS} seeds.",
        with_ensemble,
        "ensemble",
    ),
}
