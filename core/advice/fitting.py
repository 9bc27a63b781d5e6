"""The layers of a preset for data of one shape, or why they do not fit."""

from core.base.errors import BadNetwork
from core.base.text import format_shape
from core.network.build import check, first_misfit_facts, trace
from core.network.layers import Layer, Shape
from core.network.presets import Preset


def fit_preset(preset: Preset, shape: Shape, outputs: int) -> tuple[Layer, ...]:
    """Return the preset's layers. Raises BadNetwork with the layer that does not fit and the
    presets that do.
    """
    if misfit := preset.misfit(shape):
        raise BadNetwork(misfit.text, code=misfit.code)
    layers = preset.layers(shape)
    fact = first_misfit_facts(trace(layers, shape, outputs))
    if fact is None:
        check(layers, shape, outputs)
        return layers
    others = [other.label for other in _fitting_presets(shape, outputs)]
    raise BadNetwork(
        f"{preset.label} does not fit images of {format_shape(shape)}: its layer {fact.number} "
        f"({fact.name}) receives {format_shape(fact.input)}, which is too small. "
        f"Choose {' or '.join(others[:2])}.",
        int(fact.number.partition(".")[0]) - 1,
        code="preset_too_deep_for_images",
    )


def _fitting_presets(shape: Shape, outputs: int) -> list[Preset]:
    """Return the presets whose layers all fit, those for images first."""
    candidates = [cls() for cls in Preset.members.values()]
    fitting = [
        preset
        for preset in candidates
        if not preset.misfit(shape)
        and not any(fact.misfit for fact in trace(preset.layers(shape), shape, outputs))
    ]
    return sorted(fitting, key=lambda preset: not preset.needs_images)
