"""Whether the trained weights that a draft starts from fit its network, and which change helps."""

from pathlib import Path

from core.base.encoding import decode
from core.base.errors import LabError
from core.base.finding import Action, Finding
from core.base.text import counted, join_words
from core.data.dataset import Facts
from core.experiment import Experiment
from core.training.checks import check_stored_start, match_stored
from core.weights.library import StoredWeights, WeightsLibrary
from core.weights.matching import Matching, layer_of
from core.weights.start import FromScratch, FromWeights


def check_starting_weights(
    experiment: Experiment, facts: Facts, home: Path
) -> tuple[Finding | None, Matching | None]:
    """Return the finding about the start, and how the tensors match if that is known. Both are None
    for a start from scratch and for a network that does not fit the data.
    """
    start = experiment.start
    if not isinstance(start, FromWeights):
        return None, None
    scratch = Action("Start from scratch", {"start": FromScratch().model_dump()})
    try:
        stored = WeightsLibrary(home).about(start.digest)
    except LabError as error:
        return Finding("start_weights_missing", "bad", str(error), action=scratch), None
    try:
        matching = match_stored(experiment, facts, stored)
    except LabError:  # the network does not fit the data, which is reported at its layer
        return None, None
    try:
        check_stored_start(experiment, facts, home)
    except LabError as error:
        action = _way_out(experiment, stored, matching, error.code) or scratch
        text = str(error)
        is_misfit = error.code == "start_weights_misfit"
        if is_misfit and matching.is_usable:  # the table below it has the shapes
            names = join_words(matching.layers)
            text = (
                f"The weights of {start.origin} do not fit {names} of this network. Initialize "
                f"{'it' if len(matching.layers) == 1 else 'them'}, or use the layers of the "
                "weights."
            )
        evidence = {"layers": list(matching.layers)}
        return Finding(error.code, "bad", text, evidence, action), matching
    if (trained := _trained(stored)) and trained.normalization != experiment.normalization:
        text = (
            f"The weights were trained with the normalization {trained.normalization.summary}; "
            f"this draft uses {experiment.normalization.summary}. The first layer then receives "
            "values of another scale than it has learned. Use the same normalization."
        )
        changes = {"normalization": trained.normalization.model_dump(mode="json")}
        action = Action(f"Use {trained.normalization.label}", changes)
        return Finding("start_normalization", "warn", text, action=action), matching
    loaded = {layer_of(name) for name, _ in matching.pairs}
    text = f"{counted(len(loaded), 'layer')} start from {start.origin}. {matching.renamed_text}"
    return Finding("start_weights_fit", "ok", text.strip(), {"layers": len(loaded)}), matching


def _way_out(
    experiment: Experiment, stored: StoredWeights, matching: Matching, code: str
) -> Action | None:
    """Return the change of the draft that makes the start possible."""
    start = experiment.start
    if code == "all_layers_frozen":
        return Action("Unfreeze all layers", {"start.frozen": []})
    if code == "start_layer_unknown":
        cleared = {"start.frozen": [], "start.new_layers": [], "start.rates": []}
        return Action("Reset the choices for single layers", cleared)
    if matching.layers and matching.is_usable:
        names = list(dict.fromkeys([*start.new_layers, *matching.layers]))
        frozen = [name for name in start.frozen if name not in names]
        changes = {"start.frozen": frozen, "start.new_layers": names}
        return Action(f"Initialize {join_words(matching.layers)}", changes)
    trained = _trained(stored)
    if trained and trained.network != experiment.network:
        layers = [layer.model_dump(mode="json") for layer in trained.network]
        changes = {"network": layers, "start.new_layers": []}
        return Action("Use the network of the weights", changes)
    return None


def _trained(stored: StoredWeights) -> Experiment | None:
    """Return the experiment that trained the weights; None for those of other tools."""
    try:
        return decode(Experiment, stored.facts.experiment) if stored.facts.experiment else None
    except LabError:
        return None
