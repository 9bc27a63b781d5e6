"""Would more rows help? The error of the same experiment on fractions of its training set, measured
by short side trainings; the law is fitted in core/advice/power_law.py.
"""

from typing import ClassVar, Literal

import numpy as np

from core.advice.power_law import MIN_SIZES, judge_more_rows
from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.side_pieces import SideRuns
from core.analysis.side_runs import SideRun
from core.analysis.trained import TrainedRun
from core.base.encoding import change
from core.base.errors import BadInput
from core.base.numbers import percent, short, whole
from core.base.spec import ranged
from core.base.text import aligned, counted
from core.experiment import Experiment

LEAST = 1 / 32  # of the training set: the smallest size
FEWEST = 10  # rows of the smallest size, and one for each class


class MoreRows(Analysis):
    """Whether more training rows would lower the error, and how many for one percentage point.

    The experiment is trained on 6 sizes of its training set, up to all of it, with other seeds and
    another split for each repetition. A power law a·n^−b + c is fitted to the validation errors. It
    is refused where the curve is not monotone, and beyond 4 times the data.
    """

    kind: Literal["more_rows"] = "more_rows"
    label: ClassVar[str] = "Would more rows help?"
    formula: ClassVar[str] = r"\mathrm{error}(n) = a\,n^{-b} + c"
    source: ClassVar[str] = "Hestness et al. 2017; Rosenfeld et al. 2020"
    technique: ClassVar[str] = "V10"
    page: ClassVar[str] = "Watch"
    sizes: int = ranged(6, MIN_SIZES, 10, help="Sizes of the training set, evenly on a log scale.")
    seeds: int = ranged(3, 2, 10, help="Repetitions of every size.")

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.0, "Reading the samples"
        if not (len(trained.setup.validation) or len(trained.setup.test)):
            raise BadInput(
                "This run has neither a validation set nor a test set, so there is no error to "
                "measure. Set a validation fraction on the Data page and train again.",
                code="no_validation",
            )
        base, sizes = trained.experiment, self.rows_of(trained)
        all_rows, regression = len(trained.setup.train), not trained.classes
        work = [(size, repetition) for size in sizes for repetition in range(self.seeds)]
        experiments = [vary(base, size / all_rows, repetition) for size, repetition in work]
        ended = trained.store.last(trained.run, "reason") or {}
        seconds = expected_seconds(float(ended.get("seconds") or 0.0), self.sizes, self.seeds)
        with SideRuns(trained, seconds) as side_runs:
            running = side_runs.train(experiments, [size for size, _ in work])
            while True:
                try:
                    share = next(running)
                except StopIteration as end:
                    held = [held_out_error(side, regression=regression) for side in end.value]
                    break
                yield share, f"Training on up to {counted(all_rows, 'row')}"
        errors = np.reshape([error for error, _ in held], (len(sizes), self.seeds)).tolist()
        measured = held[-1][1]
        return {
            "sizes": sizes, "errors": errors, "samples": measured, "regression": regression,
        }  # fmt: skip

    def rows_of(self, trained: TrainedRun) -> list[int]:
        """Return the sizes of the training set, the smallest first. Raises BadInput if the training
        set is too small for them.
        """
        count = len(trained.setup.train)
        least = max(FEWEST, len(trained.classes), round(LEAST * count))
        sizes = sorted({round(n) for n in np.geomspace(min(least, count), count, self.sizes)})
        if len(sizes) < self.sizes or sizes[0] * 2 ** (MIN_SIZES - 1) > 2 * count:
            raise BadInput(
                f"The training set has {counted(count, 'row')}, too few for a learning curve of "
                f"{self.sizes} sizes from {whole(least)} on. Collect more rows first.",
                code="too_few_rows",
            )
        return sizes

    def lines(self, result: Result) -> list[str]:
        regression = result["regression"]
        rows = [("Training rows", "RMSE" if regression else "Error", "Seeds")]
        for size, errors in zip(result["sizes"], result["errors"], strict=True):
            texts = [short(e, 3) if regression else percent(e) for e in [np.mean(errors), *errors]]
            rows.append((whole(size), texts[0], ", ".join(texts[1:])))
        judged = judge_more_rows(result["sizes"], result["errors"], regression=regression)
        return [*aligned(rows), "", judged.finding.text.replace("**", "")]


def vary(base: Experiment, fraction: float, repetition: int) -> Experiment:
    """Return the experiment on a fraction of its training set, with other seeds and another split
    for each repetition.
    """
    part = min(1.0, base.split.fraction * fraction)
    experiment = change(base, "split.fraction", part)
    experiment = change(experiment, "split.seed", base.split.seed + repetition)
    seeds = base.seeds.model_dump()
    return change(experiment, "seeds", {name: seed + repetition for name, seed in seeds.items()})


def expected_seconds(run_seconds: float, sizes: int, seeds: int) -> float:
    """Return about how long the trainings take, from the seconds of the run itself."""
    return run_seconds * seeds * float(np.geomspace(LEAST, 1, sizes).sum())


def held_out_error(side: SideRun, *, regression: bool) -> tuple[float, int]:
    """Return the error on the validation set, or on the test set without one, and the number of its
    samples: the fraction of wrong predictions, or RMSE. Raises BadInput if it diverged.
    """
    if side.has_diverged:
        raise BadInput(
            "A side training diverged, so there is no learning curve. Choose a smaller learning "
            "rate and train again.",
            code="side_run_diverged",
        )
    part = next(part for part in ("validation", "test") if part in side.errors)
    error = side.mean(part)
    return side.target_std * error**0.5 if regression else error, len(side.errors[part])
