"""The effects of the changes that a study compares, from its records. Pure functions; no torch."""

from collections.abc import Sequence

from core.advice.paired_effects import Effect, PairedRun, by_size, measure_effect
from core.descent.point import CurvePoint
from core.studies.changes import Unchanged
from core.studies.records import Record
from core.studies.study import Study


def effects_of(
    study: Study, records: Sequence[Record], *, regression: bool, live: bool = False
) -> list[Effect]:
    """Return the effect of each change, the largest first: pairs are those seeds for which the
    trainings with and without the change have ended. More are to come while the study is `live`.
    """
    axis = study.comparison
    if axis is None:
        return []
    runs: dict[str, dict[int, PairedRun]] = {}
    for record in records:
        at = record.coordinates
        run = _paired_run(record.point, axis.measured_on)
        runs.setdefault(at[axis.name], {})[at["seed"]] = run
    base, effects = runs.get(Unchanged().title, {}), []
    for change in axis.changes:
        changed = runs.get(axis.title_of(change), {})
        pairs = [(base[seed], changed[seed]) for seed in sorted(base.keys() & changed.keys())]
        effects.append(
            measure_effect(
                change.title,
                pairs,
                part=axis.measured_on,
                regression=regression,
                waiting=study.repeats - len(pairs) if live else 0,
            )
        )
    return by_size(effects)


def _paired_run(point: CurvePoint, part: str) -> PairedRun:
    (error,) = getattr(point, f"{part}_error")
    return PairedRun(error, point.seconds[0] if point.seconds else 0.0)
