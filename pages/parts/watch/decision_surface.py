"""The card of the Watch page with the predictions over the whole input range: the decision boundary
of two inputs, or the fitted curve of one input.
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

HEIGHT = 480  # px: with its title as high as the two layer charts in the next column


def load_points(experiment: Experiment, home: Path) -> figures.SurfaceData | None:
    """Return the points of the run's data, with its label noise; None if the data cannot be drawn
    or is no longer on this disk.
    """
    try:
        facts = experiment.data.facts(home)
        if not drawable(facts.shape, facts.classes) or not experiment.data.is_available(home):
            return None
        data, parts = experiment.split.apply(load(experiment.data, home))
        targets, _ = experiment.label_noise.apply_to(data, parts)
        return figures.rows(replace(data, targets=targets), parts)
    except LabError:
        return None


def card(points: figures.SurfaceData, chart: Callable[..., None]) -> None:
    """Title and chart; `chart(figure, key, height, alt)` draws it live."""
    if points.classes:
        title, alt = "Decision boundary", "Predicted class over the input plane, with the samples"
        help = "The background shows the predicted class, paler where its probability is lower."
    else:
        title, alt = "Fitted curve", "Predicted value along the input, with the samples"
        help = "The line shows the predicted value along the one input."
    samples = "Solid points are training samples, hollow points are validation samples."
    card_title(title, help=f"{help} {samples}")

    def draw(mode: Mode) -> Figure:
        return figures.figure(points, mode, HEIGHT)

    chart(draw, "answers", HEIGHT, alt)
