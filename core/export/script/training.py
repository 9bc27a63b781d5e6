"""The sections of a script that train and test: mini-batches, the step, the loop, the evaluation.

The code itself is in `training_code.py`; only what the experiment uses appears.
"""

import ast
import inspect
import textwrap

from core.data.sampling import Shuffle
from core.export.script.definitions import Definitions
from core.export.script.filling import fill
from core.export.script.plan import ScriptPlan, load_class
from core.export.script.rendering import code, comment, describe
from core.export.script.section import Section
from core.export.script.sections import stopping_function
from core.export.script.training_code import (
    ACCUMULATION,
    AVERAGED,
    BATCH,
    EVALUATE,
    GRADIENT_NORM,
    LOOP,
    MIXED_LOSS,
    PARTIAL_LOSSES,
    RESULT,
    RULE,
    STEP,
)
from core.optim.stopping import StoppingRule
from core.training.metrics import CPU_BATCH, GPU_BATCH


def batches(plan: ScriptPlan, definitions: Definitions) -> Section:
    """Sampling and augmentation."""
    e = plan.experiment
    lines = [
        *sampler(plan, definitions),
        f"order = torch.Generator().manual_seed({e.seeds.order})",
        batch_size(plan),
        *[accumulation(plan)] * plan.accumulates,
        "",
        *[""] * (not e.augmentations),
        *batch_function(plan, definitions),
    ]
    return Section("Mini-batches", "\n".join(lines))


def batch_size(plan: ScriptPlan) -> str:
    """Return the line with the batch size."""
    return f"batch_size = min({plan.experiment.batch_size}, len(train_targets))"


def accumulation(plan: ScriptPlan) -> str:
    """Return the line with the number of parts of a mini-batch."""
    return f"accumulation = {plan.experiment.accumulation}  # parts of a mini-batch"


def batch_function(
    plan: ScriptPlan, definitions: Definitions, *, has_random: bool = False
) -> list[str]:
    """Return the function `batch`, with the operations of the augmentation; their generator may
    exist already.
    """
    if plan.experiment.augmentations:
        return _augmentation(plan, definitions, has_random=has_random)
    return fill(BATCH).splitlines()


def sampler(plan: ScriptPlan, definitions: Definitions) -> list[str]:
    """Return the sampler: of a shuffled dataset that is trained from the disk, block by block."""
    sampling = plan.experiment.sampling
    if plan.block_size and isinstance(sampling, Shuffle):
        sampler = definitions.name("core.data.blocks.BlockSampler")
        return [
            comment("Block by block: from the disk, each block would be read once in an epoch."),
            f"sampler = {sampler}(len(train_targets), {plan.block_size})",
        ]
    line = code(sampling.call(), definitions.name, "train_targets", before="sampler = ")
    return [describe(sampling), line]


def _augmentation(plan: ScriptPlan, definitions: Definitions, *, has_random: bool) -> list[str]:
    """Return the operations, and the function `batch` that applies them to a mini-batch."""
    augmentations = plan.experiment.augmentations
    stages = {a.kind: load_class(a.call()).stage for a in augmentations}
    lines = [describe(a) for a in augmentations]
    lines += [code(a.call(), definitions.name, before=f"{a.kind} = ") for a in augmentations]
    crops = [kind for kind, stage in stages.items() if stage == "set"]
    mixers = [kind for kind, stage in stages.items() if stage == "mix"]
    if crops:
        lines.append(f"windows = {crops[0]}.windows(train_inputs)  # all crops, as a view")
    seed = plan.experiment.seeds.augmentation
    lines += [f"random = torch.Generator(device).manual_seed({seed})"] * (not has_random)
    lines += [
        "",
        "",
        "def batch(rows):",
        '    """Return the augmented inputs (B, …) and the targets of these training rows."""',
        "    shape = (len(rows), *train_inputs.shape[1:])",
        *(f"    {kind}_numbers = {kind}.draw(shape, random)" for kind in stages),
    ]
    if len(mixers) > 1:
        draw = definitions.name("core.data.augment.draw_integers")
        lines.append(f"    way = {draw}({len(mixers)}, shape, random)")
    raw = [f"    x = {kind}.apply(windows, rows, *{kind}_numbers)" for kind in crops]
    lines += raw or ["    x = train_inputs[rows]"]
    lines += [*_apply(stages, "raw"), "    x = scaled(x)", *_apply(stages, "scaled")]
    if not mixers:
        return [*lines, "    return x, train_targets[rows]"]
    lines.append("    first = train_targets[rows]")
    if len(mixers) == 1:
        (mixer,) = mixers
        lines += [
            f"    x, fraction = {mixer}.apply(x, *{mixer}_numbers)",
            f"    second = first[{mixer}_numbers[0]]",
        ]
    else:
        applied = ", ".join(f"{mixer}.apply(x, *{mixer}_numbers)" for mixer in mixers)
        partners = ", ".join(f"{mixer}_numbers[0]" for mixer in mixers)
        lines += [
            "    # Each sample is mixed in one of the ways, chosen at random.",
            f"    mixed = [{applied}]",
            "    samples = torch.arange(len(x), device=device)",
            "    x = torch.stack([inputs for inputs, _ in mixed])[way, samples]",
            "    fraction = torch.stack([left for _, left in mixed])[way, samples]",
            f"    second = first[torch.stack([{partners}])[way, samples]]",
        ]
    return [*lines, "    return x, (first, second, fraction)  # the fraction of the first sample"]


def _apply(stages: dict[str, str], stage: str) -> list[str]:
    return [f"    x = {k}.apply(x, *{k}_numbers)" for k, found in stages.items() if found == stage]


def step(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The functions of a training step."""
    definitions.imports["ExitStack"] = "from contextlib import ExitStack"
    how = {
        "loss": "mixed_loss" if plan.mixes else "criterion",
        "mixes": plan.mixes,
        "sometimes": plan.mixes and not plan.mixes_always,
        "always": plan.mixes_always,
        "classes": not plan.regression,
        "penalty": plan.acts("penalty"),
        "watching": plan.acts("watching"),
        "partial": _uses_losses(plan),
        "accumulates": plan.accumulates,
    }
    parts = [fill(MIXED_LOSS, **how)] * plan.mixes
    parts += [fill(PARTIAL_LOSSES, **how)] * how["partial"]
    parts.append(fill(STEP, **how))
    if plan.accumulates:
        definitions.imports["pairwise"] = "from itertools import pairwise"
        parts.append(fill(ACCUMULATION, **how))
    return Section("Step", "\n\n\n".join(parts))


def _uses_losses(plan: ScriptPlan) -> bool:
    """Whether a penalty depends on the losses of parts of the mini-batch."""
    for transform in plan.transforms:
        tree = ast.parse(textwrap.dedent(inspect.getsource(transform.penalty)))
        if any(isinstance(n, ast.Name) and n.id == "losses" for n in ast.walk(tree)):
            return True
    return False


def evaluation(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The functions that measure the network."""
    definitions.imports["contextmanager"] = "from contextlib import contextmanager"
    if plan.recomputes_statistics:
        definitions.name("core.optim.averages.recompute_statistics")
    how = {
        "size": CPU_BATCH if plan.device == "cpu" else GPU_BATCH,
        "classes": not plan.regression,
        "score": "r2" if plan.regression else "accuracy",
        "statistics": plan.recomputes_statistics,
        "by_transform": plan.acts("average"),
        "by_optimizer": plan.optimizer_averages,
    }
    parts = [fill(EVALUATE, **how)]
    parts += [fill(GRADIENT_NORM, **how)] * _needs_gradient(plan)
    parts += [fill(AVERAGED, **how)] * plan.averages
    return Section("Evaluation", "\n\n\n".join(parts))


def _needs_gradient(plan: ScriptPlan) -> bool:
    return any(rule.needs_gradient for rule in plan.experiment.stopping)


RATE = "learning_rate(LEARNING_RATE, step, steps=steps, epoch_steps=epoch_steps)"
RATE_OF_PART = "scheduled_rate((epoch - 1) * epoch_steps + step - epoch_start)"


def loop(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The training loop."""
    definitions.imports |= {
        "math": "import math",
        "copy": "import copy",
        "time": "import time",
        "partial": "from functools import partial",
        "SimpleNamespace": "from types import SimpleNamespace",
    }
    e = plan.experiment
    hooks = ("penalty", "before_step", "after_step", "after_epoch")
    rules = plan.ending_rules
    ends = [_rule(rule, definitions) for rule in rules if not rule.limits_time]
    text = fill(
        LOOP,
        epochs=e.epochs,
        last_epoch=plan.run.epochs,
        changes=plan.changes,
        functions=", ".join(f"{p.step}: change_after_{p.step}" for p in plan.parts[1:]),
        rate=RATE_OF_PART if plan.changes else RATE,
        stopped_after=plan.run.stopped_after,
        rules="\n".join(ends).replace("\n", "\n" + " " * 8),
        reacts=e.schedule.reacts and plan.has_validation and not plan.changes,
        timed=any(rule.limits_time for rule in rules),
        ratios=plan.has_ratios,
        closure=plan.closures == {True},
        never_closure=plan.closures == {False},
        mixed_closure=len(plan.closures) > 1,
        closure_class=next(
            (
                definitions.name(c.optimizer.call().target)
                for c in plan.experiments
                if c.optimizer.closure
            ),
            "",
        ),
        validation=plan.has_validation,
        gradient=_needs_gradient(plan),
        unfreezes=e.start.trained_layers(0) is not None,
        again=plan.acts("recompute_gradient"),
        average=plan.averages,
        **{hook: plan.acts(hook) for hook in hooks},
    )
    lines = [line.rstrip() for line in text.splitlines()]
    place = lines.index("    return best_weights")
    lines = [line for i, line in enumerate(lines) if line or i != place - 1]  # without rules
    return Section("Training", "\n".join(lines))


def _rule(rule: StoppingRule, definitions: Definitions) -> str:
    name = stopping_function(rule, definitions)
    recent = f"history[-{rule.looks_back} :]" if rule.looks_back else "history"
    return fill(RULE, name=name, recent=recent, label=rule.label)


def testing(plan: ScriptPlan, definitions: Definitions) -> Section:
    """The final scores."""
    parts = {"Test": plan.has_test, "Validation": plan.has_validation, "Training": True}
    name = next(name for name, exists in parts.items() if exists)
    part = "train_inputs, train_targets" if name == "Training" else f"*{name.lower()}_set"
    return Section("Result", fill(RESULT, part=part, name=name, average=plan.averages))
