"""The trained weights that ready-made experiments start from.

    python -m benchmarks.assets.start_weights

Trains a network on spirals with 1.25 turns and stores its weights in assets/weights; prints the
digest, which the experiments in assets/experiments/fine-tuning name.
"""

from pathlib import Path

from core.base.encoding import encode
from core.data.datasets import Spirals
from core.data.load import load
from core.experiment import Experiment
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import AdamW
from core.training.loop import train
from core.weights.facts import InputScale, ModelFacts
from core.weights.library import INCLUDED, WeightsLibrary
from core.weights.saved_model import SavedModel

SOURCE = Experiment(
    name="Spirals, 1.25 turns",
    data=Spirals(turns=1.25),
    network=(Linear(units=32), ReLU(), Linear(units=32), ReLU(), Output()),
    optimizer=AdamW(learning_rate=0.01),
    epochs=60,
    device="cpu",
)


def trained() -> SavedModel:
    """Train the source network."""
    training = train(SOURCE, load(SOURCE.data, Path("/nowhere")))
    list(training)
    setup = training.setup
    facts = ModelFacts(
        title=SOURCE.name,
        classes=setup.classes,
        columns=setup.columns,
        shape=setup.shape,
        scale=InputScale.of(setup.scale.state()),
        experiment=encode(SOURCE),
    )
    return SavedModel(training.best or setup.weights(), facts)


if __name__ == "__main__":
    library = WeightsLibrary(INCLUDED.parent)  # whose folder of weights is INCLUDED
    print(library.add(trained()))
