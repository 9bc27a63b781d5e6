"""Start from the weights of a run: they are stored in the home, where no later change of the run
reaches them.
"""

from core.experiment import NAME_LENGTH, Experiment
from core.runs.checkpoint import saved_model
from core.runs.lineage import effective_experiment
from core.runs.store import Store
from core.weights.library import StoredWeights, WeightsLibrary
from core.weights.start import FromWeights


def start_from_run(store: Store, run: str) -> FromWeights:
    """Return the start from the best weights of this run. Raises NotFound if it has none yet."""
    model = saved_model(store, run)
    WeightsLibrary(store.home).add(model)
    return FromWeights(digest=model.digest, title=model.facts.title[:200], run=run)


def start_from(stored: StoredWeights) -> FromWeights:
    """Return the start from weights in the library."""
    facts = stored.facts
    return FromWeights(digest=stored.digest, title=facts.title[:200] or "weights", run=facts.run)


def fine_tuning(store: Store, run: str) -> Experiment:
    """Return the experiment of a run as it goes on from the weights of the run. Raises NotFound."""
    experiment = effective_experiment(store, run)
    name = f"{experiment.title}, fine-tuned"
    changes = {"start": start_from_run(store, run), "fork": None, "about": ""}
    return experiment.model_copy(update={**changes, "name": name[:NAME_LENGTH]})
