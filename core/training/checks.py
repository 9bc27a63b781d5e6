"""Everything that keeps an experiment from starting, checked from the facts of its data alone."""

from pathlib import Path

from core.base.errors import BadData, BadExperiment, BadNetwork, NotFound
from core.base.layer_paths import covers
from core.base.text import counted, few
from core.data.dataset import Facts
from core.experiment import Experiment
from core.network.batch_check import check_batch_of_one
from core.network.build import LayerFacts, check, check_initializer, state_shapes
from core.training.fine_tuning import check_start
from core.weights.library import StoredWeights, WeightsLibrary
from core.weights.matching import Matching, match


def check_experiment(experiment: Experiment, facts: Facts) -> tuple[LayerFacts, ...]:
    """Return the facts of the layers. Raises BadNetwork for layers that do not fit each other, the
    data or the batch size, BadExperiment for other choices that do not fit the data, and BadData
    where the split leaves no training samples.
    """
    layers = check(experiment.network, facts.shape, facts.outputs)
    check_initializer(experiment.initializer, experiment.network, facts.shape, facts.outputs)
    if misfit := experiment.misfit(facts.shape, facts.classes):
        raise BadExperiment(misfit.text, code=misfit.code)
    train, validation, test = part_sizes(experiment, facts)
    if train < 1:
        raise BadData(
            f"The split leaves no training samples: of {counted(facts.rows, 'sample')}, "
            f"{validation} are for validation and {test} for test. Add data, or reduce these "
            "fractions.",
            code="empty_training_set",
        )
    if experiment.start.has_rates and not experiment.optimizer.has_groups:
        raise BadExperiment(
            f"{experiment.optimizer.label} has one learning rate for all layers, but the start of "
            "this experiment gives layers different ones. Choose another optimizer on the Train "
            "page, or set the depth factor on the Network page to 1 and remove the factors of "
            "single layers.",
            code="rates_without_groups",
        )
    _check_named_layers(experiment, facts)
    sizes = dict(train=train, batch_size=experiment.batch_size)
    if misfit := check_batch_of_one(experiment.network, facts.shape, facts.outputs, **sizes):
        raise BadNetwork(misfit.text, misfit.evidence["layer"], code=misfit.code)
    return layers


def _check_named_layers(experiment: Experiment, facts: Facts) -> None:
    """Check that the layers which regularizers name have weights. Raises BadExperiment."""
    named = [(r, name) for r in experiment.regularizers for name in r.named_layers]
    if not named:
        return
    tensors = state_shapes(experiment.network, facts.shape, facts.outputs)
    layers = [*dict.fromkeys(tensor.rpartition(".")[0] for tensor in tensors)]
    for regularizer, name in named:
        if not any(covers((name,), tensor) for tensor in tensors):
            raise BadExperiment(
                f"{regularizer.label} has a factor for the layer “{name}”, but the network has no "
                f"layer with weights of this name. Correct the name under Regularization on the "
                f"Train page: its layers are {few(layers)}.",
                code="regularized_layer_unknown",
            )


def match_stored(experiment: Experiment, facts: Facts, stored: StoredWeights) -> Matching:
    """Return how stored weights fit the network of the experiment. Raises BadNetwork."""
    want = state_shapes(experiment.network, facts.shape, facts.outputs)
    return match(want, stored.shapes, experiment.start)


def check_stored_start(experiment: Experiment, facts: Facts, home: Path) -> Matching | None:
    """Return how the stored weights that the experiment starts from fit its network; None for a
    start from scratch. Raises what `check_start` raises.
    """
    if not (digest := experiment.start.weights_digest):
        return None
    try:
        have = WeightsLibrary(home).about(digest).shapes
    except NotFound:
        have = None
    want = state_shapes(experiment.network, facts.shape, facts.outputs)
    return check_start(experiment.start, want, have)


def part_sizes(experiment: Experiment, facts: Facts) -> tuple[int, int, int]:
    """Return the numbers of training, validation and test samples after the split. Raises BadData
    if the method of the split cannot be used for the data.
    """
    train, validation, test = experiment.split.sizes(facts)
    return train - facts.dropped_rows, validation, test
