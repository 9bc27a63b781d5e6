"""Checks of how an experiment is trained: optimizer, schedule, regularizers. `stopping_checks.py`
has those of its stopping rules.

Each rule returns its findings about the experiment. Pure: a rule sees the experiment and the sizes
of its data and network, and reads facts such as "this regularizer changes the gradient" from the
classes of the choices, so that a new choice is judged without a change here.
"""

from collections.abc import Callable, Iterable
from typing import Any

from core.base.finding import Action, Finding
from core.base.numbers import THIN, short, whole
from core.base.spec import Choice
from core.base.text import counted
from core.experiment import Experiment
from core.optim.optimizer import Optimizer
from core.optim.penalties import L2
from core.optim.plateau import Plateau
from core.optim.regularizers import Regularizer, WeightDecay
from core.optim.stopping import Patience

LARGEST = 65_536  # samples in a batch
VALIDATION = 0.15  # the fraction that a button restores

Rule = Callable[[Experiment, int, int], list[Finding]]  # experiment, training samples, parameters


def plain(choices: Iterable[Choice]) -> list[dict[str, Any]]:
    """Return the choices as JSON data, for an Action."""
    return [choice.model_dump(mode="json") for choice in choices]


def replaced(choices: Iterable[Choice], kind: type[Choice], **values: Any) -> list[dict[str, Any]]:
    """Return the choices as JSON data, those of one class with other field values."""
    return [
        choice.model_dump(mode="json") | (values if isinstance(choice, kind) else {})
        for choice in choices
    ]


def _without(e: Experiment, *removed: Regularizer) -> list[dict[str, Any]]:
    return plain(r for r in e.regularizers if r not in removed)


def first(choices: Iterable[Choice], kind: type[Choice]) -> Any:
    """Return the first choice of this class, or None."""
    return next((choice for choice in choices if isinstance(choice, kind)), None)


def _labels(choices: Iterable[Choice]) -> str:
    return " and ".join(choice.label for choice in choices)


def check_learning_rate(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """The learning rate is larger than what is in common use with this optimizer."""
    rate, recommended = e.optimizer.learning_rate, e.optimizer.max_recommended_lr
    if rate <= recommended * (1 + 1e-9):
        return []
    text = (
        f"**A learning rate of {short(rate)} is high for {e.optimizer.label}:** values up to "
        f"{short(recommended)} are common, and the loss may become NaN. Use a lower rate."
    )
    return [
        Finding(
            "learning_rate_high",
            "warn",
            text,
            {"learning_rate": rate, "recommended": recommended},
            Action(f"Use {short(recommended)}", {"optimizer.learning_rate": recommended}),
        )
    ]


def check_double_decay(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Weight decay is part of the optimizer and a regularizer as well."""
    own, rule = getattr(e.optimizer, "weight_decay", 0), first(e.regularizers, WeightDecay)
    if not own or not rule:
        return []
    text = (
        f"**Weight decay is applied twice:** {short(own)} by {e.optimizer.label} and "
        f"{short(rule.strength)} by the regularizer add up. Keep one of them."
    )
    return [
        Finding(
            "weight_decay_twice",
            "warn",
            text,
            {"optimizer": own, "regularizer": rule.strength},
            Action("Keep only the regularizer", {"optimizer.weight_decay": 0.0}),
        )
    ]


def hold_out() -> Action:
    """Return the button that makes a validation set."""
    label = f"Hold out {100 * VALIDATION:g}{THIN}% for validation"
    return Action(label, {"split.validation": VALIDATION})


def check_plateau(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """The plateau schedule has no validation set, or early stopping acts before it."""
    if not isinstance(e.schedule, Plateau):
        return []
    if e.split.validation == 0:
        text = (
            "**The learning rate will never be reduced:** the validation set is empty "
            f"(0{THIN}%), so no plateau can be measured. Hold out {100 * VALIDATION:g}{THIN}% of "
            "the data."
        )
        return [Finding("plateau_without_validation", "warn", text, {}, hold_out())]
    rule, reduction = first(e.stopping, Patience), e.schedule.patience + 1
    if not rule or rule.only_mark or reduction < rule.patience:
        return []
    text = (
        f"**Early stopping acts first:** it ends the run after {counted(rule.patience, 'epoch')} "
        f"without improvement, but the schedule reduces the learning rate only after {reduction}."
    )
    evidence = {"stops_after": rule.patience, "reduces_after": reduction}
    if rule.patience == 1:
        text += " Increase the patience of early stopping."
        return [Finding("early_stopping_before_plateau", "warn", text, evidence)]
    patience = (rule.patience - 2) // 2
    label = f"Reduce after {counted(patience + 1, 'epoch')}"
    action = Action(label, {"schedule.patience": patience})
    return [Finding("early_stopping_before_plateau", "warn", text, evidence, action)]


def check_warmup(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """The warm-up takes the whole run."""
    if e.schedule.warmup < e.epochs:
        return []
    text = (
        f"**The warm-up is as long as the run:** {e.schedule.warmup:g} of {e.epochs} epochs, so "
        "the full learning rate is never used. Shorten the warm-up."
    )
    return [
        Finding(
            "warmup_fills_run",
            "warn",
            text,
            {"warmup": e.schedule.warmup, "epochs": e.epochs},
            Action("Remove the warm-up", {"schedule.warmup": 0.0}),
        )
    ]


def check_extra_gradients(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Regularizers that compute further gradients in every step."""
    costly = [
        r
        for r in e.regularizers
        if r.extra_gradients and not (e.optimizer.closure and r.changes_gradient)
    ]
    if not costly:
        return []
    gradients = 1 + sum(r.extra_gradients for r in costly)
    text = (
        f"**{_labels(costly)} makes training about {short(gradients)} times as long:** every step "
        f"computes about {short(gradients)} gradients instead of 1."
    )
    names = " and ".join(r.kind.upper() if len(r.kind) < 4 else r.label for r in costly)
    action = Action(f"Remove {names}", {"regularizers": _without(e, *costly)})
    return [Finding("extra_gradients", "info", text, {"gradients": gradients}, action)]


def check_closure(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """An optimizer that computes its own gradients: full batch, and no change of the gradient."""
    if not e.optimizer.closure:
        return []
    findings, label = [], e.optimizer.label
    if e.batch_size < samples:
        text = (
            f"**{label} needs the full batch:** with {whole(e.batch_size)} of {whole(samples)} "
            "training samples per step it mistakes the noise of the mini-batch for curvature."
        )
        fits = samples <= LARGEST
        change = Action(f"Use all {whole(samples)} samples", {"batch_size": samples})
        evidence = {"batch_size": e.batch_size, "samples": samples}
        findings.append(
            Finding("needs_full_batch", "warn", text, evidence, change if fits else None)
        )
    ignored = [r for r in e.regularizers if r.changes_gradient]
    if ignored:
        text = (
            f"**{_labels(ignored)} {'has' if len(ignored) == 1 else 'have'} no effect:** {label} "
            "computes its own gradients several times per step."
        )
        action = Action(f"Remove {_labels(ignored)}", {"regularizers": _without(e, *ignored)})
        evidence = {"ignored": [r.kind for r in ignored]}
        findings.append(Finding("gradient_changes_ignored", "warn", text, evidence, action))
    return findings


def _short_name(choice: Choice) -> str:
    return choice.label if isinstance(choice, Optimizer) else choice.kind.upper()


def check_averages(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Two averages of the weights, or one that needs a constant learning rate."""
    averages = [c for c in (*e.regularizers, e.optimizer) if c.averages_weights]
    if len(averages) > 1:
        *others, last = averages
        text = (
            f"**Two averages of the weights are on:** the network is evaluated with {last.summary} "
            f"as soon as that begins, and with {others[0].summary} before. Keep one of them."
        )
        action = Action(f"Keep {_short_name(last)}", {"regularizers": _without(e, *others)})
        return [
            Finding("two_averages", "warn", text, {"kinds": [r.kind for r in averages]}, action)
        ]
    if any(r.prefers_constant_lr for r in averages) and e.schedule.anneals:
        text = (
            f"**{_short_name(averages[-1])} gains little here:** the {e.schedule.label.lower()} "
            "schedule ends with a low learning rate, so the averaged weights are almost equal. Use "
            "a constant learning rate."
        )
        action = Action("Use a constant learning rate", {"schedule": {"kind": "constant"}})
        return [Finding("average_while_annealing", "info", text, {}, action)]
    return []


def check_scaled_penalty(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """An L2 penalty with an optimizer that rescales gradients and has no built-in decay."""
    penalty = first(e.regularizers, L2)
    if not penalty or not penalty.strength:
        return []
    if not e.optimizer.rescales_gradient or hasattr(e.optimizer, "weight_decay"):
        return []
    text = (
        f"**{e.optimizer.label} rescales the L2 penalty with the rest of the gradient:** weights "
        "with large gradients are penalized less. Weight decay shrinks all weights by the same "
        "factor."
    )
    decay = first(e.regularizers, WeightDecay) or WeightDecay()
    kept = [r for r in e.regularizers if not isinstance(r, L2 | WeightDecay)]
    action = Action("Use weight decay instead", {"regularizers": plain([*kept, decay])})
    return [Finding("l2_penalty_rescaled", "info", text, {"λ": penalty.strength}, action)]


def check_bias_penalty(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """A penalty or decay that includes biases and normalization scales."""
    penalizing = [r for r in e.regularizers if r.penalizes_weights and r.biases]
    if not penalizing:
        return []
    text = (
        f"**{penalizing[0].label} also shrinks biases and normalization scales:** they are few, "
        "and a scale near 0 silences its layer. Usually only weight matrices are regularized."
    )
    free = [
        {**r.model_dump(mode="json"), "biases": 0} if r in penalizing else r.model_dump(mode="json")
        for r in e.regularizers
    ]
    action = Action("Exclude biases and scales", {"regularizers": free})
    kinds = [r.kind for r in penalizing]
    return [Finding("biases_penalized", "info", text, {"kinds": kinds}, action)]


RULES: tuple[Rule, ...] = (
    check_learning_rate, check_double_decay, check_closure, check_plateau, check_warmup,
    check_averages, check_extra_gradients, check_scaled_penalty, check_bias_penalty,
)  # fmt: skip
