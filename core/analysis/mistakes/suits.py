"""Why a question cannot be asked about a run: reasons that several analyses share."""

from core.data.dataset import Facts


def needs_classes(facts: Facts) -> str:
    """Return why a run that predicts values has no classes; empty for classes."""
    if facts.classes:
        return ""
    return "This run predicts values, so it has no classes. Ask for `residuals` instead."


def needs_values(facts: Facts) -> str:
    """Return why a run that predicts classes has no residuals; empty for values."""
    if not facts.classes:
        return ""
    return "This run predicts classes, so it has no residuals. Ask for `confusion` instead."


def needs_two_classes(facts: Facts) -> str:
    """Return why a run has no single threshold; empty for two classes."""
    if len(facts.classes) == 2:
        return ""
    how = f"has {len(facts.classes)} classes" if facts.classes else "predicts values"
    return (
        f"This run {how}; ROC and precision-recall curves need exactly two classes. Ask for "
        f"`{'confusion' if facts.classes else 'residuals'}` instead."
    )
