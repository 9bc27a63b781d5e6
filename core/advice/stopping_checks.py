"""Checks of the stopping rules of an experiment. Each returns its findings, as in
`training_checks.py`.
"""

from core.advice.training_checks import VALIDATION, Rule, first, hold_out, replaced
from core.base.finding import Action, Finding
from core.base.numbers import THIN, whole
from core.base.text import counted
from core.experiment import Experiment
from core.optim.stopping import LossChange, Patience, StoppingRule, Target


def check_early_stopping(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """Early stopping has no validation set, or ends the run before the schedule has annealed."""
    rule = first(e.stopping, Patience)
    if not rule:
        return []
    if e.split.validation == 0:
        text = (
            f"**Early stopping cannot work:** the validation set is empty (0{THIN}%). Hold out "
            f"{100 * VALIDATION:g}{THIN}% of the data."
        )
        return [Finding("early_stopping_without_validation", "warn", text, {}, hold_out())]
    if not e.schedule.anneals or rule.only_mark:
        return []
    text = (
        f"**Early stopping may end the run too soon:** the {e.schedule.label.lower()} schedule "
        f"lowers the learning rate over all {whole(e.epochs)} epochs and gains most at the end, "
        f"but {counted(rule.patience, 'epoch')} without improvement end the run."
    )
    stopping = replaced(e.stopping, Patience, only_mark=True)
    action = Action("Only mark the stopping point", {"stopping": stopping})
    evidence = {"patience": rule.patience, "epochs": e.epochs}
    return [Finding("early_stopping_before_annealing", "info", text, evidence, action)]


def check_target(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """A target that can never be reached: no validation set, or an accuracy above 1."""
    rule: Target | None = first(e.stopping, Target)
    if not rule:
        return []
    if rule.part == "validation" and e.split.validation == 0:
        text = (
            f"**The target cannot be reached:** the validation set is empty (0{THIN}%). Hold out "
            f"{100 * VALIDATION:g}{THIN}% of the data, or measure it on the training set."
        )
        return [Finding("target_without_validation", "warn", text, {}, hold_out())]
    if rule.measure == "loss" or rule.target <= 1:
        return []
    percent = rule.target / 100
    text = (
        f"**The target cannot be reached:** an accuracy or R² is at most 1, but the target is "
        f"{rule.target:g}."
    )
    action = None
    if percent <= 1:
        text += f" For {rule.target:g}{THIN}% enter {percent:g}."
        stopping = replaced(e.stopping, Target, target=percent)
        action = Action(f"Use {percent:g}", {"stopping": stopping})
    else:
        text += " Choose a smaller one."
    return [Finding("target_above_one", "warn", text, {"target": rule.target}, action)]


def check_signed_change(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """A rule that ends the run when the loss rises, on mini-batches."""
    rule: StoppingRule | None = first(e.stopping, LossChange)
    if not rule or rule.only_mark or rule.difference == "absolute" or e.batch_size >= samples:
        return []
    text = (
        f"**{rule.label} (signed) ends the run at the first rise of the loss:** with mini-batches "
        "the loss rises now and then by chance. Use the absolute change."
    )
    stopping = replaced(e.stopping, LossChange, difference="absolute")
    action = Action("Use the absolute change", {"stopping": stopping})
    return [Finding("signed_change_on_mini_batches", "info", text, {"kind": rule.kind}, action)]


RULES: tuple[Rule, ...] = (check_early_stopping, check_target, check_signed_change)
