"""The parts of a training whose settings change on the way, as a fork or while it is trained: which
of them a script can follow, and the code for it: a function for each change, which gives the names
of the script their new values just before the step at which the change acts. It does what
`core.training.course` and `Setup` do with a state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import indent

from core.base.numbers import whole
from core.base.text import join_words
from core.experiment import Experiment
from core.export.script import sections, training
from core.export.script.definitions import Definitions
from core.export.script.plan import ScriptPlan, load_class
from core.export.script.python_source import CannotExport
from core.export.script.rendering import comment, describe, literal
from core.export.script.section import Section
from core.export.script.specialized import Specializer
from core.network.layers import layer_names
from core.optim.transforms import Transform
from core.runs.compare import describe_row, differences
from core.training.segment import Segment

FOLLOWED = (  # fields that may differ between parts
    "optimizer", "schedule", "regularizers", "stopping", "epochs", "batch_size", "accumulation",
    "augmentations", "sampling", "precision", "label_noise", "network",
)  # fmt: skip
UNSEEN = ("name", "about", "fork")
TAB = " " * 4


@dataclass(frozen=True)
class TrainedPart:
    """From `step` on, the training has these settings. Its schedule counts from an epoch. The
    optimizer goes on with what that of the part before remembers, or begins anew.
    """

    step: int
    experiment: Experiment
    schedule_from: int = 0
    keeps_optimizer: bool = True


def parts_of(segments: Sequence[Segment]) -> tuple[TrainedPart, ...]:
    """Return the parts in which steps are taken."""
    ends = [*(each.step for each in segments[1:]), None]
    parts, before, keeps = [], segments[0].experiment, True
    for segment, end in zip(segments, ends, strict=True):
        experiment = segment.experiment
        keeps = keeps and experiment.optimizer.keeps_state_of(before.optimizer)
        before = experiment
        if segment.step != end:
            first = experiment.fork.schedule_from if experiment.fork else 0
            parts.append(TrainedPart(segment.step, experiment.unforked, first, keeps))
            keeps = True
    return tuple(parts)


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
    if "device" in differing:
        return "a change of the device, whose random numbers and rounding are its own,"
    if others := sorted(differing - {*FOLLOWED}):
        return f"a change of {join_words([name.replace('_', ' ') for name in others])}"
    return ""


# --- the code


def changes_of_settings(plan: ScriptPlan, definitions: Definitions) -> Section | None:
    """The functions that change the settings between two parts."""
    if not plan.changes:
        return None
    if len(plan.closures) > 1 and plan.convolves:
        raise CannotExport(
            "A script cannot follow a change to or from L-BFGS in a network with convolutions, "
            "whose values then have another order in memory. Download the archive, which contains "
            "everything to train the run again in a lab, or export its weights.",
            code="export_of_course",
        )
    rates = _Rates(plan, definitions)
    first = indent(rates.answer(1, plan.parts[0]), TAB)
    definitions.sources["scheduled_rate"] = f"def scheduled_rate(step):\n{first}"
    has_random, uses = bool(plan.experiment.augmentations), ["scheduled_rate"]
    for number, (old, new) in enumerate(pairwise(plan.parts), 2):
        change = _Change(plan, definitions, old, new, has_random=has_random)
        change.write()
        change.add(["scheduled_rate"], f"def scheduled_rate(step):\n"
                   f"{indent(rates.answer(number, new), TAB)}")  # fmt: skip
        has_random = has_random or bool(new.experiment.augmentations)
        name = function_name(new)
        definitions.sources[name] = change.function(name)
        uses.append(name)
    at = join_words([whole(part.step) for part in plan.parts[1:]])
    head = [f"# Settings change after step {at}.", *rates.comments]
    return Section("Changes of settings", "\n".join(head), (*rates.uses, *uses))


def function_name(part: TrainedPart) -> str:
    """Return the name of the function that begins a part."""
    return f"change_after_{part.step}"


class _Rates:
    """The learning rate in each part. Schedules that are equal share a function."""

    def __init__(self, plan: ScriptPlan, definitions: Definitions):
        self.plan, self.definitions = plan, definitions
        self.numbers = {plan.parts[0].experiment.schedule: 1}
        self.uses: list[str] = []
        self.comments: list[str] = []

    def answer(self, number: int, part: TrainedPart) -> str:
        """Return the body of `scheduled_rate` in a part."""
        schedule = part.experiment.schedule
        reacts = schedule.reacts and self.plan.has_validation
        if schedule not in self.numbers:
            self.numbers[schedule] = number
            self._define(number, part, reacts=reacts)
        number = self.numbers[schedule]
        ending = f"_{number}" if number > 1 else ""
        rate = literal(part.experiment.optimizer.learning_rate)
        start = f" - {part.schedule_from} * epoch_steps" if part.schedule_from else ""
        epochs = part.experiment.epochs - part.schedule_from
        lines = [
            '"""Return the learning rate of step `step`, from 0, as if all epochs had as many."""',
            f"rate = learning_rate{ending}(",
            f"    {rate}, step{start}, steps={epochs} * epoch_steps, epoch_steps=epoch_steps",
            ")",
        ]
        if not reacts:
            return "\n".join([*lines, "return rate"])
        counted = f"history[{part.schedule_from}:]" if part.schedule_from else "history"
        return "\n".join([
            *lines,
            f'losses = [past.validation["loss"] for past in {counted}]',
            f"return rate * plateau_factor{ending}(losses)",
        ])  # fmt: skip

    def _define(self, number: int, part: TrainedPart, *, reacts: bool) -> None:
        schedule = part.experiment.schedule
        self.comments.append(describe(schedule))
        method = "learning_rate" if schedule.warmup else "base_schedule"
        about = "Return the learning rate of step `step`, from 0, of `steps`."
        specializer = Specializer(schedule, self.definitions, prefix=f"part_{number}")
        self.uses.append(specializer.define(method, f"learning_rate_{number}", about))
        if reacts:
            about = "Return the factor that follows from the validation losses so far."
            name = f"plateau_factor_{number}"
            self.uses.append(specializer.define("plateau_factor", name, about))


class _Change:
    """The function that begins a part: which names of the script it changes, and the code."""

    def __init__(
        self,
        plan: ScriptPlan,
        definitions: Definitions,
        old: TrainedPart,
        new: TrainedPart,
        *,
        has_random: bool,
    ):
        """`has_random`: the generator of augmentations exists already, and goes on."""
        self.plan = replace(plan, experiment=new.experiment)
        self.definitions, self.has_random = definitions, has_random
        self.part, self.old, self.new = new, old.experiment, new.experiment
        self.names: list[str] = []
        self.code: list[str] = []

    def add(self, names: Sequence[str], *lines: str) -> None:
        """Add code that changes these names."""
        self.names += [name for name in names if name not in self.names]
        self.code += lines

    def function(self, name: str) -> str:
        """Return the function."""
        rows = differences([self.old, self.new])
        about = comment(", ".join(map(describe_row, rows))) if rows else ""
        changed = f"global {', '.join(self.names)}"
        about = f'"""Begin with the settings after step {self.part.step}."""\n{about}'.rstrip()
        body = "\n".join([about, changed, *self.code])
        return f"def {name}():\n{indent(body, TAB)}"

    def write(self) -> None:
        """Add the changes of all fields, in the order in which `Setup` builds its parts."""
        self._data()
        self._network()
        unfreezes = self.plan.experiment.start.trained_layers(0) is not None
        before = len(self.code)
        self._regularizers()
        self._optimizer()
        if unfreezes and len(self.code) > before:  # they see all layers that will be trained
            thaw = "parameter.requires_grad_(not covers(FROZEN, name))"
            lines = ["for name, parameter in model.named_parameters():", f"{TAB}{thaw}"]
            self.code[before:before] = lines
            self.code.append("begin_epoch(len(history))")
        if self.new.epochs != self.old.epochs:
            self.add(["EPOCHS"], f"EPOCHS = {self.new.epochs}")

    def _differs(self, *names: str) -> bool:
        return any(getattr(self.old, name) != getattr(self.new, name) for name in names)

    def _data(self) -> None:
        """Labels, sampler, batch size and augmentation."""
        if self._differs("label_noise"):
            targets = "train_targets = tensors(inputs[train], targets[train])[1]"
            self.add(["train_targets"], f"{targets}  # without label noise")
        if self._differs("label_noise", "sampling"):
            self.add(["sampler"], *training.sampler(self.plan, self.definitions))
        if self._differs("batch_size"):
            lines = training.batch_size(self.plan)
            steps = "epoch_steps = math.ceil(len(train_targets) / batch_size)"
            self.add(["batch_size", "epoch_steps"], lines, steps)
        if self._differs("accumulation"):
            self.add(["accumulation"], training.accumulation(self.plan))
        if self._differs("augmentations"):
            lines = training.batch_function(self.plan, self.definitions, has_random=self.has_random)
            made = bool(self.new.augmentations) and not self.has_random
            self.add(["batch", *["random"] * made], *lines)

    def _network(self) -> None:
        """Settings of layers that only act while a network is trained, and the number format."""
        names = layer_names(self.new.network)
        for name, old, new in zip(names, self.old.network, self.new.network, strict=True):
            before, after = (layer.call((1,), 1).arguments for layer in (old, new))
            self.code += [
                f"model.{name}.{field} = {literal(value)}"
                for field, value in after.items()
                if value != before[field]
            ] if old != new else []  # fmt: skip
        if self._differs("precision"):
            use = self.definitions.name("core.training.precision.use_bfloat16")
            wraps = self.new.precision == "bfloat16"
            self.code.append(
                f"{use}(model, device)" if wraps else "del model.forward  # float32 again"
            )

    def _regularizers(self) -> None:
        if not self._differs("regularizers"):
            return
        if not self.new.regularizers:
            self.add(["transforms"], "transforms = []")
            return
        section = sections.regularizers(self.plan, self.definitions)
        kinds = [each.kind for each in self.old.regularizers]
        loads = [
            f"transforms[{place}].load_state(former[{kinds.index(each.kind)}].state())"
            for place, each in enumerate(self.new.regularizers)
            if each.kind in kinds and _remembers(load_class(each.call()))
        ]
        former = ["former = transforms"] * bool(loads)
        self.add(["transforms"], *former, *section.code.splitlines(), *loads)

    def _optimizer(self) -> None:
        """A new optimizer, unless only the learning rate differs. It takes over what the former one
        remembers where both fit.
        """
        old, new = self.old.optimizer, self.new.optimizer
        keeps = self.part.keeps_optimizer
        if keeps and not _needs_construction(old, new):
            return
        lines = sections.optimizer(self.plan, self.definitions).code.splitlines()
        names = ["optimizer", *["ratios"] * self.plan.has_ratios]
        if keeps:
            lines = ["memory = optimizer.state", *lines, "optimizer.state.update(memory)"]
        self.add(names, *lines)


def _remembers(transform: type[Transform]) -> bool:
    return transform.load_state is not Transform.load_state


def _needs_construction(old: object, new: object) -> bool:
    """Whether more than the learning rate differs, which the script sets at every step."""
    ours, theirs = new.call().arguments, old.call().arguments
    ratios = [
        arguments["lr"] / optimizer.learning_rate
        for arguments, optimizer in ((ours, new), (theirs, old))
    ]
    others = [name for name in ours if name != "lr" and ours[name] != theirs[name]]
    return bool(others) or ratios[0] != ratios[1]
