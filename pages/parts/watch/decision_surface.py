"""The card of the Watch page that shows what the network answers all over its inputs, for data that
can be drawn: the boundary between classes in a plane, or the curve along one input.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from plotly.graph_objects import Figure

from core.base.errors import LabError
from core.data.load import load
from core.experiment import Experiment
from core.figures import surface as figures
from core.figures.template import Mode
from core.training.surface import drawable
from pages.kit.layout import card_title

HEIGHT = 436  # px: with its title as high as the two layer charts beside it


def shown(experiment: Experiment, home: Path) -> figures.SurfaceData | None:
    """The points of the run's data, with the label noise that it trains on; None when it cannot be
    drawn or is no longer here.
    """
    try:
        facts = experiment.data.facts(home)
        if not drawable(facts.shape, facts.classes) or not experiment.data.here(home):
            return None
        data = load(experiment.data, home)
        parts = experiment.split.parts(data.targets, has_test=data.has_test)
        targets, _ = experiment.label_noise.on(data.targets, parts.train, data.classes)
        return figures.rows(replace(data, targets=targets), parts)
    except LabError:
        return None


def card(points: figures.SurfaceData, chart: Callable[..., None]) -> None:
    """Title and chart; `chart(figure, key, height, alt)` draws it live."""
    if points.classes:
        title, alt = "Decision boundary", "The class that wins at each place, under the points"
        help = "The colour of a place is the class that wins there, paler where it is less sure."
    else:
        title, alt = "Fitted curve", "The network's value along its input, over the points"
        help = "The line is what the network answers along its one input."
    with card_title(title, help=f"{help} Solid points train it, hollow ones are for validation."):
        pass

    def draw(mode: Mode) -> Figure:
        return figures.figure(points, mode, HEIGHT)

    chart(draw, "answers", HEIGHT, alt)
