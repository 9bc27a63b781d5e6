"""The commands that train: train an experiment, resume or fork a run, find a learning rate. Each
returns the plain data of `--json`.
"""

from argparse import Namespace
from dataclasses import asdict
from typing import TypeVar

from core.base.encoding import decode, encode
from core.base.errors import BadInput
from core.base.events import Ended
from core.base.numbers import whole
from core.base.spec import Value
from core.base.text import counted
from core.commands.requested import Answer, assignments, check, requested_experiment
from core.commands.signals import stop_on_signal
from core.commands.terminal import Terminal
from core.experiment import Experiment
from core.runs.store import Store
from core.studies.batch import ExperimentBatch, make_batch

V = TypeVar("V", bound=Value)


def train(arguments: Namespace, terminal: Terminal) -> Answer:
    """Train an experiment in this process, or, with several values of a number, a batch of them."""
    store, lists = Store(), {}
    experiment = requested_experiment(arguments, store, terminal, lists)
    if not lists:
        return _execute(store, store.create(encode(experiment)), terminal)
    batch = make_batch(experiment, lists)
    for each in batch.experiments:
        check(each, store, terminal)
    return _train_batch(batch, store, terminal)


def _train_batch(batch: ExperimentBatch, store: Store, terminal: Terminal) -> Answer:
    """Train the experiments one after another. One that fails does not hold up the others; a
    signal stops the one in progress, and the others are not started.
    """
    from core.jobs.batches import join_batch

    answers: list[Answer] = []
    for number, experiment in enumerate(batch.experiments, 1):
        terminal.print(f"Run {number} of {len(batch.experiments)}: {experiment.name}")
        run = store.create(encode(experiment))
        join_batch(store, run, answers[0]["run"] if answers else run, batch)
        try:
            answers.append(_execute(store, run, terminal))
        except BadInput as error:
            terminal.print(f"! {error}")
            answers.append({"run": run, "reason": "failed", "message": str(error)})
        if answers[-1]["reason"] == "stopped":
            break
    reasons = [answer["reason"] for answer in answers]
    total, troubles = len(batch.experiments), {}
    for kind in ("failed", "diverged"):
        if count := reasons.count(kind):
            troubles[kind] = count
    done = f"{total - sum(troubles.values())} of {counted(total, 'run')} finished"
    others = "".join(f", {count} {kind}" for kind, count in troubles.items())
    message = f"{done}{others}: {batch.label}."
    if "stopped" in reasons:
        message = f"Stopped in run {len(answers)} of {total}: {batch.label}."
    terminal.print(message)
    reason = next(iter(troubles), reasons[-1])
    return {"batch": answers[0]["run"], "reason": reason, "message": message, "runs": answers}


def resume(arguments: Namespace, terminal: Terminal) -> Answer:
    """Continue a run that was interrupted, stopped or failed, or start one that never started."""
    from core.jobs.kinds import KINDS, RUN
    from core.runs.state import stored_state

    store = Store()
    run = store.find(arguments.run)
    if not (state := stored_state(store, run)).is_resumable:
        raise BadInput(
            f"Run {run} is {state.label.lower()}. Only a run that was interrupted, "
            "stopped or failed, or that was never started, can be resumed.",
            code="not_resumable",
        )
    if problem := KINDS[RUN].missing(store, run):
        raise BadInput(problem, code="missing_data")
    device = decode(Experiment, store.experiment(run)).device
    if arguments.device not in (None, device):
        raise BadInput(
            f"Run {run} is trained on {device}, and a resumed run stays on its device. Leave "
            f"--device out, or go on with: fork {run} --device {arguments.device}",
            code="device_differs",
        )
    return _execute(store, run, terminal)


def fork(arguments: Namespace, terminal: Terminal) -> Answer:
    """Go on from an epoch of a run, as a run that differs only in the settings of --set."""
    from core.advice.fork_notes import notes
    from core.runs import forks, lineage

    store = Store()
    run = store.find(arguments.run)
    last = forks.forkable_epochs(store, run)
    epoch = last if arguments.epoch is None else _parse_whole("--epoch", arguments.epoch)
    changes = dict(assignments(arguments))
    if arguments.extend is not None:
        changes["epochs"] = epoch + _parse_whole("--extend", arguments.extend)
    if arguments.device is not None:
        changes["device"] = arguments.device
    try:
        experiment = forks.fork_of(store, run, epoch, changes, schedule=arguments.schedule)
    except BadInput as error:
        if error.code == "fork_without_epochs":
            error.args = (f"{error} Use --epoch for the first, --extend for the second.",)
        raise
    check(experiment, store, terminal)
    for finding in notes(store, experiment):
        terminal.print(finding.text)
    new = store.create(encode(forks.with_change_in_name(store, experiment)))
    answer = _execute(store, new, terminal)
    return answer | {"parent": run, "difference": lineage.describe_difference(store, new)}


def _parse_whole(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadInput(
            f"{option} {text} is not a whole number. Write one, for example {option} 10.",
            code="not_a_whole_number",
        ) from None


def find_learning_rate(arguments: Namespace, terminal: Terminal) -> Answer:
    """Run a learning-rate range test and return its points and the suggested learning rate."""
    from core.advice.range_test import NO_RATE, STEPS, range_test, suggest
    from core.base.numbers import short
    from core.training.inputs import load_inputs

    store, points = Store(), []
    experiment = requested_experiment(arguments, store, terminal)
    for point in range_test(experiment, load_inputs(experiment, store.home)):
        points.append(point)
        text = f"learning rate {short(point.rate)} · loss {short(point.loss, 3)}"
        terminal.progress(len(points) / STEPS, text)
    suggestion = suggest(points)
    terminal.print(suggestion.text if suggestion else NO_RATE)
    if suggestion:
        terminal.print(f"Use it with: --set optimizer.learning_rate={suggestion.rate:g}")
    return {
        "points": [asdict(point) for point in points],
        "suggested": asdict(suggestion) if suggestion else None,
    }


def raise_refusal(ended: Ended) -> None:
    """Raise BadInput for a job that invalid input has ended, such as a damaged checkpoint."""
    if ended.code:
        raise BadInput(ended.message, code=ended.code)


def _execute(store: Store, run: str, terminal: Terminal) -> Answer:
    """Train the run to its end; Ctrl+C and SIGTERM save it and end it as stopped, a second one
    leaves it interrupted.
    """
    from core.commands.training_log import TrainingLog
    from core.studies.trainer import execute

    try:
        with stop_on_signal() as poll_control:
            ended = execute(
                store,
                run,
                poll_control=poll_control,
                watch=TrainingLog(run, terminal),
                progress=terminal.progress,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_describe_interruption(store, run)) from None
    return describe_end(run, ended)


def _describe_interruption(store: Store, run: str) -> str:
    """Return what is left of a run that was interrupted, and how to continue."""
    from core.runs import checkpoint

    state = checkpoint.load(store, run)
    saved = (
        f"Its last checkpoint is step {whole(state['step'])}" if state else "It has no checkpoint"
    )
    return f"Run {run} was interrupted. {saved}. Resume it with: python -m core resume {run}"


def describe_end(run: str, ended: Ended) -> Answer:
    """Return the run's id, why it ended, and the scores of its best epoch. Raises BadInput with the
    code of the LabError that ended it.
    """
    raise_refusal(ended)
    return {
        "run": run,
        "reason": ended.reason,
        "message": ended.message,
        "epochs": ended.epochs,
        "best_epoch": ended.best_epoch,
        "seconds": round(ended.seconds, 3),
        "train": ended.train,
        "validation": ended.validation,
        "test": ended.test,
    }
