"""adapt: an experiment whose data has changed, with what cannot work on the new data replaced, and
a sentence for each change. What works stays. Pure: it knows the data's facts and loads none.
"""

from core.base.encoding import change
from core.base.errors import BadNetwork
from core.base.text import counted, format_shape
from core.data.dataset import Facts
from core.data.normalization import Fixed, MinMax, Normalization, Standardize, Unit
from core.data.sampling import Shuffle
from core.experiment import Experiment
from core.losses import MSE, CrossEntropy
from core.network.build import check, names
from core.network.layers import Layer
from core.network.presets import MLP, LeNet, Points, Preset, Small, SoftmaxRegression

LENET = 28  # px of the shorter side from which LeNet is worth its size


def adapt(
    experiment: Experiment, facts: Facts, *, before: Facts | None = None
) -> tuple[Experiment, tuple[str, ...]]:
    """The experiment as it can train on data of these facts, and what was changed, in sentences.

    `before`: the facts of the data that it had. With them a squared error that values had forced
    goes back to cross-entropy for classes; without them it stays, for it works.
    """
    told = []
    for step in (_loss, _network, _normalization, _augmentations, _label_noise, _sampling):
        experiment, said = step(experiment, facts, before)
        told += [said] if said else []
    return experiment, tuple(told)


Step = tuple[Experiment, str]


def _loss(e: Experiment, facts: Facts, before: Facts | None) -> Step:
    """One that fits: the squared error for values, cross-entropy for classes after values."""
    if e.loss.problem(facts.classes):
        said = (
            f"{MSE.label} is the loss now: {e.loss.label} wants classes, and this data has values."
        )
        return _with(e, "loss", MSE()), said
    after_values = before is not None and not before.classes
    if facts.classes and after_values and e.loss.for_values:
        return _with(e, "loss", CrossEntropy()), (
            f"{CrossEntropy.label} is the loss now: this data has classes, the one before had "
            "values."
        )
    return e, ""


def _network(e: Experiment, facts: Facts, before: Facts | None) -> Step:
    """The first preset that fits, when a layer or the network's end does not."""
    if (wrong := _misfit(e.network, facts)) is None:
        return e, ""
    fitting = (p for p in _candidates(facts) if _misfit(p.layers(facts.shape), facts) is None)
    if (preset := next(fitting, None)) is None:
        return e, ""  # the Network page says what is wrong
    kind = f"pictures of {format_shape(facts.shape)}" if facts.pictures else "rows of "
    kind += "" if facts.pictures else counted(facts.shape[0], "number")
    said = f"{preset.label} is the network now: {wrong} of the other one does not fit {kind}."
    return _with(e, "network", preset.layers(facts.shape)), said


def _candidates(facts: Facts) -> tuple[Preset, ...]:
    """Presets for this kind of data, the most apt first."""
    if not facts.pictures:
        return (Points(), SoftmaxRegression())
    small = (Small(), MLP(), SoftmaxRegression())
    return (LeNet(), *small) if min(facts.shape[1:]) >= LENET else small


def _misfit(layers: tuple[Layer, ...], facts: Facts) -> str | None:
    """The layer that does not fit, in words; None when all do."""
    try:
        check(layers, facts.shape, facts.outputs)
    except BadNetwork as error:
        place = error.layer
        return "the size" if place is None else f"layer {place + 1}, {names(layers)[place]},"
    return None


def _normalization(e: Experiment, facts: Facts, before: Facts | None) -> Step:
    """Rows of numbers: each column on its own scale, for they differ; pixels do not."""
    if facts.pictures or not (found := _for_columns(e.normalization, facts.shape[0])):
        return e, ""
    if isinstance(e.normalization, (Unit, Fixed)):
        reason = f"{e.normalization.label} is made for pixels from 0 to 255"
    else:
        reason = f"the {facts.shape[0]} columns may have scales that differ"
    said = f"{found.label} works on each column by itself now: {reason}."
    return _with(e, "normalization", found), said


def _for_columns(given: Normalization, columns: int) -> Normalization | None:
    """Its form for rows of numbers; None when it is fit for them as it stands."""
    if isinstance(given, (Unit, Fixed)):
        return Standardize(per="channel")
    if isinstance(given, (Standardize, MinMax)) and given.per == "set" and columns > 1:
        return given.model_copy(update={"per": "channel"})
    return None


def _augmentations(e: Experiment, facts: Facts, before: Facts | None) -> Step:
    """Without those that samples of this shape cannot get."""
    fit = tuple(a for a in e.augmentations if a.problem(facts.shape) is None)
    off = [a.label for a in e.augmentations if a not in fit]
    if not off:
        return e, ""
    reason = "pictures are too small" if facts.pictures else "rows of numbers are no pictures"
    are = "is" if len(off) == 1 else "are"
    said = f"{' and '.join(off)} {are} off now: {reason} for {'it' if are == 'is' else 'them'}."
    return _with(e, "augmentations", fit), said


def _label_noise(e: Experiment, facts: Facts, before: Facts | None) -> Step:
    """None where there is no other class."""
    if e.label_noise.problem(facts.classes) is None:
        return e, ""
    have = "one class alone" if facts.classes else "values"
    said = f"Label noise is off now: it swaps classes, and this data has {have}."
    return change(e, "label_noise.share", 0.0), said


def _sampling(e: Experiment, facts: Facts, before: Facts | None) -> Step:
    if e.sampling.problem(facts.classes) is None:
        return e, ""
    said = f"{e.sampling.label} sampling is off now: this data has values and no classes."
    return _with(e, "sampling", Shuffle()), said


def _with(e: Experiment, field: str, value: object) -> Experiment:
    plain = [v.model_dump() for v in value] if isinstance(value, tuple) else value.model_dump()
    return change(e, field, plain)
