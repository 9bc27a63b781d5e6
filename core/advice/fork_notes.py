"""What a fork or a change of settings does beyond its changes, and what a fork cannot change, in
sentences.
"""

from core.base.errors import NotFound
from core.base.finding import Action, Finding
from core.base.numbers import short, whole
from core.base.text import counted
from core.experiment import Experiment
from core.optim.decays import Constant
from core.runs.forks import extend, named, refusal, refused_fields
from core.runs.history import History
from core.runs.lineage import experiment_at, store_with
from core.runs.store import Store
from core.weights.fork import Continuation

STEPS = 1000  # per epoch: enough for the learning rate at the beginning of an epoch
JUMP = 0.02  # relative difference from which on a new learning rate is mentioned
NEGLIGIBLE = 1e-3  # of the peak of the parent


def notes(store: Store, experiment: Experiment) -> list[Finding]:
    """Return what starting this fork does beyond its changes: how the schedule goes on, and what
    begins anew. Nothing for another draft, and for a fork that cannot start.
    """
    if not (fork := experiment.fork):
        return []
    try:
        place = store_with(store, fork.run)
        before = experiment_at(place, fork.run, fork.step)
    except NotFound:
        return []
    found = [_note_on_schedule(experiment, before), *_note_on_low_rate(experiment, before)]
    if not experiment.optimizer.keeps_state_of(before.optimizer):
        text = (
            f"{experiment.optimizer.label} starts without memory: the state of "
            f"{before.optimizer.summary} does not fit it. The first steps may be rougher than "
            "before."
        )
        found.append(Finding("fork_optimizer_reset", "info", text))
    here, there = (each.device.partition(":")[0] for each in (experiment, before))
    if here != there:
        text = (
            "On another device the random generators of dropout and augmentation begin anew, and "
            "results are equal up to rounding."
        )
        found.append(Finding("fork_device", "info", text, {"from": there, "to": here}))
    return found


def describe_schedule(store: Store, run: str, epochs: int, schedule: Continuation) -> str:
    """Return how the learning rate goes on if the run is trained this many epochs longer."""
    return notes(store, extend(store, run, epochs, schedule=schedule))[0].text


def refusals(store: Store, experiment: Experiment) -> list[Finding]:
    """Return the settings that keep a fork from starting, each with the change that restores it."""
    if not (fork := experiment.fork):
        return []
    try:
        before = experiment_at(store_with(store, fork.run), fork.run, fork.step)
    except NotFound:  # the plan of the draft reports it
        return []
    return [_refusal(field, before, experiment) for field in refused_fields(before, experiment)]


def _refusal(field: str, before: Experiment, experiment: Experiment) -> Finding:
    error = refusal(before, experiment, field)
    action = Action(f"Restore {named(field)}", {field: before.model_dump(mode="json")[field]})
    return Finding(error.code, "bad", str(error), {"field": field}, action)


def note_on_result(history: History, experiment: Experiment) -> Finding | None:
    """Return a warning about a fork that ended without an epoch better than those of its parent:
    its results are those of the parent's weights.
    """
    if not (fork := experiment.fork) or not history.ended or not history.ended.best_epoch:
        return None
    best, last = history.ended.best_epoch, len(history.epochs)
    if best > fork.epoch or last <= fork.epoch:
        return None
    text = (
        f"No epoch of this fork has a lower validation loss than epoch {whole(best)}, which its "
        "parent trained. All results on this page are those of the weights of that epoch: the "
        "fork has improved nothing."
    )
    return Finding("fork_without_improvement", "warn", text, {"best": best, "fork": fork.epoch})


def note_on_change(old: Experiment, new: Experiment, history: History) -> Finding | None:
    """Return how the learning rate of the next step of a paused run differs with new settings; None
    where it does not.
    """
    epoch = history.scale.epoch_at(history.step)
    before, after = _rate(old, epoch), _rate(new, epoch)
    if not _differ(before, after) or old.schedule.reacts or new.schedule.reacts:
        return None
    text = f"The learning rate of the next step is {short(after)} (now {short(before)})."
    return Finding("change_of_rate", "info", text, {"from": before, "to": after})


def _rate(experiment: Experiment, epoch: float) -> float:
    """Return the learning rate after so many epochs, or that of the last step after all of them.
    Reductions on a plateau are not known.
    """
    first = experiment.fork.schedule_from if experiment.fork else 0
    total = (experiment.epochs - first) * STEPS
    step = max(0, min(round((epoch - first) * STEPS), total - 1))
    rate = experiment.optimizer.learning_rate
    return experiment.schedule.learning_rate(rate, step, steps=total, epoch_steps=STEPS)


def _differ(before: float, after: float) -> bool:
    return abs(after - before) > JUMP * before


def _note_on_low_rate(experiment: Experiment, before: Experiment) -> list[Finding]:
    """Return a warning where the fork trains with next to no learning rate."""
    first, peak = experiment.fork.epoch, before.optimizer.learning_rate
    largest = max(_rate(experiment, epoch) for epoch in _spread(first, experiment.epochs))
    if largest >= NEGLIGIBLE * peak:
        return []
    text = (
        f"The learning rate is at most {short(largest)} after the fork, less than a thousandth of "
        f"that of the parent ({short(peak)}): the weights hardly change. Restart the schedule, or "
        "choose a higher learning rate."
    )
    return [Finding("fork_rate_negligible", "warn", text, {"largest": largest, "peak": peak})]


def _spread(first: int, last: int) -> list[float]:
    """Return a hundred places between two epochs."""
    return [first + (last - first) * k / 100 for k in range(101)]


def _note_on_schedule(experiment: Experiment, before: Experiment) -> Finding:
    """Return how the learning rate goes on."""
    fork, schedule, first = experiment.fork, experiment.schedule, experiment.fork.schedule_from
    rates = [_rate(experiment, epoch) for epoch in (fork.epoch, experiment.epochs)]
    former = _rate(before, fork.epoch - 1 / STEPS)  # of the last step before the fork
    evidence = {"from": rates[0], "to": rates[1]}
    left = counted(experiment.epochs - fork.epoch, "epoch")
    end = short(rates[1]) if rates[1] > NEGLIGIBLE * rates[0] else "nearly 0"
    course = f"from {short(rates[0])} to {end} over the {left} of the fork"
    reacts = schedule.reacts or before.schedule.reacts
    if schedule.reacts:
        course = f"at most {short(rates[0])}, reduced on a plateau"
    jump, is_visible = "", max(former, rates[0]) > NEGLIGIBLE * before.optimizer.learning_rate
    if fork.epoch and is_visible and _differ(former, rates[0]) and not reacts:
        evidence["before"] = former
        jump = f" Before the fork, the learning rate is {short(former)}."
    if isinstance(schedule, Constant) and not schedule.warmup:
        text = f"The learning rate is {short(rates[0])} throughout.{jump}"
        return Finding("fork_rate_constant", "info", text, evidence)
    name = f"The schedule ({schedule.label.lower()})"
    if first == fork.epoch and fork.epoch:
        text = f"{name} restarts at the fork: {course}.{jump}"
        return Finding("fork_schedule_restarted", "info", text, evidence)
    if (schedule, experiment.epochs) != (before.schedule, before.epochs):
        text = (
            f"{name} goes on as if the run had had {counted(experiment.epochs - first, 'epoch')} "
            f"from its start: {course}.{jump}"
        )
        return Finding("fork_schedule_stretched", "info", text, evidence)
    if experiment.optimizer.learning_rate != before.optimizer.learning_rate:
        text = f"{name} goes on with another peak: {course}.{jump}"
        return Finding("fork_schedule_rescaled", "info", text, evidence)
    text = f"{name} continues as before: {course}."
    return Finding("fork_schedule_continued", "info", text, evidence)
