"""Studies of a draft experiment: its learning curve, repeated seeds, one setting varied, the
effects of changes. Pure functions.
"""

from collections.abc import Sequence

from core.base.encoding import build, change
from core.base.errors import BadExperiment
from core.base.numbers import whole
from core.experiment import Experiment
from core.studies.axes import SamplesAxis
from core.studies.changes import Change, With
from core.studies.method import Trained
from core.studies.possible_changes import left_out, possible_changes
from core.studies.study import Study
from core.studies.values import expand_range
from core.studies.variable_fields import axes_of

PAIRS = 5  # seeds of a comparison
CURVE_POINTS = 8  # of a learning curve
MIN_FRACTION = 0.02  # of the training set
LEARNING_RATE = "optimizer.learning_rate"


def learning_curve(experiment: Experiment, repeats: int = 3) -> Study:
    """The error against the number of training samples: would more data help?"""
    fractions = expand_range({"low": MIN_FRACTION, "high": 1.0, "count": CURVE_POINTS, "log": True})
    return Study(
        name=_name(experiment, "learning curve"),
        about="Test error against the fraction of the training set that is used.",
        base=from_the_start(experiment),
        axes=(SamplesAxis(values=fractions),),
        method=Trained(),
        repeats=repeats,
    )


def multi_start(experiment: Experiment, count: int = 10) -> Study:
    """The same experiment with `count` seeds: mean, standard deviation and best result."""
    return Study(
        name=_name(experiment, f"{whole(count)} seeds"),
        about="The same experiment with several seeds: how much results vary by chance.",
        base=from_the_start(experiment),
        method=Trained(),
        repeats=count,
    )


def any_setting(experiment: Experiment, repeats: int = 3) -> Study:
    """The same experiment at several learning rates; any other setting can be chosen instead."""
    axes = axes_of(experiment).values()
    return Study(
        name=_name(experiment, "one setting varied"),
        about="The same experiment at several values of one setting.",
        base=from_the_start(experiment),
        axes=(next(axis for axis in axes if axis.name == LEARNING_RATE),),
        method=Trained(),
        repeats=repeats,
    )


def compare_changes(
    experiment: Experiment,
    changes: Sequence[Change],
    *,
    repeats: int = PAIRS,
    measured_on: str = "",
) -> Study:
    """The experiment and changes of it, in pairs with the same seeds: on the validation set, or on
    the test set of an experiment without one, unless `measured_on` names it. Raises BadExperiment
    for changes that do not fit.
    """
    experiment = from_the_start(experiment)
    for one in changes:
        one.apply(experiment)
    part = measured_on or ("validation" if experiment.split.validation else "test")
    values = [one.model_dump(mode="json") for one in changes]
    study = {
        "name": _name(experiment, "effects"),
        "about": "What each change does to the error, in pairs of trainings with the same seeds.",
        "base": experiment.model_dump(mode="json"),
        "axes": [{"kind": "changes", "measured_on": part, "values": values}],
        "method": "trained",
        "repeats": repeats,
    }
    return build(Study, study)


def effects(experiment: Experiment, repeats: int = PAIRS) -> Study:
    """The experiment without each of its parts, and with dropout where it has none."""
    dropout = [With(family="layer", choice="dropout")]
    experiment = from_the_start(experiment)
    changes = possible_changes(experiment, [*left_out(experiment), *dropout])
    return compare_changes(experiment, changes, repeats=repeats)


def from_the_start(experiment: Experiment) -> Experiment:
    """Return the experiment as one that begins at no other run: the trunk of a fork is the same for
    all seeds, so it cannot be repeated with others.
    """
    return experiment.model_copy(update={"fork": None})


def rebase(study: Study, experiment: Experiment) -> Study:
    """Return the study with another draft as its base. It stays the same if the drafts differ only
    in what the study varies, or if the new draft does not have the varied setting. Of the changes
    of a comparison, those stay that the new draft allows.
    """
    experiment = from_the_start(experiment)
    if study.comparison:
        return _rebase_comparison(study, experiment)
    try:
        rebased = change(study, "base", experiment.model_dump(mode="json"))
    except BadExperiment:
        return study
    return study if _trained(study) == _trained(rebased) else rebased


def _rebase_comparison(study: Study, experiment: Experiment) -> Study:
    if _unnamed(study.base) == _unnamed(experiment):
        return study
    axis = study.comparison
    changes = possible_changes(experiment, axis.changes)
    try:
        if not changes:
            rebased = effects(experiment, study.repeats)
        else:
            more = {"repeats": study.repeats, "measured_on": axis.measured_on}
            rebased = compare_changes(experiment, changes, **more)
    except BadExperiment:  # nothing can be compared
        return study
    return rebased.model_copy(update={"name": study.name, "about": study.about})


def _unnamed(experiment: Experiment) -> Experiment:
    return experiment.model_copy(update={"name": "", "about": ""})


def _trained(study: Study) -> Experiment:
    """Return the first experiment of the study, without its name."""
    first = _unnamed(study.base)
    for axis in study.axes:
        first = axis.apply(first, axis.values[0])
    return first


def _name(experiment: Experiment, what: str) -> str:
    return f"{experiment.title}, {what}"[:60]
