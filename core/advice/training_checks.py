"""Doubts about how an experiment learns: optimizer, schedule, regularizers, stopping. Each rule
gives Advice, or nothing.

Pure: it knows the experiment and how large its data and its network are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.base.numbers import short, whole
from core.base.spec import Choice
from core.experiment import Experiment
from core.optim.decays import Annealed
from core.optim.optimizers import LBFGS, Adagrad, Adam, RMSprop
from core.optim.penalties import Penalty
from core.optim.regularizers import EMA, L2, SAM, SWA, ClipNorm, ClipValue, Regularizer, WeightDecay
from core.optim.schedules import OneCycle, Plateau
from core.optim.stopping import LossChange, Patience, StoppingRule

LARGEST = 65_536  # pictures in a batch


@dataclass(frozen=True)
class Advice:
    """One sentence; `level` is ok, info or warn. Where one change helps: its path, the new value
    and a button's text.
    """

    level: str
    text: str
    path: str = ""
    value: Any = None
    action: str = ""


def plain(choices: Iterable[Choice]) -> list[dict[str, Any]]:
    """As JSON data, to stand in an Advice."""
    return [choice.model_dump(mode="json") for choice in choices]


def _without(e: Experiment, *kinds: type[Regularizer]) -> list[dict[str, Any]]:
    return plain(r for r in e.regularizers if not isinstance(r, kinds))


def _first(choices: Iterable[Choice], *kinds: type[Choice]) -> Any:
    return next((choice for choice in choices if isinstance(choice, kinds)), None)


def _rate(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    usual = e.optimizer.max_recommended_lr
    if e.optimizer.learning_rate <= usual * (1 + 1e-9):
        return []
    text = (
        f"**A learning rate of {short(e.optimizer.learning_rate)} is large** for "
        f"{e.optimizer.label}: the loss may become NaN."
    )
    return [Advice("warn", text, "optimizer.learning_rate", usual, f"Use {short(usual)}")]


def _decays(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    own = getattr(e.optimizer, "weight_decay", 0)
    if not own or not _first(e.regularizers, WeightDecay):
        return []
    text = (
        f"**Weight decay acts twice:** in {e.optimizer.label} and as a regularizer; the two add up."
    )
    return [Advice("warn", text, "optimizer.weight_decay", 0.0, "Keep only the regularizer")]


def _patience(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    rule = _first(e.stopping, Patience)
    if not rule:
        return []
    if e.split.validation == 0:
        text = "**Early stopping has nothing to look at:** the validation share is 0."
        return [Advice("warn", text, "split.validation", 0.15, "Keep 15 %")]
    if isinstance(e.schedule, Annealed | OneCycle) and not rule.only_mark:
        text = (
            f"**Early stopping may end the run** before the {e.schedule.label.lower()} schedule "
            "has let the rate fall, where it gains most."
        )
        action = "Only mark it"
        return [Advice("info", text, "stopping", _only_marked(e, Patience), action)]
    return []


def _only_marked(e: Experiment, kind: type[StoppingRule]) -> list[dict[str, Any]]:
    """The stopping rules with one of them no longer ending the run."""
    return [
        rule.model_dump(mode="json") | ({"only_mark": True} if isinstance(rule, kind) else {})
        for rule in e.stopping
    ]


def _plateau(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not isinstance(e.schedule, Plateau):
        return []
    if e.split.validation == 0:
        text = "**No plateau will be seen:** the validation share is 0, so the rate stays."
        return [Advice("warn", text, "split.validation", 0.15, "Keep 15 %")]
    rule = _first(e.stopping, Patience)
    if not rule or rule.only_mark or e.schedule.patience + 1 < rule.patience:
        return []
    text = (
        f"**Early stopping comes first:** it waits {rule.patience} epochs, the schedule cuts the "
        f"rate after {e.schedule.patience + 1}."
    )
    if rule.patience == 1:
        return [Advice("warn", text)]
    sooner = (rule.patience - 2) // 2
    return [Advice("warn", text, "schedule.patience", sooner, f"Cut after {sooner + 1}")]


def _warm_up(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if e.schedule.warmup < e.epochs:
        return []
    text = f"**The warm-up is as long as the run:** {e.schedule.warmup:g} of {e.epochs} epochs."
    return [Advice("warn", text, "schedule.warmup", 0.0, "Take it off")]


def _sharpness(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not _first(e.regularizers, SAM) or e.optimizer.closure:
        return []
    text = "**SAM costs twice the time:** every step takes two gradients."
    return [Advice("info", text, "regularizers", _without(e, SAM), "Remove SAM")]


def _closure(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not isinstance(e.optimizer, LBFGS):
        return []
    found, unheard = [], (SAM, ClipNorm, ClipValue)
    if e.batch_size < pictures:
        text = "**L-BFGS wants the full batch:** it takes the noise of a minibatch for curvature."
        whole_set = ("batch_size", pictures, f"Use all {whole(pictures)}")
        found.append(Advice("warn", text, *(whole_set if pictures <= LARGEST else ())))
    if _first(e.regularizers, *unheard):
        text = "**L-BFGS takes its gradients itself:** clipping and SAM do not reach them."
        found.append(Advice("warn", text, "regularizers", _without(e, *unheard), "Take them off"))
    return found


def _averages(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    kept = [r for r in e.regularizers if isinstance(r, EMA | SWA)]
    if len(kept) == 2:
        text = (
            f"**Two averages of the weights:** the network is measured with {kept[1].summary} "
            f"as soon as it begins, {kept[0].summary} counts before."
        )
        action = f"Keep {kept[1].kind.upper()}"
        return [Advice("warn", text, "regularizers", _without(e, type(kept[0])), action)]
    if _first(kept, SWA) and isinstance(e.schedule, Annealed | OneCycle):
        text = (
            f"**SWA averages what moves:** the {e.schedule.label.lower()} schedule lets the last "
            "epochs lie close together."
        )
        return [Advice("info", text, "schedule", {"kind": "constant"}, "Use Constant")]
    return []


def _scaled_penalty(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    penalty = _first(e.regularizers, L2)
    if not penalty or not penalty.strength or not isinstance(e.optimizer, Adam | Adagrad | RMSprop):
        return []
    text = (
        f"**{e.optimizer.label} rescales the L2 penalty** with the rest of the gradient: weight "
        "decay shrinks all weights alike."
    )
    rest = _without(e, L2, WeightDecay)
    decay = _first(e.regularizers, WeightDecay) or WeightDecay()
    value = [*rest, *plain([decay])]
    return [Advice("info", text, "regularizers", value, "Use weight decay")]


def _biases(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    held = [r for r in e.regularizers if isinstance(r, Penalty | WeightDecay) and r.biases]
    if not held:
        return []
    text = (
        f"**{held[0].label} pulls biases and normalization scales to 0 too:** they are few, and "
        "a scale near 0 silences its layer."
    )
    free = [
        {**r.model_dump(), "biases": 0} if r in held else r.model_dump() for r in e.regularizers
    ]
    return [Advice("info", text, "regularizers", free, "Leave them free")]


def _change(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    rule = _first(e.stopping, LossChange)
    if not rule or rule.only_mark or rule.difference == "absolute" or e.batch_size >= pictures:
        return []
    text = (
        f"**{rule.label}, signed, ends the run at the first rise:** with minibatches the loss "
        "goes up now and then."
    )
    rules = [
        {**r.model_dump(), "difference": "absolute"}
        if isinstance(r, LossChange)
        else r.model_dump()
        for r in e.stopping
    ]
    return [Advice("info", text, "stopping", rules, "Use the absolute change")]


RULES = (
    _rate, _decays, _closure, _patience, _plateau, _warm_up, _averages, _sharpness,
    _scaled_penalty, _biases, _change,
)  # fmt: skip
