"""Axes that change layers throughout the network: the activation, the normalization and dropout.
Choices only; no torch.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from core.base.encoding import change
from core.experiment import Experiment
from core.network.chains import Layers, walk_layers
from core.network.extra_layers import with_extra_layer, without_layers
from core.network.layers import Dropout, Layer
from core.network.tree import map_layers, replace_activations
from core.studies.axes import AnyValues, Axis
from core.studies.values import expand_range, refuse

NONE = "none"  # in place of the kind of a layer
ACTIVATIONS = tuple(kind for kind, layer in Layer.members.items() if layer.is_activation)
NORMALIZATIONS = tuple(kind for kind, layer in Layer.members.items() if layer.is_normalization)


class ActivationAxis(Axis):
    """The activation of all hidden layers."""

    kind: Literal["activation"] = "activation"
    label: ClassVar[str] = "Activation"
    source: ClassVar[str] = "Ramachandran, Zoph & Le 2017"
    technique: ClassVar[str] = "S3 S4"
    values: AnyValues

    def apply(self, experiment: Experiment, value: str) -> Experiment:
        layer = _layer(value, ACTIVATIONS, "activation")
        return _with_layers(experiment, replace_activations(experiment.network, layer))

    def read(self, experiment: Experiment) -> str | None:
        layers = walk_layers(experiment.network)
        return next((layer.kind for layer in layers if layer.is_activation), None)


class LayerNormalizationAxis(Axis):
    """The normalization of the values in the network, before each activation; or none."""

    kind: Literal["layer_normalization"] = "layer_normalization"
    label: ClassVar[str] = "Normalization layers"
    source: ClassVar[str] = "Ioffe & Szegedy 2015"
    technique: ClassVar[str] = "S3 S4"
    values: AnyValues

    def apply(self, experiment: Experiment, value: str) -> Experiment:
        if value == NONE:
            layers = without_layers(experiment.network, lambda layer: layer.is_normalization)
        else:
            layer = _layer(value, NORMALIZATIONS, "normalization layer")
            layers = with_extra_layer(experiment.network, layer)
        return _with_layers(experiment, layers)

    def read(self, experiment: Experiment) -> str | None:
        layers = list(walk_layers(experiment.network))
        if not any(layer.is_activation for layer in layers):
            return None
        return next((layer.kind for layer in layers if layer.is_normalization), NONE)


class DropoutAxis(Axis):
    """The probability of all dropout layers. A network without one gets dropout before each linear
    layer whose input is hidden; at 0 it has no dropout layers.
    """

    kind: Literal["dropout"] = "dropout"
    label: ClassVar[str] = "Dropout"
    source: ClassVar[str] = "Srivastava et al. 2014"
    technique: ClassVar[str] = "S3 S4"
    values: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1)], ...],
        BeforeValidator(expand_range),
        Field(min_length=1, max_length=500),
    ]

    def apply(self, experiment: Experiment, value: float) -> Experiment:
        layers = experiment.network
        if not value:
            layers = without_layers(layers, lambda layer: layer.is_dropout)
        elif any(layer.is_dropout for layer in walk_layers(layers)):
            layers = map_layers(layers, lambda layer: _with_probability(layer, value))
        else:
            layers = with_extra_layer(layers, Dropout(p=value))
        return _with_layers(experiment, layers)

    def read(self, experiment: Experiment) -> float | None:
        layers = list(walk_layers(experiment.network))
        existing = [layer.p for layer in layers if layer.is_dropout]
        if existing:
            return existing[0]
        can_have_one = with_extra_layer(experiment.network, Dropout()) != experiment.network
        return 0.0 if can_have_one else None


def _with_probability(layer: Layer, probability: float) -> Layer:
    if layer.is_dropout:
        return layer.model_copy(update={"p": probability})
    return layer


def _layer(kind: str, kinds: tuple[str, ...], noun: str) -> Layer:
    if kind not in kinds:
        raise refuse(
            "unknown_kind", f"{str(kind)[:40]!r} is no {noun}. Choose one of {', '.join(kinds)}."
        )
    return Layer.members[kind]()


def _with_layers(experiment: Experiment, layers: Layers) -> Experiment:
    data = [layer.model_dump(mode="json") for layer in layers]
    return change(experiment, "network", data)
