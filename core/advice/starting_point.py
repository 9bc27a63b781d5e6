"""Starting point: a network and training settings for a dataset that nobody has trained on yet.
Pure: it needs the data's facts and loads none.
"""

from dataclasses import dataclass

from core.advice.adapt import adapt, fitting_preset
from core.advice.recipe import apply_recipe
from core.data.dataset import Facts
from core.experiment import Experiment, shipped
from core.network.initializers import He
from core.network.presets import Preset

RECIPE = "digits"  # the ready-made experiment whose training settings are used
SEEN = 190_000  # training samples, counted with repetition: what that recipe sees of the digits
FEWEST, MOST = 3, 150  # epochs


@dataclass(frozen=True)
class StartingPoint:
    """An experiment to start from, with its preset."""

    experiment: Experiment
    preset: Preset


def starting_point(draft: Experiment, facts: Facts) -> StartingPoint | None:
    """Return the draft with a network that fits the data and a recipe whose epochs suit the number
    of training rows; None if no preset fits, or if the draft has these settings already.
    """
    if (preset := fitting_preset(facts)) is None:
        return None
    example = shipped()[RECIPE]
    epochs = min(max(round(SEEN / training_rows(draft, facts)), FEWEST), MOST)
    changed = apply_recipe(draft, example.model_copy(update={"epochs": epochs}), facts.classes)
    network = {"network": preset.layers(facts.shape), "initializer": He()}
    changed, _ = adapt(changed.model_copy(update=network), facts)
    return None if changed == draft else StartingPoint(changed, preset)


def training_rows(draft: Experiment, facts: Facts) -> int:
    """Return about how many rows the draft trains on, at least one."""
    split = draft.split
    fraction = 1 - split.validation - (0 if facts.test_rows else split.test)
    return max(split.training_size(round(facts.rows * fraction)), 1)
