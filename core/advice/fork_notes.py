"""What starting a fork does beyond its changes, in sentences."""

from core.base.errors import NotFound
from core.base.finding import Finding
from core.base.numbers import short
from core.base.text import counted
from core.experiment import Experiment
from core.optim.decays import Constant
from core.runs.forks import extend
from core.runs.lineage import experiment_at, store_with
from core.runs.store import Store
from core.weights.fork import Continuation


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
    found = [_note_on_schedule(experiment, before)]
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


def _note_on_schedule(experiment: Experiment, before: Experiment) -> Finding:
    """Return how the learning rate goes on."""
    fork, schedule, base = experiment.fork, experiment.schedule, experiment.optimizer.learning_rate
    first = fork.schedule_from
    steps = 1000  # per epoch: enough for the rate at the beginning of an epoch
    total = (experiment.epochs - first) * steps
    rates = [
        schedule.learning_rate(base, k, steps=total, epoch_steps=steps)
        for k in ((fork.epoch - first) * steps, total - 1)
    ]
    evidence = {"from": rates[0], "to": rates[1]}
    left = counted(experiment.epochs - fork.epoch, "epoch")
    course = f"from {short(rates[0])} to {short(rates[1])} over the {left} of the fork"
    if schedule.reacts:
        course = f"at most {short(rates[0])}, reduced on a plateau"
    if isinstance(schedule, Constant) and not schedule.warmup:
        text = f"The learning rate is {short(rates[0])} throughout."
        return Finding("fork_rate_constant", "info", text, evidence)
    if first == fork.epoch and fork.epoch:
        text = f"The schedule ({schedule.label.lower()}) restarts at the fork: {course}."
        return Finding("fork_schedule_restarted", "info", text, evidence)
    if (schedule, experiment.epochs) != (before.schedule, before.epochs):
        text = (
            f"The schedule ({schedule.label.lower()}) goes on as if the run had had "
            f"{counted(experiment.epochs - first, 'epoch')} from its start: {course}."
        )
        return Finding("fork_schedule_stretched", "info", text, evidence)
    text = f"The schedule ({schedule.label.lower()}) continues as before: {course}."
    return Finding("fork_schedule_continued", "info", text, evidence)
