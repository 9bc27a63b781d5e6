"""Suggestions: what is questionable about an experiment, each with the one change that helps.

The rules about training alone are in `training_checks.py`, those about the network in
`network_checks.py`. Pure: the rules see the experiment and the sizes of its data and network.
"""

from math import log2

from core.advice.estimate import weight_bytes
from core.advice.network_checks import RULES as NETWORK_RULES
from core.advice.small_validation import check_small_validation
from core.advice.stopping_checks import RULES as STOPPING_RULES
from core.advice.training_checks import RULES as TRAINING_RULES
from core.advice.training_checks import plain
from core.base.encoding import change
from core.base.finding import Action, Finding
from core.base.numbers import THIN, short, size, whole
from core.data.augmentations import Flip
from core.experiment import NAME_LENGTH, Experiment
from core.optim.stopping import has_early_stopping, with_early_stopping
from core.runs.forks import is_allowed

OVERPARAMETERIZED = 4  # parameters per training sample from which memorization is mentioned
PATIENT = 30  # epochs from which on mixing augmentations are no longer mentioned
ORDER = {"bad": 0, "warn": 1, "info": 2}


def advice(
    experiment: Experiment,
    *,
    samples: int = 0,
    validation: int = 0,
    parameters: int = 0,
    need: int = 0,
    free: int = 0,
    curvature: float = 0.0,
) -> tuple[Finding, ...]:
    """Return what is questionable about this combination, the most urgent first; one finding of
    level "ok" when nothing is.

    `samples` and `validation` are the sizes of the training and the validation set, `parameters`
    that of the network, `need` and `free` are bytes of memory, `curvature` is the largest
    eigenvalue of the Hessian at the initial weights; 0 where unknown.
    """
    findings = check_memory(experiment, parameters, need=need, free=free)
    findings += [] if experiment.first_epoch else check_stability(experiment, curvature)
    classes = not experiment.loss.for_values
    small = check_small_validation(
        experiment.split, validation=validation, train=samples, classes=classes
    )
    findings += [small] if small else []
    for rule in (*NETWORK_RULES, *TRAINING_RULES, *STOPPING_RULES, *DATA_RULES):
        findings += rule(experiment, samples, parameters)
    if experiment.fork:
        findings = [finding for finding in findings if _suits_fork(finding.action)]
    if findings:
        return tuple(sorted(findings, key=lambda finding: ORDER[finding.level]))
    text = f"**No problem found** with {experiment.optimizer.summary} on this network and data."
    return (Finding("no_problem", "ok", text),)


def _suits_fork(action: Action | None) -> bool:
    """Whether a fork may change everything that the action changes."""
    return action is None or all(map(is_allowed, action.changes))


def apply_action(experiment: Experiment, action: Action) -> Experiment:
    """Return the experiment with the changes of a finding's action."""
    for path, value in action.changes.items():
        experiment = change(experiment, path, value)
    return experiment


def follow_up(experiment: Experiment, action: Action) -> Experiment:
    """Return the experiment of a run with the changes of one of its findings. The name states the
    change, so that both runs can be told apart in lists. A fork that cannot change them becomes a
    run from the first step.
    """
    experiment = experiment if _suits_fork(action) else experiment.unforked
    changed = apply_action(experiment, action)
    if not action.changes:
        return changed
    label = f"{action.label[0].lower()}{action.label[1:]}"
    base = experiment.title
    names = (f"{base} ({label})", f"{base.partition(' (')[0]} ({label})")
    name = next((name for name in names if len(name) <= NAME_LENGTH), experiment.name)
    return changed.model_copy(update={"name": name})


def check_memory(e: Experiment, parameters: int, *, need: int, free: int) -> list[Finding]:
    """The run needs more memory than is free; a smaller batch helps where the weights fit."""
    if not free or need <= free:
        return []
    text = (
        f"**The run may not fit into memory:** it needs about {size(need)}, and {size(free)} are "
        "free."
    )
    evidence, weights = {"need": need, "free": free}, weight_bytes(e, parameters)
    if weights >= free or e.batch_size == 1:
        text += " Use fewer parameters."
        return [Finding("memory_exceeded", "warn", text, evidence)]
    fits = max(1, int(e.batch_size * (free - weights) / max(need - weights, 1)))
    smaller = 2 ** int(log2(fits))
    text += " Reduce the batch size."
    action = Action(f"Use a batch size of {whole(smaller)}", {"batch_size": smaller})
    return [Finding("memory_exceeded", "warn", text, evidence, action)]


def check_stability(e: Experiment, curvature: float) -> list[Finding]:
    """The learning rate is above the stability limit at this largest eigenvalue of the Hessian."""
    limit = e.optimizer.stability_limit(curvature) if curvature > 0 else None
    rate = e.optimizer.learning_rate
    if limit is None or rate <= limit:
        return []
    text = (
        f"**The first steps will diverge:** the learning rate {short(rate)} is above "
        f"{short(limit)}, the stability limit of {e.optimizer.label} at the largest curvature "
        f"λ = {short(curvature)} of the loss at the initial weights. Use a lower rate."
    )
    half = float(f"{limit / 2:.1g}")
    return [
        Finding(
            "stability_limit_exceeded",
            "warn",
            text,
            {"learning_rate": rate, "limit": limit, "curvature": curvature},
            Action(f"Use {short(half)}", {"optimizer.learning_rate": half}),
        )
    ]


def check_batch_size(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """The batch is larger than the training set."""
    if not samples or e.batch_size <= samples:
        return []
    text = (
        f"**The batch size {whole(e.batch_size)} exceeds the training set of {whole(samples)} "
        "samples:** every step uses all of them."
    )
    evidence = {"batch_size": e.batch_size, "samples": samples}
    return [Finding("batch_exceeds_training_set", "info", text, evidence)]


def check_overparameterization(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Many more parameters than training samples, and no early stopping."""
    if has_early_stopping(e.stopping) or not samples or parameters < OVERPARAMETERIZED * samples:
        return []
    text = (
        f"**{whole(parameters)} parameters for {whole(samples)} training samples:** the network "
        "can memorize them. Watch the validation loss, or turn on early stopping."
    )
    action = Action("Turn on early stopping", {"stopping": with_early_stopping(e.stopping)})
    evidence = {"parameters": parameters, "samples": samples}
    return [Finding("more_parameters_than_samples", "info", text, evidence, action)]


def check_mirroring(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Digits or letters are mirrored."""
    if not e.data.is_handwriting or not any(isinstance(a, Flip) and a.p for a in e.augmentations):
        return []
    text = (
        "**Flip changes the meaning of digits and letters:** a mirrored 3 is not a 3, and a "
        "mirrored b is a d. Remove it for this dataset."
    )
    others = plain(a for a in e.augmentations if not isinstance(a, Flip))
    return [
        Finding("flip_on_characters", "warn", text, {}, Action("Remove Flip", _augment(others)))
    ]


def check_mixing(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """An augmentation that mixes samples, in a short run."""
    mixing = [a for a in e.augmentations if a.mixes]
    if not mixing or e.epochs >= PATIENT:
        return []
    first, names = mixing[0], " and ".join(a.label for a in mixing)
    text = (
        f"**{first.label} needs many epochs:** its paper trained {first.epochs}, this run trains "
        f"{e.epochs}. Train longer or remove it."
    )
    others = plain(a for a in e.augmentations if not a.mixes)
    evidence = {"epochs": e.epochs, "paper": first.epochs}
    action = Action(f"Remove {names}", _augment(others))
    return [Finding("mixing_needs_epochs", "info", text, evidence, action)]


def _augment(augmentations: list) -> dict:
    return {"augmentations": augmentations}


def check_label_noise(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Labels were changed on purpose."""
    if not (fraction := e.label_noise.share):
        return []
    text = (
        f"**{100 * fraction:.3g}{THIN}% of the training labels are wrong on purpose:** a training "
        f"accuracy above {100 - 100 * fraction:.3g}{THIN}% is memorized."
    )
    action = Action("Remove the label noise", {"label_noise.share": 0.0})
    return [Finding("label_noise", "info", text, {"fraction": fraction}, action)]


DATA_RULES = (
    check_mirroring, check_batch_size, check_overparameterization, check_mixing, check_label_noise,
)  # fmt: skip
