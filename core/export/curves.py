"""The curves of a run as a spreadsheet. Knows History only."""

from core.runs.history import History, epoch_row

HEAD = (
    "step,epoch,seconds,learning_rate,loss,train_loss,validation_loss,train_error,validation_error"
)


def curves_csv(history: History) -> str:
    """Return one row per step; the last step of an epoch also has its means and validation
    scores.
    """
    ends = {e.step: epoch_row(e)[3:7] for e in history.epochs}
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
