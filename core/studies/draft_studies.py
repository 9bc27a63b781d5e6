"""Studies of a draft experiment: its learning curve, repeated seeds, one setting varied. Pure
functions.
"""

from core.base.encoding import change
from core.base.errors import BadExperiment
from core.base.numbers import whole
from core.experiment import Experiment
from core.studies.axes import SamplesAxis
from core.studies.method import Trained
from core.studies.study import Study
from core.studies.values import expand_range
from core.studies.variable_fields import axes_of

CURVE_POINTS = 8  # of a learning curve
MIN_FRACTION = 0.02  # of the training set
LEARNING_RATE = "optimizer.learning_rate"


def learning_curve(experiment: Experiment, repeats: int = 3) -> Study:
    """The error against the number of training samples: would more data help?"""
    fractions = expand_range({"low": MIN_FRACTION, "high": 1.0, "count": CURVE_POINTS, "log": True})
    return Study(
        name=_name(experiment, "learning curve"),
        about="Test error against the fraction of the training set that is used.",
        base=experiment,
        axes=(SamplesAxis(values=fractions),),
        method=Trained(),
        repeats=repeats,
    )


def multi_start(experiment: Experiment, count: int = 10) -> Study:
    """The same experiment with `count` seeds: mean, standard deviation and best result."""
    return Study(
        name=_name(experiment, f"{whole(count)} seeds"),
        about="The same experiment with several seeds: how much results vary by chance.",
        base=experiment,
        method=Trained(),
        repeats=count,
    )


def any_setting(experiment: Experiment, repeats: int = 3) -> Study:
    """The same experiment at several learning rates; any other setting can be chosen instead."""
    axes = axes_of(experiment).values()
    return Study(
        name=_name(experiment, "one setting varied"),
        about="The same experiment at several values of one setting.",
        base=experiment,
        axes=(next(axis for axis in axes if axis.name == LEARNING_RATE),),
        method=Trained(),
        repeats=repeats,
    )


def rebase(study: Study, experiment: Experiment) -> Study:
    """Return the study with another draft as its base. It stays the same if the drafts differ only
    in what the study varies, or if the new draft does not have the varied setting.
    """
    try:
        rebased = change(study, "base", experiment.model_dump(mode="json"))
    except BadExperiment:
        return study
    return study if _trained(study) == _trained(rebased) else rebased


def _trained(study: Study) -> Experiment:
    """Return the first experiment of the study, without its name."""
    first = study.base.model_copy(update={"name": "", "about": ""})
    for axis in study.axes:
        first = axis.apply(first, axis.values[0])
    return first


def _name(experiment: Experiment, what: str) -> str:
    return f"{experiment.name or experiment.data.summary}, {what}"[:60]
