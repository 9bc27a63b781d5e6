"""How many settings the pages show: a level that each browser remembers and a lesson can choose.
Knows no page.
"""

from enum import StrEnum, auto

from core.experiment import Experiment
from core.runs.compare import differences

SHOWN_OR_ELSEWHERE = (  # fields that First steps shows on Train, or that other pages show
    "epochs", "batch_size",
    "data", "split", "label_noise", "normalization", "augmentations",
    "network", "initializer", "start", "fork",
)  # fmt: skip


class Level(StrEnum):
    """First steps shows six settings of the training, Standard all of them with the rarely used
    ones in folded rows, and Everything opens these rows.
    """

    FIRST_STEPS = auto()
    STANDARD = auto()
    EVERYTHING = auto()

    @property
    def label(self) -> str:
        """The name on screen."""
        return self.value.replace("_", " ").capitalize()


def hidden_settings(experiment: Experiment) -> list[str]:
    """Return the settings that First steps does not show and that differ from their defaults, each
    with its value.

    >>> hidden_settings(Experiment())
    []
    """
    optimizer = experiment.optimizer
    shown = {
        "optimizer": type(optimizer)(learning_rate=optimizer.learning_rate),
        "schedule": type(experiment.schedule)(),
        "loss": type(experiment.loss)(),
        **{name: getattr(experiment, name) for name in SHOWN_OR_ELSEWHERE},
    }
    plain = Experiment().model_copy(update=shown)
    return [f"{label}: {value}" for label, (_, value) in differences([plain, experiment])]
