"""adapt: an experiment for new data, with every setting replaced that cannot work on it, and a
finding for each change. Settings that work stay. Pure: it needs the data's facts and loads none.
"""

from core.base.encoding import change
from core.base.errors import BadNetwork
from core.base.finding import Finding
from core.base.text import counted, format_shape
from core.data.dataset import Facts
from core.data.normalization import Normalization, Standardize
from core.data.sampling import Shuffle
from core.experiment import Experiment
from core.losses import MSE, CrossEntropy
from core.network.build import check
from core.network.layers import Layer, layer_names
from core.network.presets import MLP, LeNet, Points, Preset, Small, SoftmaxRegression
from core.weights.start import FromScratch, FromWeights

LENET = 28  # px of the shorter side from which LeNet is worth its size

Adapted = tuple[Experiment, Finding | None]


def adapt(
    experiment: Experiment, facts: Facts, *, before: Facts | None = None
) -> tuple[Experiment, tuple[Finding, ...]]:
    """Return the experiment as it can train on data of these facts, and what was changed.

    `before` are the facts of the previous data. With them, a squared error that regression data had
    required becomes cross-entropy again for classes; without them it stays, because it works.
    """
    findings = []
    for rule in RULES:
        experiment, finding = rule(experiment, facts, before)
        findings += [finding] if finding else []
    return experiment, tuple(findings)


def _fork(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Begin from the start: the weights of another run were trained on its data."""
    if not e.fork:
        return e, None
    text = (
        f"The draft began at {e.fork.summary}, which was trained on the previous data. It is now "
        "trained from the start."
    )
    return e.unforked, _changed("fork_dropped", text, run=e.fork.run, epoch=e.fork.epoch)


def _loss(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Use squared error for regression, and cross-entropy for classes after regression data."""
    if e.loss.misfit(facts.classes):
        text = (
            f"The loss is now {MSE.label}, because {e.loss.label} needs classes and this data has "
            "numeric targets."
        )
        return _replace(e, "loss", MSE()), _changed("loss_for_values", text, loss=MSE().kind)
    after_values = before is not None and not before.classes
    if facts.classes and after_values and e.loss.for_values:
        text = (
            f"The loss is now {CrossEntropy.label}, because this data has classes and the previous "
            "data had numeric targets."
        )
        new = CrossEntropy()
        return _replace(e, "loss", new), _changed("loss_for_classes", text, loss=new.kind)
    return e, None


def _network(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Use the first preset that fits if a layer or the network's end does not."""
    if (misfit := _describe_misfit(e.network, facts)) is None:
        return e, None
    if (preset := fitting_preset(facts)) is None:
        return e, None  # the Network page reports what is wrong
    if facts.has_images:
        data = f"images of {format_shape(facts.shape)}"
    else:
        data = f"rows of {counted(facts.shape[0], 'number')}"
    text = (
        f"The network is now {preset.label}, because {misfit} of the previous one does not fit "
        f"{data}."
    )
    if e.start.weights_digest:
        text += " It starts from scratch, because the trained weights belong to the previous one."
        e = _replace(e, "start", FromScratch())
    finding = _changed("network_replaced", text, preset=preset.kind, shape=list(facts.shape))
    return _replace(e, "network", preset.layers(facts.shape)), finding


def _start(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Initialize the output layer if the trained weights were made for other classes."""
    if not isinstance(e.start, FromWeights) or before is None or not e.network:
        return e, None
    name = layer_names(e.network)[-1]
    if before.classes == facts.classes or e.start.is_new(name):
        return e, None
    text = (
        f"The weights of {name} are now initialized, because this data has other classes. The "
        "other layers still start from the trained weights."
    )
    start = e.start.model_dump() | {
        "new_layers": [*e.start.new_layers, name],
        "frozen": [path for path in e.start.frozen if path != name],
    }
    new = change(e, "start", start)
    return new, _changed("output_layer_new", text, layer=name)


def fitting_preset(facts: Facts) -> Preset | None:
    """Return the most suitable preset for data of these facts; None if none of them fits."""
    return next(
        (
            preset
            for preset in _candidates(facts)
            if _describe_misfit(preset.layers(facts.shape), facts) is None
        ),
        None,
    )


def _candidates(facts: Facts) -> tuple[Preset, ...]:
    """Return presets for this kind of data, the most suitable first."""
    if not facts.has_images:
        return (Points(), SoftmaxRegression())
    small = (Small(), MLP(), SoftmaxRegression())
    return (LeNet(), *small) if min(facts.shape[1:]) >= LENET else small


def _describe_misfit(layers: tuple[Layer, ...], facts: Facts) -> str | None:
    """Return the layer that does not fit in words; None if all fit."""
    try:
        check(layers, facts.shape, facts.outputs)
    except BadNetwork as error:
        index = error.layer
        return "the size" if index is None else f"layer {index + 1} ({layer_names(layers)[index]})"
    return None


def _normalization(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Scale each column of a table separately, because columns have different units; pixels do
    not.
    """
    if facts.has_images or not (new := _per_column(e.normalization, facts.shape[0])):
        return e, None
    if e.normalization.for_pixels:
        reason = f"{e.normalization.label} is meant for pixels from 0 to 255"
    else:
        reason = f"the {facts.shape[0]} columns may have different scales"
    text = f"{new.label} is now applied to each column separately, because {reason}."
    finding = _changed("normalization_per_column", text, columns=facts.shape[0])
    return _replace(e, "normalization", new), finding


def _per_column(normalization: Normalization, columns: int) -> Normalization | None:
    """Return its form for rows of numbers; None if it suits them already."""
    if normalization.for_pixels:
        return Standardize(per="channel")
    if getattr(normalization, "per", "") == "set" and columns > 1:
        return normalization.model_copy(update={"per": "channel"})
    return None


def _augmentations(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Remove augmentations that cannot be applied to samples of this shape."""
    kept = tuple(a for a in e.augmentations if a.misfit(facts.shape) is None)
    removed = [a for a in e.augmentations if a not in kept]
    if not removed:
        return e, None
    labels = " and ".join(a.label for a in removed)
    verb = "was" if len(removed) == 1 else "were"
    reason = "the images are too small" if facts.has_images else "this data has no images"
    text = f"{labels} {verb} removed, because {reason}."
    finding = _changed("augmentations_removed", text, kinds=[a.kind for a in removed])
    return _replace(e, "augmentations", kept), finding


def _label_noise(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    """Turn label noise off if there is no other class."""
    if e.label_noise.misfit(facts.classes) is None:
        return e, None
    targets = "a single class" if facts.classes else "numeric targets"
    text = f"Label noise was turned off, because it swaps classes and this data has {targets}."
    finding = _changed("label_noise_removed", text, classes=len(facts.classes))
    return change(e, "label_noise.share", 0.0), finding


def _sampling(e: Experiment, facts: Facts, before: Facts | None) -> Adapted:
    if e.sampling.misfit(facts.classes) is None:
        return e, None
    text = (
        f"{e.sampling.label} sampling was replaced by shuffling, because this data has numeric "
        "targets instead of classes."
    )
    return _replace(e, "sampling", Shuffle()), _changed(
        "sampling_replaced", text, kind=e.sampling.kind
    )


def _replace(e: Experiment, field: str, value: object) -> Experiment:
    data = [v.model_dump() for v in value] if isinstance(value, tuple) else value.model_dump()
    return change(e, field, data)


def _changed(code: str, text: str, **evidence: object) -> Finding:
    return Finding(code, "info", text, evidence)


RULES = (_fork, _loss, _network, _start, _normalization, _augmentations, _label_noise, _sampling)
