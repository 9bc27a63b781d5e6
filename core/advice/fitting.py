"""A preset on data of one shape: its layers, or one sentence that says which layer does not fit."""

from core.base.errors import BadNetwork
from core.base.text import format_shape
from core.network.build import check, first_problem, trace
from core.network.layers import Layer, Shape
from core.network.presets import Preset


def fitted(preset: Preset, shape: Shape, outputs: int) -> tuple[Layer, ...]:
    """The preset's layers. BadNetwork, in one sentence with the layer and the presets that do fit,
    where it cannot work on this data.
    """
    if said := preset.problem(shape):
        raise BadNetwork(said)
    layers = preset.layers(shape)
    wrong = first_problem(trace(layers, shape, outputs))
    if wrong is None:
        check(layers, shape, outputs)
        return layers
    others = [p.label for p in _fitting(shape, outputs)]
    raise BadNetwork(
        f"{preset.label} does not fit {format_shape(shape)}: its layer {wrong.number}, "
        f"{wrong.name}, gets {format_shape(wrong.input)}, which is too small: "
        f"choose {' or '.join(others[:2])}.",
        int(wrong.number.partition(".")[0]) - 1,
    )


def _fitting(shape: Shape, outputs: int) -> list[Preset]:
    """Presets whose layers all fit, those for pictures first."""
    every = (cls() for cls in Preset.members.values())
    fit = [
        p
        for p in every
        if not p.problem(shape)
        and not any(f.problem for f in trace(p.layers(shape), shape, outputs))
    ]
    return sorted(fit, key=lambda p: not p.pictures)
