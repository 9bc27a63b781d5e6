"""The parts of a training whose settings change on the way, as a fork or while it is trained: which
of them a script can follow, and the code for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import indent

from core.base.numbers import whole
from core.base.text import join_words
from core.experiment import Experiment
from core.export.script.definitions import Definitions
from core.export.script.plan import ScriptPlan
from core.export.script.rendering import describe, literal
from core.export.script.section import Section
from core.export.script.specialized import Specializer
from core.training.segment import Segment

FOLLOWED = ("optimizer", "schedule", "epochs", "stopping")  # fields that may differ between parts
UNSEEN = ("name", "about", "fork")
TAB = " " * 4


@dataclass(frozen=True)
class TrainedPart:
    """From `step` on, the training has these settings. Its schedule counts from an epoch."""

    step: int
    experiment: Experiment
    schedule_from: int = 0


def parts_of(segments: Sequence[Segment]) -> tuple[TrainedPart, ...]:
    """Return the parts in which steps are taken."""
    ends = [*(each.step for each in segments[1:]), None]
    trained = [s for s, end in zip(segments, ends, strict=True) if s.step != end]
    forks = [each.experiment.fork for each in trained]
    starts = [fork.schedule_from if fork else 0 for fork in forks]
    return tuple(
        TrainedPart(each.step, each.experiment.unforked, first)
        for each, first in zip(trained, starts, strict=True)
    )


def find_obstacle(parts: Sequence[TrainedPart]) -> str:
    """Return what a script cannot follow, in a few words; empty where it can follow everything."""
    first = parts[0].experiment
    names = [name for name in Experiment.model_fields if name not in UNSEEN]
    differing = {
        name
        for part in parts[1:]
        for name in names
        if getattr(part.experiment, name) != getattr(first, name)
    }
    others = sorted(differing - {*FOLLOWED})
    if "optimizer" in differing and not all(_follows(first, p.experiment) for p in parts[1:]):
        others = ["optimizer", *others]
    if others:
        return f"a change of {join_words([name.replace('_', ' ') for name in others])}"
    if len(parts) > 1 and any(part.experiment.schedule.reacts for part in parts):
        return "a schedule that reacts to the losses together with changed settings"
    if "epochs" in differing and any(r.prefers_constant_lr for r in first.regularizers):
        return "averaging of the last epochs whose number changes"
    return ""


def _follows(old: Experiment, new: Experiment) -> bool:
    """Whether a script can give the optimizer its new settings: they are numbers that torch reads
    from its groups at every step.
    """
    if not new.optimizer.keeps_state_of(old.optimizer):
        return False
    ours, theirs = new.optimizer.call().arguments, old.optimizer.call().arguments
    ratios = [
        arguments["lr"] / optimizer.learning_rate
        for arguments, optimizer in ((ours, new.optimizer), (theirs, old.optimizer))
    ]
    same_target = ratios[0] == ratios[1]
    return same_target and (not _changed(ours, theirs) or not new.optimizer.closure)


def _changed(new: dict, old: dict) -> dict:
    return {name: new[name] for name in new if name != "lr" and new[name] != old[name]}


def settings_of_parts(plan: ScriptPlan, definitions: Definitions) -> Section | None:
    """The learning rate and the settings of the optimizer in each part of the training."""
    parts = plan.parts
    if len(parts) < 2:
        return None
    names = {parts[0].experiment.schedule: "learning_rate"}
    lines, uses, comments = [], [], []
    for number, part in enumerate(parts, 1):
        schedule = part.experiment.schedule
        if schedule not in names:
            names[schedule] = f"learning_rate_{number}"
            comments.append(describe(schedule))
            method = "learning_rate" if schedule.warmup else "base_schedule"
            about = "Return the learning rate of step `step`, from 0, of `steps`."
            specializer = Specializer(schedule, definitions, prefix=f"part_{number}")
            uses.append(specializer.define(method, names[schedule], about))
        rate = literal(part.experiment.optimizer.learning_rate)
        first = f" - {part.schedule_from} * epoch_steps" if part.schedule_from else ""
        epochs = part.experiment.epochs - part.schedule_from
        answer = (
            f"return {names[schedule]}(\n"
            f"{TAB}{rate}, step{first}, steps={epochs} * epoch_steps, epoch_steps=epoch_steps\n)"
        )
        if number < len(parts):
            answer = f"if step < {parts[number].step}:\n" + indent(answer, TAB)
        lines.append(indent(answer, TAB))
    definitions.sources["scheduled_rate"] = "\n".join([
        "def scheduled_rate(step):",
        '    """Return the learning rate of step `step`, from 0."""',
        *lines,
    ])  # fmt: skip
    definitions.sources["change_settings"] = "\n".join([
        "def change_settings(step):",
        '    """Give the optimizer the settings that change before step `step`, from 0."""',
        *_group_settings(parts),
    ])  # fmt: skip
    at = join_words([whole(part.step) for part in parts[1:]])
    head = [f"# Settings change after step {at}.", *comments]
    used = (*uses, "scheduled_rate", "change_settings")
    return Section("Changes of settings", "\n".join(head), used)


def _group_settings(parts: Sequence[TrainedPart]) -> list[str]:
    """Return the lines that change the groups of the optimizer."""
    lines = []
    for old, new in pairwise(parts):
        arguments = [part.experiment.optimizer.call().arguments for part in (new, old)]
        if changed := _changed(*arguments):
            named = ", ".join(f"{name}={literal(value)}" for name, value in changed.items())
            lines += [
                f"    if step == {new.step}:",
                "        for group in optimizer.param_groups:",
                f"            group.update({named})",
            ]
    return lines or ["    pass"]
