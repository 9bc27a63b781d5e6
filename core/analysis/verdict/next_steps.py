"""What to try next, measured: short paired trainings of four changes, each on a fraction of the
data and of the epochs, ranked by the error they remove per minute of a whole training.
"""

import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.side_pieces import SideRuns
from core.analysis.side_runs import SideRun
from core.analysis.trained import TrainedRun
from core.analysis.verdict.error_sources import larger_network
from core.base.encoding import change
from core.base.errors import BadExperiment, BadInput
from core.base.numbers import percent, short
from core.base.spec import ranged
from core.experiment import Experiment
from core.network.build import trace
from core.optim.penalties import L2, WeightDecay
from core.runs.differences import mean_difference, signed

SEEDS = (3, 10)  # pairs: at least, and at most
ROWS = 0.5  # fraction of the training set that the comparison is made with, at most
FEWEST = 100  # training rows of a comparison, where there are so many
STRONGER = 10.0  # times the penalty that a run has already

Name = Literal["rows", "epochs", "wider", "regularized"]


@dataclass(frozen=True)
class NextStep:
    """One change: of the short trainings, of the whole experiment (JSON by path; empty where a
    person must act), and the cost of a training relative to that without the change.
    """

    name: Name
    short: Experiment
    changes: dict[str, Any]
    cost: float


class NextSteps(Analysis):
    """Trains the experiment and four changes of it with the same seeds, as often as the time
    allows: twice the rows, twice the epochs, twice the width, more regularization. Reports the
    difference of the validation error for each, with a 95 % interval over the seeds (paired t).
    """

    kind: Literal["next_steps"] = "next_steps"
    label: ClassVar[str] = "What to try next"
    source: ClassVar[str] = "Student 1908 (paired differences)"
    technique: ClassVar[str] = "V9"
    page: ClassVar[str] = "Watch"
    minutes: float = ranged(2.0, 0.2, 120, unit="min", help="Time that the trainings may take.")

    def answer(self, trained: TrainedRun) -> Answering:
        if not len(trained.setup.validation):
            raise BadInput(
                "This run has no validation set, so changes cannot be compared without using the "
                "test set. Set a validation fraction on the Data page and train again.",
                code="no_validation",
            )
        began, budget = time.monotonic(), 60 * self.minutes
        ended = trained.store.last(trained.run, "reason") or {}
        base, steps = plan(trained, ended, budget)
        errors: dict[str, list[float]] = {"base": [], **{step.name: [] for step in steps}}
        experiments = [base, *(step.short for step in steps)]
        costs = [1.0, *(step.cost for step in steps)]
        with SideRuns(trained, budget) as side_runs:
            for k in range(SEEDS[1]):
                spent = time.monotonic() - began
                if k >= SEEDS[0] and spent * (k + 1) / k > budget:
                    break
                running = side_runs.train([_seeded(each, k) for each in experiments], costs)
                sides = yield from _noted(running, k, (began, budget))
                if sides[0].has_diverged:
                    raise BadInput(
                        "With the settings of this run, a short training diverges too, so there is "
                        "nothing to compare its changes with. Choose a smaller learning rate and "
                        "train again.",
                        code="side_run_diverged",
                    )
                for name, side in zip(errors, sides, strict=True):
                    errors[name].append(side.mean("validation"))
        seconds = float(ended.get("seconds") or 0.0)
        samples = len(sides[0].errors["validation"]) if trained.classes else 0  # 0 of values
        rows = [_row(s, errors["base"], errors[s.name], seconds, samples) for s in steps]
        return {
            "steps": rank(rows),
            "base_error": float(np.mean(errors["base"])),
            "seeds": len(errors["base"]),
            "fraction": base.split.fraction,
            "epochs": base.epochs,
            "is_value": not trained.classes,
            "seconds": time.monotonic() - began,
        }

    def lines(self, result: Result) -> list[str]:
        error = result["base_error"]
        base = f"Validation error {percent(error)}"
        if result["is_value"]:
            base = f"Validation R² {short(1 - error, 3)}"
        return [
            f"{base} of the short trainings, {result['seeds']} seeds",
            *(describe_row(row, is_value=result["is_value"]) for row in result["steps"]),
        ]


LABELS: dict[Name, str] = {
    "rows": "Twice the training rows",
    "epochs": "Twice the epochs",
    "wider": "Twice the width",
    "regularized": "More regularization",
}


def plan(
    trained: TrainedRun, ended: dict[str, Any], budget: float
) -> tuple[Experiment, list[NextStep]]:
    """Return the short experiment and its changes, so that SEEDS[0] pairs take about `budget`
    seconds: at first fewer epochs, then fewer rows.
    """
    whole, size = trained.experiment, len(trained.setup.train)
    epochs = max(1, len(trained.state["history"]))
    wider = larger_network(whole)
    ratio = _multiply_adds(trained, wider) / _multiply_adds(trained, whole)
    costs = {"rows": 2.0, "epochs": 2.0, "wider": max(1.0, ratio), "regularized": 1.0}
    seconds = max(float(ended.get("seconds") or 0.0), 0.1)
    scale = budget / (SEEDS[0] * (1 + sum(costs.values())) * seconds)  # of rows × epochs
    rows, fewest = ROWS, min(ROWS, FEWEST / size)
    share = min(1.0, scale / rows)
    if share * epochs < 2:
        share = min(1.0, 2 / epochs)
        rows = min(ROWS, max(fewest, scale / share))
    short_epochs = max(1, round(share * epochs))
    fraction = whole.split.fraction * rows
    base = _changed(whole, fraction=fraction, epochs=short_epochs)
    stronger = with_more_regularization(whole)
    steps = [
        NextStep("rows", _changed(base, fraction=2 * fraction), _more_rows(whole), costs["rows"]),
        NextStep(
            "epochs", _changed(base, epochs=2 * short_epochs), {"epochs": 2 * epochs, **NO_STOP},
            costs["epochs"],
        ),
        NextStep(
            "wider", base.model_copy(update={"network": wider.network}),
            {"network": _json(wider, "network")}, costs["wider"],
        ),
        NextStep(
            "regularized", base.model_copy(update={"regularizers": stronger.regularizers}),
            {"regularizers": _json(stronger, "regularizers")}, costs["regularized"],
        ),
    ]  # fmt: skip
    return base, steps


NO_STOP = {"stopping": []}


def with_more_regularization(experiment: Experiment) -> Experiment:
    """Return the experiment with ten times its L2 penalty or weight decay, or with a first one."""
    chosen = list(experiment.regularizers)
    for k, regularizer in enumerate(chosen):
        if isinstance(regularizer, (L2, WeightDecay)):
            stronger = {"strength": min(1.0, STRONGER * regularizer.strength or 1e-3)}
            chosen[k] = type(regularizer)(**(regularizer.model_dump(exclude={"kind"}) | stronger))
            break
    else:
        chosen.append(L2(strength=1e-3))
    return experiment.model_copy(update={"regularizers": tuple(chosen)})


def rank(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows: first what helps, by the error removed per minute; then what makes no
    difference; last what harms.
    """
    order = {"better": 0, "no_difference": 1, "worse": 2}
    return sorted(rows, key=lambda row: (order[row["verdict"]], -row["per_minute"]))


def compare(base: list[float], changed: list[float], step: float = 0.0) -> tuple[list[float], str]:
    """Return the mean of base − changed with its 95 % interval (paired t over the seeds), and
    whether the change is better, worse or makes no difference. `step` is that of an error rate, 1
    divided by the validation samples; 0 of values.
    """
    mean, low, high = mean_difference(np.subtract(base, changed).tolist(), step)
    verdict = "better" if low > 0 else "worse" if high < 0 else "no_difference"
    return [mean, low, high], verdict


def describe_row(row: dict[str, Any], *, is_value: bool = False) -> str:
    """Return one change and what it did to the validation error, or of values to R².

    >>> gain = {"gain": [0.021, 0.01, 0.032], "name": "rows", "verdict": "better"}
    >>> describe_row(gain).replace("\u2212", "-")
    'Twice the training rows: error -2.1 points (-3.2 to -1.0)'
    >>> describe_row(gain, is_value=True)
    'Twice the training rows: R² +0.021 (+0.010 to +0.032)'
    """
    found = "no difference found, " if row["verdict"] == "no_difference" else ""
    what = f"{LABELS[row['name']]}: {found}"
    if is_value:
        mean, low, high = (signed(value, 3) for value in row["gain"])
        return f"{what}R² {mean} ({low} to {high})"
    mean, low, high = (signed(100 * -value, 1) for value in row["gain"])
    return f"{what}error {mean} points ({high} to {low})"


def _row(
    step: NextStep, base: list[float], errors: list[float], seconds: float, samples: int
) -> dict[str, Any]:
    gain, verdict = compare(base, errors, 1 / samples if samples else 0.0)
    whole = max(step.cost * seconds, 1.0)
    return {
        "name": step.name,
        "gain": gain,
        "verdict": verdict,
        "seconds": whole,
        "per_minute": 60 * gain[0] / whole,
        "changes": step.changes,
    }


def _noted(
    running: Generator[float, None, list[SideRun]], k: int, clock: tuple[float, float]
) -> Generator[tuple[float, str], None, list[SideRun]]:
    """Return the side runs of pair `k`; yields the fraction done of all pairs, or of the time."""
    began, budget = clock
    while True:
        try:
            done = next(running)
        except StopIteration as end:
            return end.value
        share = min(1.0, max((k + done) / SEEDS[1], (time.monotonic() - began) / budget))
        yield share, f"Seed {k + 1}: comparing the changes"


def _seeded(experiment: Experiment, k: int) -> Experiment:
    """Return the experiment with the seeds of pair `k`."""
    seeds = {name: value + k for name, value in experiment.seeds.model_dump().items()}
    return _changed(experiment, seeds=seeds)


def _changed(experiment: Experiment, **fields: Any) -> Experiment:
    """Return the experiment for short trainings: without stopping rules, with these fields."""
    update: dict[str, Any] = {"stopping": ()}
    if "fraction" in fields:
        fraction = min(1.0, fields.pop("fraction"))
        update["split"] = experiment.split.model_copy(update={"fraction": fraction})
    if "seeds" in fields:
        fields["seeds"] = type(experiment.seeds)(**fields["seeds"])
    return experiment.model_copy(update=update | fields)


def _more_rows(whole: Experiment) -> dict[str, Any]:
    """Return the change to twice the rows: of the fraction that is used, or of the points that a
    dataset is made of; empty where a person has to collect them.
    """
    if whole.split.fraction < 1:
        return {"split.fraction": min(1.0, 2 * whole.split.fraction)}
    if points := getattr(whole.data, "points", 0):
        with suppress(BadExperiment):  # more than such a dataset may have
            return {"data.points": change(whole, "data.points", 2 * points).data.points}
    return {}


def _json(experiment: Experiment, field: str) -> Any:
    return experiment.model_dump(mode="json")[field]


def _multiply_adds(trained: TrainedRun, experiment: Experiment) -> int:
    facts = trace(experiment.network, trained.data.shape, trained.data.outputs)
    return max(1, sum(fact.multiply_adds for fact in facts))
