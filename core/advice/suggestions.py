"""Advice: what is doubtful about an experiment, in words, each with the one change that helps.

What concerns the learning alone is in `doubts.py`, what concerns the network in
`network/doubts.py`. Pure: it knows the experiment and how large its data and its network are.
"""

from math import log2

from core.advice.network_checks import RULES as BUILDING
from core.advice.training_checks import RULES as LEARNING
from core.advice.training_checks import Advice
from core.base.numbers import short, size, whole
from core.data.augmentations import Flip
from core.experiment import Experiment
from core.optim.stopping import has_early_stopping, with_early_stopping

BYTES, COPIES = 4, 5  # of a weight: itself, its gradient, two for the optimizer, the best one
PATIENT = 30  # epochs from which on mixtures are no longer advised on


def advice(
    experiment: Experiment,
    *,
    pictures: int = 0,
    parameters: int = 0,
    need: int = 0,
    free: int = 0,
    curvature: float = 0.0,
) -> tuple[Advice, ...]:
    """What is doubtful about this combination, the most urgent first; one "ok" when nothing is.

    `pictures` is the size of the training part and `parameters` that of the network, `need` and
    `free` the bytes of memory, `curvature` the largest eigenvalue of the Hessian at the first
    weights; 0 where unknown.
    """
    found = [*_memory(experiment, parameters, need, free), *beyond(experiment, curvature)]
    found += [a for rule in _RULES for a in rule(experiment, pictures, parameters)]
    order = {"warn": 0, "info": 1}
    fine = Advice("ok", f"**{experiment.optimizer.summary}** with this network is a sound start.")
    return tuple(sorted(found, key=lambda a: order[a.level])) or (fine,)


def _memory(e: Experiment, parameters: int, need: int, free: int) -> list[Advice]:
    if not free or need <= free:
        return []
    text = f"**The memory may not be enough:** it takes about {size(need)}, {size(free)} are free."
    fixed = BYTES * COPIES * parameters  # however small the batch
    if fixed >= free or e.batch_size == 1:
        return [Advice("warn", f"{text} Make the network narrower.")]
    fits = max(1, int(e.batch_size * (free - fixed) / max(need - fixed, 1)))
    smaller = 2 ** int(log2(fits))
    return [Advice("warn", text, "batch_size", smaller, f"Use batches of {whole(smaller)}")]


def beyond(e: Experiment, curvature: float) -> list[Advice]:
    """A rate with which the first steps climb, at this largest eigenvalue of the Hessian."""
    limit = e.optimizer.stability_limit(curvature) if curvature > 0 else None
    if limit is None or e.optimizer.learning_rate <= limit:
        return []
    text = (
        f"**The first steps will climb:** the steepest side of the loss has a curvature λ of "
        f"{short(curvature)}, which {e.optimizer.label} takes up to a rate of {short(limit)}."
    )
    half = float(f"{limit / 2:.1g}")
    return [Advice("warn", text, "optimizer.learning_rate", half, f"Use {short(half)}")]


def _batch(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not pictures or e.batch_size <= pictures:
        return []
    return [
        Advice(
            "info",
            f"**The batch is larger than the {whole(pictures)} training pictures:** every step "
            "uses all of them.",
        )
    ]


def _data(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if has_early_stopping(e.stopping) or not pictures or parameters < 4 * pictures:
        return []
    text = (
        f"**{whole(pictures)} pictures for {whole(parameters)} weights:** it may learn them by "
        "heart. Watch the validation loss."
    )
    return [Advice("info", text, "stopping", with_early_stopping(e.stopping), "Stop early")]


def _mirror(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not e.data.written or not any(isinstance(a, Flip) and a.p for a in e.augmentations):
        return []
    text = (
        "**Flip changes what a digit or a letter is:** a mirrored 3 is no 3, and a mirrored b is "
        "a d."
    )
    others = [a.model_dump() for a in e.augmentations if not isinstance(a, Flip)]
    return [Advice("warn", text, "augmentations", others, "Take Flip off")]


def _mixtures(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    mixing = [a for a in e.augmentations if a.mixes]
    if not mixing or e.epochs >= PATIENT:
        return []
    first, names = mixing[0], " and ".join(a.label for a in mixing)
    text = (
        f"**{first.label} wants many epochs:** its paper trained {first.epochs}, here it has "
        f"{e.epochs}."
    )
    others = [a.model_dump() for a in e.augmentations if not a.mixes]
    return [Advice("info", text, "augmentations", others, f"Take {names} off")]


def _wrong_labels(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not e.label_noise.share:
        return []
    wrong = f"{100 * e.label_noise.share:.3g} %"
    right = f"{100 - 100 * e.label_noise.share:.3g} %"
    text = (
        f"**{wrong} of the training labels are wrong on purpose:** a training accuracy above "
        f"{right} is learned by heart."
    )
    return [Advice("info", text, "label_noise.share", 0.0, "Take the noise off")]


_RULES = (
    *BUILDING, *LEARNING, _mirror, _batch, _data, _mixtures, _wrong_labels,
)  # fmt: skip
