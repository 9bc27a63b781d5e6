"""Forks: a run that begins at an epoch of another one, with some settings changed, and what may be
changed there or while a run is trained. Reads run folders; loads no torch.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.base.errors import BadInput, NotFound
from core.base.events import Epoch, Started, Step, from_json
from core.base.numbers import whole
from core.base.text import counted
from core.experiment import NAME_LENGTH, Experiment
from core.optim.decays import Constant
from core.runs.compare import describe_change, differences
from core.runs.lineage import changed, experiment_at, segment_at, store_with
from core.runs.store import Store
from core.weights.fork import Continuation, Fork

_ENDING = re.compile(r", (from epoch \d.*|\d\S* more epochs?)$")  # of the name of a fork
SHORTEST = 12  # characters of the parent's name that are left in that of a fork
FREE = ("name", "about", "fork")  # not settings of the training
CHANGEABLE = ("optimizer", "schedule", "regularizers", "stopping", "epochs")  # between two steps
ALLOWED = (
    *CHANGEABLE, "batch_size", "accumulation", "augmentations", "sampling", "precision", "device",
)  # fmt: skip
REASONS = {
    "data": "its weights were trained on other samples",
    "split": "samples that were used for training could get into the validation or test set",
    "normalization": "its weights expect inputs at the scale that they were trained with",
    "network": "its weights and the state of the optimizer fit only the layers that were trained",
    "initializer": "it acts only on weights that are not trained yet",
    "start": "it acts only on weights that are not trained yet",
    "loss": "losses before and after it would not be comparable",
    "seeds": "all random generators go on from their state at this epoch",
    "label_noise": "other labels than the given ones can only be turned off",
}


def is_allowed(path: str) -> bool:
    """Return whether a fork may change the field at this path."""
    return path.partition(".")[0] in (*FREE, *ALLOWED) or path in ("label_noise.share",)


def is_changeable(path: str) -> bool:
    """Return whether the field at this path may change while a run is trained."""
    return path.partition(".")[0] in CHANGEABLE


def check_fork(parent: Experiment, experiment: Experiment) -> None:
    """Raise BadInput (fork_changes_<field>) if the second experiment cannot go on from a point of
    the first one.
    """
    for field in refused_fields(parent, experiment):
        raise refusal(parent, experiment, field)


def refused_fields(parent: Experiment, experiment: Experiment) -> list[str]:
    """Return the fields in which the second experiment differs and that a fork cannot change."""
    return [
        field
        for field in _differing(parent, experiment)
        if field not in ALLOWED
        and not (field == "label_noise" and not experiment.label_noise.share)
        and not (field == "network" and _only_dropout_differs(parent, experiment))
    ]


def refusal(parent: Experiment, experiment: Experiment, field: str) -> BadInput:
    """Return why a fork of the first experiment cannot have this field of the second one."""
    changed_field = parent.model_copy(update={field: getattr(experiment, field)})
    change = describe_change(parent, changed_field)
    label, _, values = change.partition(": ")
    change = values if label.lower() == field.replace("_", " ") else change  # names it once
    detail = f" ({change})" if "→" in change else ""  # else the values are too long
    return BadInput(
        f"A fork cannot change {named(field)}{detail}: {REASONS[field]}. Restore this setting, or "
        "train a new run with it from the start.",
        code=f"fork_changes_{field}",
    )


def check_draft(store: Store, experiment: Experiment) -> None:
    """Raise what keeps a fork from starting: NotFound (fork_parent_missing), or BadInput
    (fork_point_unknown, fork_changes_<field>).
    """
    if not (fork := experiment.fork):
        return
    place = store_with(store, fork.run)
    epochs = logged_epochs(place, fork.run)[: fork.epoch]
    if len(epochs) < fork.epoch or (epochs and epochs[-1].step != fork.step):
        raise BadInput(
            f"Run {fork.run} has no epoch {whole(fork.epoch)} that ends at step "
            f"{whole(fork.step)}. Fork it again at one of its epochs.",
            code="fork_point_unknown",
        )
    check_fork(experiment_at(place, fork.run, fork.step), experiment)


def check_change(old: Experiment, new: Experiment, *, completed: int = 0) -> None:
    """Raise BadInput (change_of_<field>, change_of_epochs_too_late) if a run with so many completed
    epochs cannot go on with the second experiment between two steps.
    """
    if old.epochs != new.epochs <= completed:
        raise BadInput(
            f"This run has already completed {whole(completed)} epochs, so it cannot end after "
            f"{whole(new.epochs)}. Use at least {whole(completed + 1)}, or stop the run.",
            code="change_of_epochs_too_late",
        )
    for field in _differing(old, new):
        if field in CHANGEABLE:
            continue
        try:
            check_fork(old, new)
        except BadInput as error:
            raise BadInput(
                f"A run cannot change {named(field)} while it is trained: {REASONS[field]}. Train "
                "a new run with this setting.",
                code=f"change_of_{field}",
            ) from error
        raise BadInput(
            f"A run cannot change {named(field)} in the middle of an epoch. Fork the run at an "
            "epoch to change it there.",
            code=f"change_of_{field}",
        )


def _differing(old: Experiment, new: Experiment) -> list[str]:
    names = [name for name in Experiment.model_fields if name not in FREE]
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def named(field: str) -> str:
    """Return a field of the experiment as a noun with its article."""
    return f"the {field.replace('_', ' ')}" if field != "stopping" else "the stopping rules"


def _only_dropout_differs(old: Experiment, new: Experiment) -> bool:
    """Whether the networks differ in the settings of dropout layers alone."""
    pairs = zip(old.network, new.network, strict=False)
    return len(old.network) == len(new.network) and all(
        a == b or (a.kind == b.kind and a.acts_in_training_only) for a, b in pairs
    )


# --- the draft of a fork


def fork_of(
    store: Store,
    run: str,
    epoch: int,
    changes: Mapping[str, Any] | None = None,
    *,
    schedule: Continuation = "continued",
) -> Experiment:
    """Return the experiment that goes on from the end of this epoch of the run, or with 0 from its
    first weights. Raises BadInput (fork_epoch_unknown, fork_without_epochs, fork_changes_<field>).
    """
    epochs = logged_epochs(store, run)
    if not 0 <= epoch <= len(epochs):
        raise BadInput(
            f"Run {run} has no epoch {whole(epoch)}: {whole(len(epochs))} are complete. Choose one "
            f"of 0 to {whole(len(epochs))}.",
            code="fork_epoch_unknown",
        )
    step = epochs[epoch - 1].step if epoch else 0
    segment = segment_at(store, run, step)
    before, changes = segment.experiment, dict(changes or {})
    more = changed(before, {"epochs": changes.pop("epochs", before.epochs)})
    if more.epochs <= epoch:
        raise BadInput(
            f"A fork at epoch {whole(epoch)} of {counted(more.epochs, 'epoch')} has no epoch left "
            f"to train. Choose an earlier epoch, or at least {whole(epoch + 1)} epochs.",
            code="fork_without_epochs",
        )
    former = before.fork.schedule_from if before.fork else 0
    fork = Fork(
        run=_owner(store, segment.run, run),
        epoch=epoch,
        step=step,
        schedule_from=epoch if schedule == "restarted" else former,
    )
    name = _point_name(before, epoch)
    experiment = more.model_copy(update={"fork": fork, "name": name, "about": ""})
    if schedule == "held":
        rate = rate_at(store, run, step) or before.optimizer.learning_rate
        optimizer = before.optimizer.model_copy(update={"learning_rate": rate})
        held = {"optimizer": optimizer, "schedule": Constant()}
        experiment = experiment.model_copy(update=held)
    experiment = changed(experiment, changes)
    check_fork(before, experiment)
    return experiment


def _point_name(parent: Experiment, epoch: int) -> str:
    """Return the name of a fork of which nothing but its point is known."""
    ending = f", from epoch {epoch}"
    return f"{_base_name(parent, ending)}{ending}"


def _base_name(parent: Experiment, ending: str) -> str:
    """Return the name of the first ancestor, as far as it leaves room for this ending."""
    name, room = _ENDING.sub("", parent.title), NAME_LENGTH - len(ending)
    return name if len(name) <= room else f"{name[: room - 1].rstrip()}…"


def with_change_in_name(store: Store, experiment: Experiment) -> Experiment:
    """Return a fork with what it changes in its name, so that the forks of one point can be told
    apart, unless a person has named it.
    """
    if not (fork := experiment.fork):
        return experiment
    try:
        before = experiment_at(store_with(store, fork.run), fork.run, fork.step)
    except NotFound:
        return experiment
    if experiment.name != _point_name(before, fork.epoch):
        return experiment
    rows = differences([before.unforked, experiment.unforked])
    changes = [f"{label.rpartition(': ')[2]} {after}" for label, (_, after) in rows]
    ending = f", from epoch {fork.epoch}: {', '.join(changes)}"
    if not changes or len(ending) > NAME_LENGTH - SHORTEST:
        return experiment
    return experiment.model_copy(update={"name": f"{_base_name(before, ending)}{ending}"})


def _owner(store: Store, trained: str, run: str) -> str:
    """Return the run that trained the step, which may be an ancestor; the run itself where that is
    not here.
    """
    return trained if trained in store.ids() else run


def extend(
    store: Store, run: str, epochs: int, *, schedule: Continuation = "continued"
) -> Experiment:
    """Return the fork at the last complete epoch of the run that trains this many more epochs."""
    last = forkable_epochs(store, run)
    changes = {"epochs": last + epochs}
    experiment = fork_of(store, run, last, changes, schedule=schedule)
    ending = f", {counted(epochs, 'more epoch')}"
    return experiment.model_copy(update={"name": f"{_base_name(experiment, ending)}{ending}"})


def forkable_epochs(store: Store, run: str) -> int:
    """Return the last epoch from which the run can be forked."""
    return len(logged_epochs(store, run))


# --- what the log of the parent tells


def logged_epochs(store: Store, run: str) -> tuple[Epoch, ...]:
    """Return the complete epochs of the run."""
    return _logged_epochs(store.home, store.folder, run, store.size(run))


@lru_cache(maxsize=32)
def _logged_epochs(home: Path, folder: str, run: str, size: int) -> tuple[Epoch, ...]:
    """Read the epochs from a log of this size, which identifies its content."""
    lines = Store(home, folder).read(run)[0]
    starts = ('{"event":"Epoch"', '{"event":"Started"')
    events = map(from_json, (line for line in lines if line.startswith(starts)))
    return tuple(event for event in _valid(events) if isinstance(event, Epoch))


def lines_up_to(store: Store, run: str, step: int) -> list[str]:
    """Return the events of the run up to this step, as the log of a fork begins with them."""
    left_out = tuple(f'{{"event":"{name}"' for name in _LEFT_OUT)
    lines = [line for line in store.read(run)[0] if not line.startswith(left_out)]
    events = ((from_json(line), line) for line in lines)
    return [line for event, line in _valid_pairs(events) if event.step <= step]


_LEFT_OUT = ("Saved", "Recomputing", "Changed", "Preempted", "SetAside", "Ended")


def rate_at(store: Store, run: str, step: int) -> float | None:
    """Return the learning rate of the last step up to `step`; None before the first one."""
    starts = ('{"event":"Step"', '{"event":"Started"')
    lines = (line for line in store.read(run)[0] if line.startswith(starts))
    steps = [event for event in _valid(map(from_json, lines)) if isinstance(event, Step)]
    rates = [event.learning_rate for event in steps if event.step <= step]
    return rates[-1] if rates else None


def _valid(events: Iterable[Any]) -> list[Any]:
    return [event for event, _ in _valid_pairs((event, "") for event in events)]


def _valid_pairs(events: Iterable[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Return the events that count: a resumed run drops those after the step where it starts."""
    kept: list[tuple[Any, str]] = []
    for event, line in events:
        if isinstance(event, Started):
            kept = [pair for pair in kept if pair[0].step <= event.step]
        kept.append((event, line))
    return kept
