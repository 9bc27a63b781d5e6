"""Too few validation samples: a score on a handful of them shows nothing about new data. Pure."""

from math import ceil

from core.base.finding import Action, Finding
from core.base.numbers import THIN, percent, short, whole
from core.base.rates import rate
from core.base.text import counted
from core.data.split import Split

FEWEST = 10  # samples below which the 95 % interval of an error may be 55 points wide or wider
FRACTION = 0.3  # of the rows that a button holds out, where that gives enough


def check_small_validation(
    split: Split, *, validation: int, train: int, classes: bool = True
) -> Finding | None:
    """Return a finding if the validation set exists, but is too small to judge anything by. `train`
    and `validation` are the sizes of the parts.
    """
    if not 0 < validation < FEWEST:
        return None
    evidence = {"validation": validation, "needed": FEWEST}
    size = f"**The validation set has {counted(validation, 'sample')}:**"
    if classes:
        _, low, high = rate(validation / 2, validation)
        text = (
            f"{size} one mistake changes the error by {short(100 / validation)} points, and its "
            f"95{THIN}% interval may be {short(100 * (high - low))} points wide."
        )
    else:
        text = f"{size} its error depends on which rows these are."
    text += " The best epoch, early stopping and comparisons with other runs are mostly chance."
    action = None
    if FRACTION * (train + validation) >= FEWEST and split.validation < FRACTION:
        text += f" Hold out {percent(FRACTION)} of the rows."
        label = f"Hold out {percent(FRACTION)} for validation"
        action = Action(label, {"split.validation": FRACTION})
    else:
        rows = ceil(FEWEST / max(split.validation, FRACTION / 2))
        text += f" Add rows: {whole(rows)} or more are enough."
        evidence["rows"] = rows
    return Finding("validation_too_small", "warn", text, evidence, action)
