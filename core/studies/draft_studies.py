"""Studies of a draft: its learning curve, many starts of it, one of its settings varied. Pure
functions.
"""

from core.base.numbers import whole
from core.experiment import Experiment
from core.studies.axes import TrainingSamples
from core.studies.method import Trained
from core.studies.study import Study
from core.studies.values import spread
from core.studies.variable_fields import axes_of

SHARES = 8  # points of a learning curve
LEAST = 0.02  # of the training part
RATE = "optimizer.learning_rate"


def learning_curve(experiment: Experiment, repeats: int = 3) -> Study:
    """The error against the number of training samples: whether more data would help (V10)."""
    shares = spread({"low": LEAST, "high": 1.0, "count": SHARES, "log": True})
    return Study(
        name=_named(experiment, "learning curve"),
        about="The error against how much of the training part is used.",
        base=experiment,
        axes=(TrainingSamples(values=shares),),
        method=Trained(),
        repeats=repeats,
    )


def multi_start(experiment: Experiment, count: int = 10) -> Study:
    """The same experiment from `count` seeds: mean, spread and best (O8)."""
    return Study(
        name=_named(experiment, f"{whole(count)} starts"),
        about="The same experiment from other seeds: how far results differ by chance.",
        base=experiment,
        method=Trained(),
        repeats=count,
    )


def any_setting(experiment: Experiment, repeats: int = 3) -> Study:
    """The same experiment at several learning rates; any other setting may take their place."""
    return Study(
        name=_named(experiment, "any setting"),
        about="The same experiment at several values of one setting.",
        base=experiment,
        axes=(next(a for a in axes_of(experiment).values() if a.name == RATE),),
        method=Trained(),
        repeats=repeats,
    )


def _named(experiment: Experiment, what: str) -> str:
    return f"{experiment.name or experiment.data.summary}, {what}"[:60]
