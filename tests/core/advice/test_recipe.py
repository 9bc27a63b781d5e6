"""Recipes: each is another way to learn, and brings nothing else with it."""

import pytest

from core.advice.recipe import PARTS, apply_recipe, recipes
from core.base.encoding import decode, encode
from core.data.sampling import Balanced
from core.experiment import Experiment, comparisons, shipped
from core.losses import MSE, CrossEntropy

CLASSES, VALUES = ("cat", "dog"), ()


def way(experiment: Experiment) -> tuple:
    return tuple(getattr(experiment, part) for part in PARTS)


def test_recipes_are_distinct_and_complete() -> None:
    ways = [way(e) for e in recipes().values()]
    assert all(ways.count(each) == 1 for each in ways)
    members = {name for names in comparisons().values() for name in names}
    assert {way(e) for name, e in shipped().items() if name not in members} <= set(ways)
    assert {"momentum-2-on", "clipping-2-on", "flat-2-sam"} <= set(recipes())
    assert not {"deep-1-sigmoid", "lsuv-2-after"} & set(recipes())  # they compare networks


@pytest.mark.parametrize("name", recipes())
@pytest.mark.parametrize("classes", [CLASSES, VALUES])
def test_a_recipe_changes_only_the_training_settings(name: str, classes: tuple) -> None:
    example = recipes()[name]
    draft = Experiment(name="mine", loss=CrossEntropy() if classes else MSE())
    made = apply_recipe(draft, example, classes)
    assert decode(Experiment, encode(made)) == made
    assert not made.loss.misfit(classes) and not made.sampling.misfit(classes)
    kept = set(Experiment.model_fields) - set(PARTS)
    assert all(getattr(made, part) == getattr(draft, part) for part in kept)
    if not example.loss.misfit(classes) and not example.sampling.misfit(classes):
        assert way(made) == way(example)


def test_loss_and_sampling_that_do_not_fit_values_are_not_changed() -> None:
    balanced = Experiment(sampling=Balanced(), loss=CrossEntropy(smoothing=0.1), epochs=3)
    made = apply_recipe(Experiment(loss=MSE()), balanced, VALUES)
    assert made.loss == MSE() and made.sampling == Experiment().sampling and made.epochs == 3
