"""The sections of a script that train and test: mini-batches, the step, the loop, the evaluation.

The order of a step is that of `Training.take_step`; only what the experiment uses appears.
"""

import ast
import inspect
import textwrap

from core.export.script.definitions import Definitions
from core.export.script.filling import fill
from core.export.script.plan import ScriptPlan, load_class
from core.export.script.rendering import code, describe
from core.export.script.section import Section
from core.export.script.sections import stopping_function
from core.optim.stopping import StoppingRule
from core.training.metrics import CPU_BATCH, GPU_BATCH

BATCH = '''
    def batch(rows):
        """Return the inputs (B, …) and targets (B,) of these training rows."""
        return scaled(train_inputs[rows]), train_targets[rows]
'''

STEP = '''
    def compute_gradient(x, y):
        """Compute the gradient of the loss of a mini-batch; return the loss."""  #? not penalty
        """Compute the gradient of the loss and the penalties; return both."""  #? penalty
        optimizer.zero_grad()
        with ExitStack() as stack:  # penalties on activations collect their outputs  #? watching
            for transform in transforms:  #? watching
                stack.enter_context(transform.watching())  #? watching
            outputs = model(x)  #? watching
        outputs = model(x)  #? not watching
        loss = $loss(outputs, y)
        total = loss  #? penalty
        for transform in transforms:  #? penalty
            penalty = transform.penalty()  #? penalty and not partial
            penalty = transform.penalty(lambda parts: partial_losses(outputs, y, parts))  #? partial
            if penalty is not None:  #? penalty
                total = total + penalty  #? penalty
        total.backward()  #? penalty
        return loss, total  #? penalty
        loss.backward()  #? not penalty
        return loss  #? not penalty
'''

MIXED_LOSS = '''
    def mixed_loss(outputs, targets):
        """Return λ·L(first) + (1 − λ)·L(second), with λ the fraction of the first."""  #? classes
        """Return the mean loss of the mixed values."""  #? not classes
        first, second, fraction = targets
        losses = sample_loss(outputs, first), sample_loss(outputs, second)  #? classes
        return (fraction * losses[0] + (1 - fraction) * losses[1]).mean()  #? classes
        mixed = fraction * first + (1 - fraction) * second  #? not classes
        return sample_loss(outputs, mixed).mean()  #? not classes
'''

PARTIAL_LOSSES = '''
    def partial_losses(outputs, y, parts):
        """Return the mean losses of this many parts of a mini-batch, at most one per sample."""
        samples = torch.arange(len(outputs), device=device)
        pieces = samples.tensor_split(min(parts, len(outputs)))
        return [$loss(outputs[rows], y[rows]) for rows in pieces]  #? not mixes
        chosen = [tuple(target[rows] for target in y) for rows in pieces]  #? mixes
        pairs = zip(pieces, chosen, strict=True)  #? mixes
        return [$loss(outputs[rows], targets) for rows, targets in pairs]  #? mixes
'''

EVALUATE = '''
    @torch.inference_mode()
    def evaluate(inputs, targets):
        """Return the mean loss and the accuracy, without dropout."""  #? classes
        """Return the mean loss and R², the explained fraction of the variance."""  #? not classes
        model.eval()
        loss_sum = score_sum = 0.0
        for rows in torch.arange(len(targets), device=device).split($size):
            outputs, y = model(scaled(inputs[rows])), targets[rows]
            loss_sum += criterion(outputs, y).item() * len(y)
            score_sum += (outputs.argmax(1) == y).sum().item()  #? classes
            score_sum += (1 - (outputs[:, 0] - y).square()).sum().item()  #? not classes
        model.train()
        return {"loss": loss_sum / len(targets), "$score": score_sum / len(targets)}
'''

GRADIENT_NORM = '''
    def full_gradient_norm():
        """Return the norm of the gradient of the loss over the training set, without dropout."""
        model.eval()
        weights = [p for p in model.parameters() if p.requires_grad]
        total = [torch.zeros_like(p) for p in weights]
        for rows in torch.arange(len(train_targets), device=device).split($size):
            loss = criterion(model(scaled(train_inputs[rows])), train_targets[rows])
            fraction = len(rows) / len(train_targets)
            torch._foreach_add_(total, torch.autograd.grad(fraction * loss, weights))
        model.train()
        return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(total))).item()
'''

AVERAGED = '''
    @contextmanager
    def averaged():
        """Give the model averaged weights while it is evaluated, if there are some."""
        averages = [t for t in transforms if t.average() is not None]
        if not averages:
            yield
            return
        last = copy.deepcopy(model.state_dict())
        model.load_state_dict(averages[-1].average())
        if averages[-1].recompute_statistics:  #? statistics
            inputs = (scaled(x) for x in train_inputs.split(batch_size))  #? statistics
            recompute_statistics(model, inputs)  #? statistics
        try:
            yield
        finally:
            model.load_state_dict(last)
'''

LOOP = '''
    EPOCHS = $epochs
    epoch_steps = math.ceil(len(train_targets) / batch_size)
    steps = EPOCHS * epoch_steps
    losses = []  # of every step, without penalties
    history = []  # of every epoch


    def fit():
        """Train to the end. Return the weights of the best epoch on the validation set, if any."""
        best_loss, best_weights = math.inf, None
        factor = 1.0  #? reacts
        began = time.monotonic()  #? timed
        for epoch in range(1, EPOCHS + 1):
            loss_sum = 0.0
            begin_epoch(epoch - 1)  #? unfreezes
            for rows in sampler.order(order).to(device).split(batch_size):
                x, y = batch(rows)
                loss = compute_gradient(x, y)  #? not penalty
                loss, _ = compute_gradient(x, y)  #? penalty
                for transform in transforms:  #? again
                    transform.recompute_gradient(partial(compute_gradient, x, y))  #? again
                step = len(losses)  # from 0
                rate = learning_rate(LEARNING_RATE, step, steps=steps, epoch_steps=epoch_steps)
                rate = rate * factor  #? reacts
                for group in optimizer.param_groups:  #? not ratios
                    group["lr"] = rate  #? not ratios
                for group, ratio in zip(optimizer.param_groups, ratios, strict=True):  #? ratios
                    group["lr"] = rate * ratio  #? ratios
                for transform in transforms:  #? before_step
                    transform.before_step(rate)  #? before_step
                optimizer.step()  #? not closure
                optimizer.step(partial(compute_gradient, x, y))  #? closure and not penalty
                optimizer.step(lambda: compute_gradient(x, y)[1])  #? closure and penalty
                for transform in transforms:  #? after_step
                    transform.after_step()  #? after_step
                losses.append(loss.item())
                loss_sum += losses[-1] * len(rows)
                if not math.isfinite(losses[-1]):
                    print(f"Diverged at step {len(losses)}.")
                    return best_weights
                if len(losses) == $stopped_after:  # where the run was stopped  #? stopped_after
                    return best_weights  #? stopped_after
                if not in_time(time.monotonic() - began):  #? timed
                    print("The time limit ended the training.")  #? timed
                    return best_weights  #? timed
            train_loss = loss_sum / len(train_targets)
            record = SimpleNamespace(epoch=epoch, train={"loss": train_loss}, validation=None)
            history.append(record)
            for transform in transforms:  #? after_epoch
                transform.after_epoch(epoch / EPOCHS)  #? after_epoch
            record.validation = evaluate(*validation_set)  #? validation and not average
            with averaged():  #? validation and average
                record.validation = evaluate(*validation_set)  #? validation and average
                weights = copy.deepcopy(model.state_dict())  #? validation and average
            if record.validation["loss"] < best_loss:  #? validation
                best_loss = record.validation["loss"]  #? validation
                best_weights = copy.deepcopy(model.state_dict())  #? validation and not average
                best_weights = weights  #? validation and average
            record.gradient = full_gradient_norm()  #? gradient
            factor = plateau_factor([past.validation["loss"] for past in history])  #? reacts
            print(f"Epoch {epoch}: loss {train_loss:.4f}")  #? not validation
            scores = ", ".join(f"{k} {v:.4f}" for k, v in record.validation.items())  #? validation
            print(f"Epoch {epoch}: loss {train_loss:.4f}; validation {scores}")  #? validation
            $rules
        return best_weights


    best_weights = fit()
'''

RULE = """
    if list($name($recent))[-1]:
        print("$label ended the training.")
        return best_weights
"""

RESULT = """
    # The weights of the best epoch on the validation set count, otherwise the last ones.
    if best_weights is None:  #? average
        with averaged():  #? average
            best_weights = copy.deepcopy(model.state_dict())  #? average
    if best_weights is not None:
        model.load_state_dict(best_weights)
    result = evaluate($part)
    print("$name set:", ", ".join(f"{k} {v:.4f}" for k, v in result.items()))
"""


def batches(plan: ScriptPlan, definitions: Definitions) -> Section:
    """Sampling and augmentation."""
    e = plan.experiment
    lines = [
        describe(e.sampling),
        code(e.sampling.call(), definitions.name, "train_targets", before="sampler = "),
        f"order = torch.Generator().manual_seed({e.seeds.order})",
        f"batch_size = min({e.batch_size}, len(train_targets))",
    ]
    if e.augmentations:
        lines += ["", *_augmentation(plan, definitions)]
    else:
        lines += ["", "", fill(BATCH)]
    return Section("Mini-batches", "\n".join(lines))


def _augmentation(plan: ScriptPlan, definitions: Definitions) -> list[str]:
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
    lines += [
        f"random = torch.Generator(device).manual_seed({seed})",
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
        "classes": not plan.regression,
        "penalty": plan.acts("penalty"),
        "watching": plan.acts("watching"),
        "partial": _uses_losses(plan),
    }
    parts = [fill(MIXED_LOSS, **how)] * plan.mixes
    parts += [fill(PARTIAL_LOSSES, **how)] * how["partial"]
    return Section("Step", "\n\n\n".join([*parts, fill(STEP, **how)]))


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
    }
    parts = [fill(EVALUATE, **how)]
    parts += [fill(GRADIENT_NORM, **how)] * _needs_gradient(plan)
    parts += [fill(AVERAGED, **how)] * plan.acts("average")
    return Section("Evaluation", "\n\n\n".join(parts))


def _needs_gradient(plan: ScriptPlan) -> bool:
    return any(rule.needs_gradient for rule in plan.experiment.stopping)


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
    hooks = ("penalty", "before_step", "after_step", "after_epoch", "average")
    rules = plan.ending_rules
    ends = [_rule(rule, definitions) for rule in rules if not rule.limits_time]
    text = fill(
        LOOP,
        epochs=e.epochs,
        stopped_after=plan.run.stopped_after,
        rules="\n".join(ends).replace("\n", "\n" + " " * 8),
        reacts=e.schedule.reacts and plan.has_validation,
        timed=any(rule.limits_time for rule in rules),
        ratios=plan.has_ratios,
        closure=e.optimizer.closure,
        validation=plan.has_validation,
        gradient=_needs_gradient(plan),
        unfreezes=e.start.trained_layers(0) is not None,
        again=plan.acts("recompute_gradient"),
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
    return Section("Result", fill(RESULT, part=part, name=name, average=plan.acts("average")))
