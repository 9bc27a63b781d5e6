"""What a loss takes from the training set before the first step."""

from torch import nn

from core.data.batches import Part
from core.experiment import Experiment
from core.training.metrics import CPU_BATCH


def fit_criterion(experiment: Experiment, criterion: nn.Module, train: Part, classes: int) -> None:
    """Fit the module of the loss to the training set, if it depends on it."""
    fitted_to = experiment.loss.fitted_to
    if fitted_to == "targets":
        criterion.fit(train.targets, classes)
    elif fitted_to == "inputs":
        criterion.fit(train.in_order(CPU_BATCH), classes)
