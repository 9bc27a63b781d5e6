"""Why a run is no better than guessing: its start, the scale of its inputs, a vanishing gradient,
its learning rate, a frequent class, too few epochs, or data without a relation between inputs and
labels. Pure functions.

Whether it is no better is decided in core/advice/guessing.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite
from statistics import median

from core.advice.chance_level import chance_loss
from core.advice.guessing import (
    compare_with_guessing,
    guess_accuracy,
    has_made_no_progress,
    is_far_better_than_guessing,
    is_guessing,
    is_still_falling,
    judged_part,
    learned_only_the_training_set,
)
from core.advice.input_scale import check_input_scale
from core.advice.network_checks import (
    is_flat,
    suited_initializer,
    use_relu,
)
from core.advice.training_checks import plain
from core.base.events import Probe, error
from core.base.finding import Action, Finding
from core.base.numbers import percent, short
from core.base.text import counted
from core.experiment import Experiment
from core.network.chains import walk_layers
from core.network.extra_layers import with_normalization
from core.network.initializers import Initializer
from core.network.layers import BatchNorm
from core.runs.history import History
from core.runs.measured import NAMES, scores_of

PROBES = 10  # the median of the last ones counts
LARGE, TINY = 3e-2, 1e-4  # update-to-weight ratio of one step
VANISHED = 1e-4  # gradient of the first layers, as a fraction of the largest one
UNDERFLOW = 1e-20  # norms below it cannot be measured with float32 gradients
DEAD = 0.999  # fraction of dead units from which a layer passes no gradient
FAR = 30  # factor between a learning rate and the usual one that explains a failure by itself
TOO_SHORT = "learned_too_little"  # the code of a run that ends on its way down
FREQUENT = 1.5  # times the fraction of a class among equally frequent ones


def find_not_learning(
    history: History, experiment: Experiment, classes: int | None = None
) -> Finding | None:
    """Return the most likely cause if the run is no better than guessing, or not far better
    and without progress, after two epochs, or at its end. `classes` as for `list_findings`.
    """
    if len(history.epochs) < (1 if history.ended else 2):
        return None
    guessing = is_guessing(history, experiment, classes)
    stalled = has_made_no_progress(history) and not is_far_better_than_guessing(history, classes)
    if guessing and learned_only_the_training_set(history, classes):
        return _unrelated(history, classes)
    if not guessing and not stalled:
        return None
    observed = compare_with_guessing(history, classes)
    return next(_causes(observed, history, experiment, classes=classes, guessing=guessing))


# --- causes, the most certain one first


def _causes(
    observed: str,
    history: History,
    experiment: Experiment,
    *,
    classes: int | None,
    guessing: bool,
) -> Iterator[Finding]:
    yield from _start(observed, experiment)
    yield from _input_scale(observed, history, experiment)
    if _is_vanished(recent_medians(history, "gradient", history.probes[:1])):
        yield from _vanished(observed, history, experiment)
    yield from _rate(observed, history, experiment, classes)
    yield from _dead(observed, history, experiment)
    yield from _vanished(observed, history, experiment)  # it died on the way
    if guessing:
        yield from _one_class(history, classes)
        yield from _too_short(observed, history, experiment, classes)
    first, last = history.losses[0], history.epochs[-1].train["loss"]
    text = (
        f"**The model is not learning.** {observed} Training loss is {short(last, 3)} and was "
        f"{short(first, 3)} at the first step. Find a learning rate on Train, and check that "
        "inputs and labels belong together on Data."
    )
    evidence = {"first_loss": first, "loss": last, "epochs": len(history.epochs)}
    yield Finding("no_progress", "warn", text, evidence)


def _start(observed: str, experiment: Experiment) -> Iterator[Finding]:
    """All units of a layer start alike, so that they stay alike."""
    initializer = experiment.initializer
    if not initializer.is_symmetric:
        return
    text = (
        f"**The start is the cause:** with {initializer.label.lower()} as initial weights all "
        f"units of a layer stay equal. {observed} Use random initial weights."
    )
    suited = Initializer.members[suited_initializer(experiment.network) or "he"]
    action = Action(f"Use {suited.label} initialization", {"initializer": suited().kind})
    evidence = {"initializer": initializer.kind}
    yield Finding("symmetric_start", "warn", text, evidence, action)


def _input_scale(observed: str, history: History, experiment: Experiment) -> Iterator[Finding]:
    """The inputs are far from the scale that weights and learning rate assume."""
    if finding := check_input_scale(history.input_rms, experiment.normalization):
        yield replace(finding, text=f"{observed} {finding.text}")


def _vanished(observed: str, history: History, experiment: Experiment) -> Iterator[Finding]:
    """The gradient does not reach the first layers."""
    gradients = recent_medians(history, "gradient")
    if not _is_vanished(gradients):
        return
    first, largest = next(iter(gradients)), max(gradients, key=gradients.__getitem__)
    flat = [layer for layer in walk_layers(experiment.network) if is_flat(layer)]
    reason = (
        f" Each {flat[0].label} passes on at most {short(flat[0].max_slope())} of it."
        if flat
        else ""
    )
    if flat:
        action = use_relu(experiment.network)
    else:
        network = with_normalization(experiment.network, BatchNorm())
        action = Action("Add batch normalization", {"network": plain(network)})
    text = (
        f"**The gradient vanishes on its way to the first layer:** its norm is "
        f"{short(gradients[largest])} at {largest} and {_norm(gradients[first])} at {first}."
        f"{reason} {observed} {action.label}."
    )
    evidence = {
        "layer": first,
        "gradient": gradients[first],
        "largest": gradients[largest],
        "flat_activations": len(flat),
    }
    yield Finding("gradient_vanished", "warn", text, evidence, action)


def _norm(gradient: float) -> str:
    """Below UNDERFLOW the squares of a float32 gradient become 0, and so does its norm."""
    return f"below {short(UNDERFLOW)}" if gradient < UNDERFLOW else short(gradient)


def _rate(
    observed: str, history: History, experiment: Experiment, classes: int | None
) -> Iterator[Finding]:
    """The learning rate is far from the usual one, or the updates show that it does not fit."""
    rate = experiment.optimizer.learning_rate
    usual = type(experiment.optimizer)().learning_rate
    updates = recent_medians(history, "update").values()
    update = median(updates) if updates else None
    chance = None if classes is None else chance_loss(experiment.loss.kind, classes)
    exploded = chance is not None and history.epochs[-1].train["loss"] > 2 * chance
    is_high = rate > usual and ((update or 0) > LARGE or exploded or rate >= FAR * usual)
    is_low = rate < usual and (rate * FAR <= usual or (update is not None and update < TINY))
    if not is_high and not is_low:
        return
    code, head, change = (
        ("learning_rate_too_high", "too high", "changes the weights by")
        if is_high
        else ("learning_rate_too_low", "too low", "changes the weights by only")
    )
    telling = update is not None and (update > LARGE if is_high else update < TINY)
    size = f" Each step {change} {_of_norm(update)}." if telling else ""
    text = (
        f"**The learning rate {short(rate)} is {head}.** {observed}{size} "
        f"{experiment.optimizer.label} usually works with {short(usual)}."
    )
    evidence = {"learning_rate": rate, "usual": usual, "update": update}
    action = Action(f"Use learning rate {short(usual)}", {"optimizer.learning_rate": usual})
    yield Finding(code, "warn", text, evidence, action)


def _dead(observed: str, history: History, experiment: Experiment) -> Iterator[Finding]:
    """All units of an activation answer 0 to every sample, and did not at first."""
    recent, first = history.probes[-PROBES:], history.probes[:1]
    dead = [
        name
        for name in history.activations
        if recent and median(probe.dead.get(name, 0.0) for probe in recent) >= DEAD
    ]
    if not dead or first[0].dead.get(dead[0], 0.0) >= DEAD:
        return
    rate = experiment.optimizer.learning_rate
    usual = type(experiment.optimizer)().learning_rate
    lower = usual if rate > usual else float(f"{rate / 10:.1g}")
    was = first[0].dead.get(dead[0], 0.0)
    text = (
        f"**All units of {dead[0]} are dead:** they answer 0 to every sample, so no gradient "
        f"passes; at the first measurement {percent(was)} were. {observed} A step was too large: "
        f"use learning rate {short(lower)}."
    )
    evidence = {"activation": dead[0], "first": was, "learning_rate": rate, "lower": lower}
    action = Action(f"Use learning rate {short(lower)}", {"optimizer.learning_rate": lower})
    yield Finding("dead_units", "warn", text, evidence, action)


def _one_class(history: History, classes: int | None) -> Iterator[Finding]:
    """One class is so frequent that always answering it looks good."""
    part, scores = judged_part(history)
    fraction = history.started.common.get(part, 0.0) if history.started else 0.0
    if not classes or fraction < FREQUENT / classes or "accuracy" not in (scores or {}):
        return
    name, size = history.started.common_class, history.started.sizes[part]
    same = abs(scores["accuracy"] - fraction) * size < 0.5
    answer = f"always answers “{name}”" if same else f"is no better than always answering “{name}”"
    text = (
        f"**The model {answer},** the class of {percent(fraction)} of the {NAMES[part]} set: that "
        f"alone gives an error of {percent(1 - fraction)}, and the model has "
        f"{percent(error(scores))}. Show rare classes more often."
    )
    evidence = {"class": name, "fraction": fraction, "error": error(scores), "always": same}
    action = Action("Use class-balanced sampling", {"sampling": "balanced"})
    yield Finding("one_class_answered", "warn", text, evidence, action)


def _too_short(
    observed: str, history: History, experiment: Experiment, classes: int | None
) -> Iterator[Finding]:
    """The start was worse than guessing, and the run ends on its way down."""
    if not is_still_falling(history, experiment, classes):
        return
    first, last = history.losses[0], history.epochs[-1].train["loss"]
    used_all = history.ended and history.ended.reason == "epochs"
    advice = (
        "Train longer, or find a higher learning rate on Train."
        if history.ended
        else "Let the run continue."
    )
    text = (
        f"**The model has learned too little so far.** {observed} Training loss fell from "
        f"{short(first, 3)} at the first step to {short(last, 3)} and is still falling. {advice}"
    )
    evidence = {"first_loss": first, "loss": last, "epochs": len(history.epochs)}
    action = train_longer(experiment) if used_all else None
    yield Finding(TOO_SHORT, "info", text, evidence, action)


def train_longer(experiment: Experiment) -> Action:
    """Return the action that doubles the epochs."""
    more = experiment.epochs
    return Action(f"Train {counted(more, 'more epoch')}", {"epochs": experiment.epochs + more})


def _unrelated(history: History, classes: int | None) -> Finding:
    """The training set is learned, and nothing of it holds for other samples."""
    part, scores = judged_part(history)
    train, wrong = error(scores_of(history, "train")), error(scores)
    guess = guess_accuracy(history, part, classes) or 0.0
    text = (
        f"**On the {NAMES[part]} set the model is no better than guessing:** its error is "
        f"{percent(wrong)}, that of guessing {percent(1 - guess)}, and on the training set "
        f"{percent(train)}. What it learned does not carry over to other samples. Check on Data "
        "that images and labels are paired correctly."
    )
    evidence = {"train": train, "validation": wrong, "guess": 1 - guess}
    return Finding("only_training_learned", "warn", text, evidence)


def recent_medians(
    history: History, quantity: str, probes: Sequence[Probe] = ()
) -> dict[str, float]:
    """Return each layer's median of a norm over the last probes, or these ones, input first."""
    recent = [getattr(probe, quantity) for probe in probes or history.probes[-PROBES:]]
    values = {
        layer: [p[layer] for p in recent if isfinite(p.get(layer, float("nan")))]
        for layer in history.layers
    }
    return {layer: median(found) for layer, found in values.items() if found}


def _is_vanished(gradients: dict[str, float]) -> bool:
    """Whether the first layer gets hardly anything of the largest gradient of a layer."""
    largest = max(gradients.values(), default=0.0)
    return largest > 0 and next(iter(gradients.values())) <= VANISHED * largest


def _of_norm(ratio: float) -> str:
    part = f"{percent(ratio)} of" if 1e-3 <= ratio < 1 else f"{short(ratio)} times"
    return f"{part} their norm"
