"""Residuals of a network that predicts values: how large its errors are, and where."""

from typing import ClassVar, Literal

import numpy as np
from scipy.stats import bootstrap

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.mistakes.influence import column_influences
from core.analysis.mistakes.most_confident import describe_columns, most_influential, signed
from core.analysis.mistakes.suits import needs_values
from core.analysis.trained import TrainedRun
from core.base.numbers import whole
from core.base.rates import Rate
from core.base.text import aligned, counted
from core.data.dataset import Facts
from core.runs.measured import Measured, squared_scatter
from core.training.endpoints import PAIRS

RESAMPLES = (200, 2000)  # fewest and most of the bootstrap
WORK = 20_000_000  # drawn samples of all resamples together: about a second
POINTS = 2000  # samples of the chart
WORST = 100  # predictions that are listed
LISTED = 10  # of them on a terminal
SEED = 0


class Residuals(Analysis):
    """Errors of the predicted values: root mean square error and mean absolute error in the unit of
    the target, and R² = 1 − RMSE²/s², where s is the standard deviation of the training targets, as
    for all scores of the lab. The 95 % interval of the mean absolute error consists of percentiles
    of a bootstrap over the samples with a fixed seed (Efron 1979); those of RMSE and R² are the
    ones of the result sentence (core/runs/measured.py).
    """

    kind: Literal["residuals"] = "residuals"
    label: ClassVar[str] = "Residuals"
    technique: ClassVar[str] = "V6"
    source: ClassVar[str] = "Efron 1979; Shrikumar et al. 2016"
    version: ClassVar[int] = 2
    is_quick: ClassVar[bool] = True
    place: ClassVar[int] = 1
    part: Literal["train", "validation", "test"] = "test"

    def unsuitable(self, facts: Facts) -> str:
        return needs_values(facts)

    def answer(self, trained: TrainedRun) -> Answering:
        outputs = yield from predicting(trained, self.part, end=0.5)
        targets, predicted = outputs.targets, outputs.predicted.astype(np.float64)
        yield 0.5, "Resampling for the intervals"
        scores = value_scores(targets, predicted, trained.scale[1])
        yield 0.9, "Listing the worst predictions"
        worst = np.argsort(-np.abs(targets - predicted), kind="stable")[:WORST]
        is_table = len(trained.data.shape) == 1
        columns = []
        if is_table:
            influences = column_influences(trained, self.part, worst)
            columns = most_influential(influences, trained.inputs(self.part, worst))
        drawn = np.random.default_rng(SEED).permutation(len(targets))[:POINTS]
        drawn = np.union1d(drawn, worst)
        return {
            "part": self.part,
            "samples": len(targets),
            "scores": scores,
            "points": [targets[drawn].tolist(), predicted[drawn].tolist()],
            "row_numbers": trained.row_numbers(self.part, trained.dataset_rows(self.part)[worst]),
            "true": targets[worst].tolist(),
            "predicted": predicted[worst].tolist(),
            "columns": columns,
            "column_names": list(trained.data.columns) if is_table else [],
        }

    def lines(self, result: Result) -> list[str]:
        scores = [(name, describe_score(score)) for name, score in result["scores"].items()]
        rows = [("Row", "True value", "Predicted", "Residual", "Influential columns")]
        for i in range(min(LISTED, len(result["row_numbers"]))):
            true, predicted = result["true"][i], result["predicted"][i]
            texts = (signed(v, 4) for v in (true, predicted, true - predicted))
            why = describe_columns(result, i) if result["columns"] else ""
            rows.append((whole(result["row_numbers"][i]), *texts, why))
        return [
            f"On {counted(result['samples'], 'sample')}, in the unit of the target",
            *aligned(scores),
            "",
            "Worst predictions",
            *aligned(rows),
        ]


def value_scores(targets: np.ndarray, predicted: np.ndarray, std: float = 1.0) -> dict[str, Rate]:
    """Return R², RMSE and MAE with their 95 % intervals: [value, low, high]. `std` is the standard
    deviation of the training targets. Of a single sample, the interval of MAE is its value.
    """
    errors = np.abs(targets - predicted)
    every = -(-len(errors) // PAIRS)  # the same samples as in the result of the run
    scatter = squared_scatter([(e, 0.0) for e in errors[::every].tolist()])
    root = Measured(float(np.sqrt(np.square(errors).mean())), len(errors), scatter, std)
    low = high = mean = float(errors.mean())
    if len(errors) > 1 and errors.min() < errors.max():
        found = bootstrap(
            (errors,),
            np.mean,
            n_resamples=int(np.clip(WORK // len(errors), *RESAMPLES)),
            batch=max(1, 2_000_000 // len(errors)),
            method="percentile",
            rng=np.random.default_rng(SEED),
        )
        low, high = map(float, found.confidence_interval)
    return {"R²": root.in_form("accuracy"), "RMSE": root.interval, "MAE": [mean, low, high]}


def describe_score(score: Rate) -> str:
    """Return a score with its interval as text."""
    value, low, high = (signed(v, 3) for v in score)
    return f"{value} ({low} to {high})"
