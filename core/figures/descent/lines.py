"""Lines: the points of a study as what its pictures show, a line for each ridge or decay, with the
thresholds of theory and the measured one. Numbers only; draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Literal

from core.advice.learning_curve import learning
from core.advice.study_verdict import FITTED, INTERPOLATED, Measure, Over, Verdict, verdict
from core.base.numbers import short
from core.descent.point import Point

Unit = Literal["P", "P/n", "P/(nK)", "N", "N/n", "n", "steps"]
TRAIN = {"test_loss": "train_loss", "test_error": "train_error"}
ENSEMBLE = {"test_loss": "ensemble_loss", "test_error": "ensemble_error"}
SIZES: dict[bool, tuple[Unit, ...]] = {False: ("P", "P/n", "P/(nK)"), True: ("N", "N/n")}


@dataclass(frozen=True)
class View:
    """What is drawn of a study: `measure` over width, samples or steps, x in `unit`.

    A model of the study has so many of `noun`; `control` names what tells its lines apart. Of over
    steps only the models of `width` are drawn, 0 for the widest. `samples` is how many rows will be
    trained on, for the thresholds of a study without points. With `reuse` weights are handed on up
    to P = n·K.
    """

    over: Over = "width"
    measure: Measure = "test_error"
    unit: Unit = "P"
    classes: int = 10
    noun: str = "hidden unit"
    control: str = "weight decay"
    loss: str = "cross-entropy"
    samples: int = 0
    width: int = 0
    reuse: bool = False

    @property
    def features(self) -> bool:
        """Whether a model is linear in features: then N = n is where it can fit."""
        return self.noun == "feature"

    @property
    def trained(self) -> bool:
        """Whether the models are those of an experiment, of any kind: no theory says when such fit,
        and how much of their weights counts.
        """
        return self.noun == "unit"

    @property
    def counts(self) -> str:
        """What the x axis counts, as a noun; empty where that is said of all studies."""
        return self.noun if self.over == "width" else ""

    def at(self, point: Point) -> float:
        """Where a point stands on the x axis."""
        n = point.samples
        match self.unit:
            case "P" | "P/n" | "P/(nK)":
                rows = {"P": 1, "P/n": n, "P/(nK)": n * self.classes}[self.unit]
                return point.parameters / rows
            case "N" | "N/n":
                return point.width / (n if self.unit == "N/n" else 1)
            case "n":
                return n
            case "steps":
                return point.steps


@dataclass(frozen=True)
class Line:
    """The points of one ridge or decay in the order of x: median over seeds with the lowest and the
    highest seed, the training's median, and the mean of all seeds' predictions. None: no number.
    """

    control: float
    name: str
    points: tuple[Point, ...]
    x: tuple[float, ...]
    test: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    train: tuple[float | None, ...]
    ensemble: tuple[float | None, ...]

    @property
    def lost(self) -> tuple[float, ...]:
        """Where on the x axis the median is no number."""
        return tuple(x for x, value in zip(self.x, self.test, strict=True) if value is None)


@dataclass(frozen=True)
class Lines:
    """All that a curve shows. `thresholds` are what theory says, `fits` where on the x axis the
    first model of the main line fits nearly all (over samples: the last one), `verdict` tells it.
    `coming` is where the models of the main line stand that are still in training: (x, median).
    """

    view: View
    lines: tuple[Line, ...]
    coming: tuple[tuple[float, float], ...]
    thresholds: tuple[tuple[float, str], ...]
    fits: float | None
    verdict: Verdict
    seeds: int

    @property
    def main(self) -> Line | None:
        return self.lines[0] if self.lines else None


def rows(points: Sequence[Point], view: View) -> Lines:
    """The lines of these points, that of the least ridge or decay first."""
    kept = chosen(points, view)
    controls = sorted({point.control for point in kept})
    lines = tuple(line([p for p in kept if p.control == control], view) for control in controls)
    main = lines[0].points if lines else ()
    return Lines(
        view,
        lines,
        () if view.over == "steps" else coming(points, view),
        thresholds(points[0] if points else None, view),
        fits(lines[0], view) if lines and not view.trained else None,
        told(main, view),
        len(main[0].norm) if main else 0,
    )


def told(points: Sequence[Point], view: View) -> Verdict:
    """What one line shows: of an experiment over its samples whether more of them help, of all
    others whether there is a peak.
    """
    if view.trained and view.over == "samples":
        return learning(points, view.measure)
    return verdict(points, view.measure, view.over, view.counts)


def chosen(points: Sequence[Point], view: View) -> list[Point]:
    """Of over steps all of one width; else what was measured at the end."""
    if view.over != "steps":
        return [point for point in points if point.last]
    width = view.width or max((point.width for point in points), default=0)
    return [point for point in points if point.width == width]


def coming(points: Sequence[Point], view: View) -> tuple[tuple[float, float], ...]:
    """Of the least control the newest step of each model that has not come to its last one."""
    least = min((point.control for point in points), default=0.0)
    newest: dict[float, Point] = {}
    for point in points:
        known = newest.get(view.at(point))
        if point.control == least and (known is None or known.steps <= point.steps):
            newest[view.at(point)] = point
    places = ((x, median(getattr(p, view.measure))) for x, p in newest.items() if not p.last)
    return tuple(sorted((x, value) for x, value in places if isfinite(value)))


def line(points: Sequence[Point], view: View) -> Line:
    """The line of one ridge or decay."""
    points = tuple(sorted(points, key=view.at))
    seeds = [getattr(point, view.measure) for point in points]
    return Line(
        points[0].control,
        f"{view.control} {short(points[0].control)}",
        points,
        tuple(view.at(point) for point in points),
        tuple(number(median(values)) for values in seeds),
        tuple(number(min(values)) for values in seeds),
        tuple(number(max(values)) for values in seeds),
        tuple(number(median(getattr(p, TRAIN[view.measure]))) for p in points),
        tuple(number(getattr(p, ENSEMBLE[view.measure])) for p in points),
    )


def number(value: float) -> float | None:
    """None for what cannot be drawn."""
    return value if isfinite(value) else None


def thresholds(point: Point | None, view: View) -> tuple[tuple[float, str], ...]:
    """Where models of this kind can first fit n rows of K classes, on the x axis: N = n features;
    of a network P = n parameters for cross-entropy, about, and P = n·K for squared loss.
    """
    n, classes = point.samples if point else view.samples, view.classes
    if view.over == "steps" or view.trained or not n:
        return ()
    if view.over == "samples":
        if not point:
            return ()
        if view.features:
            return ((point.width, "n = N"),)
        return ((point.parameters / classes, "n = P/K"), (point.parameters, "n = P"))
    if view.features:
        return ((n if view.unit == "N" else 1.0, "N = n"),)
    rows = {"P": 1, "P/n": n, "P/(nK)": n * classes}[view.unit]
    last = "P = n·K: reuse ends" if view.reuse else "P = n·K"
    return ((n / rows, "P = n"), (n * classes / rows, last))


def fits(line: Line, view: View) -> float | None:
    """The measured threshold on the x axis: the first model that fits all (`fitted`); over samples,
    the most rows that are still fitted.
    """
    found = [fitted(point, view) for point in line.points]
    if view.over != "samples":
        return next((x for x, fit in zip(line.x, found, strict=True) if fit), None)
    count = found.index(False) if False in found else 0
    return line.x[count - 1] if count else None


def fitted(point: Point, view: View) -> bool:
    """Of networks a training error below 1 %; of linear models, which get every class right long
    before every number, a training loss below 1e-2. Medians over seeds.
    """
    if view.features and view.over != "steps":
        return median(point.train_loss) < INTERPOLATED
    return median(point.train_error) < FITTED
