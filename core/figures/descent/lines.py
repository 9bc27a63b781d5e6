"""The points of a study as the lines of a chart, one for each ridge or weight decay, with the
theoretical and the measured thresholds. Numbers only; draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Literal

from core.advice.study_verdict import FITTED, INTERPOLATED, CurveVerdict, Measure, Over
from core.base.numbers import short
from core.descent.point import CurvePoint
from core.studies.answer import Line

Unit = Literal["P", "P/n", "P/(nK)", "N", "N/n", "n", "steps"]
TRAIN = {"test_loss": "train_loss", "test_error": "train_error"}
ENSEMBLE = {"test_loss": "ensemble_loss", "test_error": "ensemble_error"}
SIZES: dict[bool, tuple[Unit, ...]] = {False: ("P", "P/n", "P/(nK)"), True: ("N", "N/n")}


@dataclass(frozen=True)
class View:
    """What is drawn of a study: `measure` over width, samples or steps, with x in `unit`.

    `noun` names what the width of a model counts, `control` what distinguishes the lines. Models
    that are linear in `features` can fit from N = n on; for `trained` ones, ordinary runs of any
    network, theory gives no threshold and only the norm of their weights is known. Over
    steps, only the models of `width` are drawn (0: the widest). `samples` is the number of training
    samples, for the thresholds of a study without points. With `reuse`, weights are reused up to
    P = n·K.
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
    features: bool = False
    trained: bool = False

    @property
    def counts(self) -> str:
        """The noun of the x axis; empty for the default one."""
        return self.noun if self.over == "width" else ""

    def at(self, point: CurvePoint) -> float:
        """The x value of a point."""
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
class CurveLine:
    """The points of one ridge or weight decay, ordered by x: median, lowest and highest seed of the
    test figure, median of the training figure, and the ensemble of all seeds. None: not finite.
    """

    control: float
    name: str
    points: tuple[CurvePoint, ...]
    x: tuple[float, ...]
    test: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    train: tuple[float | None, ...]
    ensemble: tuple[float | None, ...]

    @property
    def lost(self) -> tuple[float, ...]:
        """The x values at which the median is not finite."""
        return tuple(x for x, value in zip(self.x, self.test, strict=True) if value is None)


@dataclass(frozen=True)
class CurveData:
    """Everything that a curve shows. `thresholds` are those of theory; `fits` is the x of the first
    model of the main line that fits nearly all training samples (over samples: of the last one).
    `pending` has (x, median) of the models of the main line that are still in training.
    """

    view: View
    lines: tuple[CurveLine, ...]
    pending: tuple[tuple[float, float], ...]
    thresholds: tuple[tuple[float, str], ...]
    fits: float | None
    verdict: CurveVerdict
    seeds: int

    @property
    def main(self) -> CurveLine | None:
        return self.lines[0] if self.lines else None


def rows(points: Sequence[CurvePoint], view: View) -> CurveData:
    """Compute the lines of these points, the smallest ridge or weight decay first."""
    visible = select_points(points, view)
    controls = sorted({point.control for point in visible})
    lines = tuple(
        make_line([point for point in visible if point.control == control], view)
        for control in controls
    )
    main = lines[0].points if lines else ()
    return CurveData(
        view=view,
        lines=lines,
        pending=() if view.over == "steps" else find_pending(points, view),
        thresholds=theory_thresholds(points[0] if points else None, view),
        fits=measured_threshold(lines[0], view) if lines and not view.trained else None,
        verdict=judge(main, view),
        seeds=len(main[0].norm) if main else 0,
    )


def judge(points: Sequence[CurvePoint], view: View) -> CurveVerdict:
    """The verdict on one line: of ordinary runs over samples whether more data helps, of all others
    whether there is double descent.
    """
    return Line(view.over, view.trained, view.counts).judge(points, view.measure)


def select_points(points: Sequence[CurvePoint], view: View) -> list[CurvePoint]:
    """Over steps, all points of one width; otherwise those measured at the end of training."""
    if view.over != "steps":
        return [point for point in points if point.last]
    width = view.width or max((point.width for point in points), default=0)
    return [point for point in points if point.width == width]


def find_pending(points: Sequence[CurvePoint], view: View) -> tuple[tuple[float, float], ...]:
    """The newest step of each model of the smallest control that has not finished training."""
    smallest = min((point.control for point in points), default=0.0)
    newest: dict[float, CurvePoint] = {}
    for point in points:
        previous = newest.get(view.at(point))
        if point.control == smallest and (previous is None or previous.steps <= point.steps):
            newest[view.at(point)] = point
    medians = ((x, median(getattr(p, view.measure))) for x, p in newest.items() if not p.last)
    return tuple(sorted((x, value) for x, value in medians if isfinite(value)))


def make_line(points: Sequence[CurvePoint], view: View) -> CurveLine:
    """The line of one ridge or weight decay."""
    points = tuple(sorted(points, key=view.at))
    seeds = [getattr(point, view.measure) for point in points]
    return CurveLine(
        control=points[0].control,
        name=f"{view.control} {short(points[0].control)}",
        points=points,
        x=tuple(view.at(point) for point in points),
        test=tuple(finite_or_none(median(values)) for values in seeds),
        low=tuple(finite_or_none(min(values)) for values in seeds),
        high=tuple(finite_or_none(max(values)) for values in seeds),
        train=tuple(finite_or_none(median(getattr(p, TRAIN[view.measure]))) for p in points),
        ensemble=tuple(finite_or_none(getattr(p, ENSEMBLE[view.measure])) for p in points),
    )


def finite_or_none(value: float) -> float | None:
    """None for a value that cannot be drawn."""
    return value if isfinite(value) else None


def theory_thresholds(point: CurvePoint | None, view: View) -> tuple[tuple[float, str], ...]:
    """Where models of this kind can first fit n samples of K classes, as x values with labels:
    N = n features; for networks P = n parameters with cross-entropy (roughly) and P = n·K with
    squared loss.
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


def measured_threshold(line: CurveLine, view: View) -> float | None:
    """The x of the first model that fits all training samples (`is_fitted`); over samples, the
    largest number that is still fitted.
    """
    fitted = [is_fitted(point, view) for point in line.points]
    if view.over != "samples":
        return next((x for x, fit in zip(line.x, fitted, strict=True) if fit), None)
    count = fitted.index(False) if False in fitted else 0
    return line.x[count - 1] if count else None


def is_fitted(point: CurvePoint, view: View) -> bool:
    """Of networks, a training error below 1 %; of linear models, which classify every sample
    correctly long before they interpolate, a training loss below 1e-2. Medians over seeds.
    """
    if view.features and view.over != "steps":
        return median(point.train_loss) < INTERPOLATED
    return median(point.train_error) < FITTED
