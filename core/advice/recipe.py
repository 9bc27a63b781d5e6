"""A recipe: how a ready-made experiment learns, for other data and another network. Pure."""

from core.experiment import Experiment, comparisons, shipped

PARTS = (
    "loss", "optimizer", "schedule", "epochs", "batch_size", "sampling", "regularizers", "stopping",
    "precision",
)  # fmt: skip


def recipes() -> dict[str, Experiment]:
    """The ready-made experiments by name, of those that learn alike the first. Those that stand
    alone come first; a comparison of other things than learning is left out.
    """
    together = comparisons().values()
    members = {name for names in together for name in names}
    alone = [name for name in shipped() if name not in members]
    compared = [name for names in together if len({*map(_way, names)}) > 1 for name in names]
    first: dict[tuple, str] = {}
    for name in [*alone, *compared]:
        first.setdefault(_way(name), name)
    return {name: shipped()[name] for name in first.values()}


def _way(name: str) -> tuple:
    return tuple(getattr(shipped()[name], part) for part in PARTS)


def learns_as(draft: Experiment, example: Experiment, classes: tuple[str, ...]) -> Experiment:
    """The draft with the example's way to learn. Its own loss and sampling stay where those of the
    example do not fit data of these classes (none: values).
    """
    parts = {part: getattr(example, part) for part in PARTS}
    for part in ("loss", "sampling"):
        if parts[part].problem(classes):
            parts[part] = getattr(draft, part)
    return draft.model_copy(update=parts)
