"""The curves of a run as spreadsheets, and what was measured inside its network. Knows History
only.
"""

from core.runs.epoch_table import epoch_columns
from core.runs.history import History

EPOCH_SCORES = ("train_loss", "validation_loss", "train_error", "validation_error")
HEAD = ",".join(["step,epoch,seconds,learning_rate,loss", *EPOCH_SCORES])
LAYERS_HEAD = "step,epoch,layer,gradient,weight,update,output_std,dead,saturated,output_mean"


def curves_csv(history: History) -> str:
    """Return one row per step; the last step of an epoch also has its means and validation
    scores.
    """
    table = epoch_columns(history.epochs)
    rows = zip(*(table[name] for name in EPOCH_SCORES), strict=True)
    ends = dict(zip(table["step"], rows, strict=True))
    per_epoch = history.started.epoch_steps if history.started else 1
    lines, began = [HEAD], 0.0
    for first, last, seconds, rate, _ in history.ticks:
        for step in range(first, last + 1):
            at = began + (step - first + 1) / (last - first + 1) * (seconds - began)
            loss = history.losses[step - 1]
            values = [step, step / per_epoch, at, rate, loss, *ends.get(step, [None] * 4)]
            lines.append(",".join("" if v is None else f"{v:.7g}" for v in values))
        began = seconds
    return "\n".join(lines) + "\n"


def layers_csv(history: History) -> str:
    """Return one row per measurement and layer: norms of gradient and weights, update-to-weight
    ratio, standard deviation and mean of the outputs; for activations the dead and saturated
    fractions.
    """
    per_epoch = history.started.epoch_steps if history.started else 1
    lines = [LAYERS_HEAD]
    for probe in history.probes:
        columns = (
            probe.gradient, probe.weight, probe.update,
            probe.spread, probe.dead, probe.saturated, probe.mean,
        )  # fmt: skip
        for name in (*history.layers, *history.activations):
            values = [column.get(name) for column in columns]
            numbers = ["" if value is None else f"{value:.7g}" for value in values]
            place = [str(probe.step), f"{probe.step / per_epoch:.7g}", name]
            lines.append(",".join([*place, *numbers]))
    return "\n".join(lines) + "\n"
