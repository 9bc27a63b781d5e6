"""Recipes: the training settings of ready-made experiments, for other data and another network.
Pure.
"""

from core.experiment import Experiment, comparisons, shipped

PARTS = (
    "loss", "optimizer", "schedule", "epochs", "batch_size", "sampling", "regularizers", "stopping",
    "precision",
)  # fmt: skip


def recipes() -> dict[str, Experiment]:
    """Return ready-made experiments by name, the first of those with equal training settings.

    Experiments outside comparisons come first; a comparison of anything other than training
    settings is left out.
    """
    groups = comparisons().values()
    compared = {name for names in groups for name in names}
    single = [name for name in shipped() if name not in compared]
    varied = [name for names in groups if len({*map(_settings, names)}) > 1 for name in names]
    first: dict[tuple, str] = {}
    for name in [*single, *varied]:
        first.setdefault(_settings(name), name)
    return {name: shipped()[name] for name in first.values()}


def _settings(name: str) -> tuple:
    return tuple(getattr(shipped()[name], part) for part in PARTS)


def apply_recipe(draft: Experiment, example: Experiment, classes: tuple[str, ...]) -> Experiment:
    """Return the draft with the example's training settings. The draft's loss and sampling stay
    where those of the example do not fit data with these classes (none: values).
    """
    parts = {part: getattr(example, part) for part in PARTS}
    for part in ("loss", "sampling"):
        if parts[part].misfit(classes):
            parts[part] = getattr(draft, part)
    return draft.model_copy(update=parts)
