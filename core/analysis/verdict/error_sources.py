"""Three sources of error: optimization, approximation and generalization (Bottou & Bousquet 2008),
each measured by side runs on the same data.
"""

from collections.abc import Callable, Generator, Iterator
from math import sqrt
from typing import Any, ClassVar, Literal

import numpy as np

from core.advice.range_test import STEPS, range_test, suggest
from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.side_pieces import SideRuns
from core.analysis.side_runs import SideRun, sample_errors, widened
from core.analysis.trained import TrainedRun, compute_outputs
from core.base.numbers import percent
from core.base.rates import Rate, Z, difference, rate
from core.base.spec import ranged
from core.experiment import Experiment
from core.network.layers import Linear, ReLU
from core.optim.optimizers import AdamW
from core.optim.schedules import Cosine

STAGES = (2, 4, 8)  # times the epochs of the run; a later stage follows while one brings something
WIDER = 2.0
HIDDEN = 64  # units of the layer that a network without one gets
SMALL = 0.01  # a part below this is not worth naming
GAINED = SMALL / 4  # training error that makes a longer training worth it
SOURCES = ("optimization", "approximation", "generalization")
MEANINGS = {
    "optimization": "training error that longer training of the same network removes",
    "approximation": "training error that a larger network removes",
    "generalization": "error on samples that were not trained on, beyond the training error",
}


class ErrorSources(Analysis):
    """Splits the error of a run into three parts and a rest. *Optimization*: its training error
    minus the lowest that the same network reaches with more epochs, other initial weights and
    AdamW. *Approximation*: what a network of twice the width removes of that, but not below the
    human error. *Generalization*: the error on the test set minus the training error; of a run
    that was not scored on its test set, that on the validation set.
    """

    kind: Literal["error_sources"] = "error_sources"
    label: ClassVar[str] = "Three sources of error"
    source: ClassVar[str] = "Bottou & Bousquet 2008; Brown & Ali 2024"
    technique: ClassVar[str] = "V9"
    page: ClassVar[str] = "Watch"
    human_error: float = ranged(
        0.0, 0, 0.99, label="Human error", help="Error that no model can avoid, if it is known."
    )
    restarts: int = ranged(2, 1, 10, help="Other initial weights of the same network.")

    def answer(self, trained: TrainedRun) -> Answering:
        part = trained.held_out if trained.held_out != "train" else "validation"
        yield 0.0, "Measuring the errors of the run"
        own, held = (_errors_of(trained, name) for name in ("train", part))
        same_runs = [*_restarts(trained.experiment, self.restarts)]
        same_runs.append((yield from _with_adamw(trained)))
        ended = trained.store.last(trained.run, "reason") or {}
        seconds = float(ended.get("seconds") or 0.0) * len(same_runs) * STAGES[0]
        with SideRuns(trained, seconds) as side_runs:
            train = side_runs.train
            same, best = yield from _lowest(trained, train, same_runs, own, (0.05, 0.45))
            wider = [larger_network(best)]
            larger, _ = yield from _lowest(trained, train, wider, same, (0.45, 1.0))
        return split_error(own, held, same, larger, self.human_error) | {
            "part": part,
            "is_value": not trained.classes,
            "human_error": self.human_error,
        }

    def lines(self, result: Result) -> list[str]:
        names = [*SOURCES, "rest"]
        rows = [
            f"{name.capitalize():<16}{_interval(result[name])}  {MEANINGS.get(name, REST)}"
            for name in names
        ]
        unit = " of the variance" if result["is_value"] else ""
        return [f"Error on the {result['part']} set: {percent(result['error'])}{unit}", *rows]


REST = "error that also the larger network makes in training: noise, or a still larger network"


def split_error(
    own: np.ndarray,
    held: np.ndarray,
    same: np.ndarray,
    larger: np.ndarray,
    human_error: float = 0.0,
) -> dict[str, Any]:
    """Return the parts, each [value, lower end, upper end] with a 95 % interval, and the largest
    one, "undecided" where its interval does not exclude the others.

    `own` (n,) and `held` (m,) are the errors of the run for each training and held-out sample;
    `same` and `larger` (n,) the lowest that the same and a larger network reach. The parts and the
    rest add up to the mean of `held`.
    """
    floor = max(float(larger.mean()), min(human_error, float(same.mean())))
    optimization = _paired(own - same)
    approximation = [max(0.0, value) for value in _paired(same - larger)]
    if (short := float(same.mean()) - floor) < approximation[0]:  # not below the human error
        approximation = [min(value, short) for value in approximation]
    parts = {
        "optimization": optimization,
        "approximation": approximation,
        "generalization": difference(_estimate(own), _estimate(held)),
    }
    rest = float(held.mean()) - sum(value for value, _, _ in parts.values())
    wilson = rate(round(rest * len(own)), len(own)) if 0 <= rest <= 1 else None
    return {
        "error": float(held.mean()),
        **parts,
        "rest": [rest, *(wilson[1:] if wilson else (rest, rest))],
        "largest": name_largest(parts),
    }


def name_largest(parts: dict[str, list[float]]) -> str:
    """Return the source whose interval is above those of the others; "none" where all are surely
    small; else "undecided".
    """
    if all(high < SMALL for _, _, high in parts.values()):
        return "none"
    ordered = sorted(parts, key=lambda name: parts[name][0], reverse=True)
    first, *others = ordered
    clear = all(parts[first][1] > parts[other][2] for other in others)
    return first if clear and parts[first][0] >= SMALL else "undecided"


def larger_network(experiment: Experiment) -> Experiment:
    """Return the experiment with twice the units in its hidden layers, or with a hidden layer where
    it has none.
    """
    wider = widened(experiment, WIDER)
    if wider is not None:
        return wider
    *before, output = experiment.network
    layers = (*before, Linear(units=HIDDEN), ReLU(), output)
    return experiment.model_copy(update={"network": layers})


def _restarts(experiment: Experiment, count: int) -> Iterator[Experiment]:
    """Yield the experiment with other initial weights."""
    for k in range(1, count + 1):
        seeds = experiment.seeds
        seeds = seeds.model_copy(update={"initialization": seeds.initialization + k})
        yield experiment.model_copy(update={"seeds": seeds})


def _with_adamw(trained: TrainedRun) -> Generator[tuple[float, str], None, Experiment]:
    """Return the experiment with AdamW at the learning rate that a range test suggests."""
    changed = trained.experiment.model_copy(
        update={"optimizer": AdamW(weight_decay=0.0), "schedule": Cosine()}
    )
    points = []
    for point in range_test(changed, trained.data):
        points.append(point)
        yield 0.05 * len(points) / STEPS, "Looking for a learning rate"
    rate = found.rate if (found := suggest(points)) else 1e-3
    return changed.model_copy(update={"optimizer": AdamW(learning_rate=rate, weight_decay=0.0)})


def _lowest(
    trained: TrainedRun,
    train: Callable[[list[Experiment]], Generator[float, None, list[SideRun]]],
    candidates: list[Experiment],
    errors: np.ndarray,
    shares: tuple[float, float],
) -> Generator[tuple[float, str], None, tuple[np.ndarray, Experiment]]:
    """Return the errors (n,) of the training samples with the lowest mean, and what reached it.
    `errors` are those to beat; `shares` is what part of the progress this is.
    """
    epochs, best = max(1, len(trained.state["history"])), candidates[0]
    done, (low, high) = 0, shares
    for times in STAGES:
        before = errors.mean()
        longer = {"stopping": (), "epochs": times * epochs}
        sides = yield from _noted(
            train([candidate.model_copy(update=longer) for candidate in candidates]),
            low + (high - low) * done / sum(STAGES),
            (high - low) * times / sum(STAGES),
            f"Training with {times} × the epochs",
        )
        done += times
        for candidate, side in zip(candidates, sides, strict=True):
            lowest = side.lowest_train_errors
            if not side.has_diverged and lowest.mean() < errors.mean():
                errors, best = lowest, candidate
        if before - errors.mean() < GAINED:
            break
    return errors, best


def _errors_of(trained: TrainedRun, name: str) -> np.ndarray:
    part = trained.part(name)
    return sample_errors(compute_outputs(trained.model, part), part.values)


def _noted(
    running: Generator[float, None, list[SideRun]], begun: float, share: float, note: str
) -> Generator[tuple[float, str], None, list[SideRun]]:
    while True:
        try:
            done = next(running)
        except StopIteration as end:
            return end.value
        yield begun + share * done, note


def _paired(differences: np.ndarray) -> list[float]:
    """Return the mean of paired differences with its 95 % interval (normal approximation)."""
    mean = float(differences.mean())
    half = Z * float(differences.std()) / sqrt(len(differences))
    return [mean, mean - half, mean + half]


def _estimate(errors: np.ndarray) -> Rate:
    """Return the mean of the errors of samples with its 95 % interval: Wilson's for wrong or right
    (0 or 1), also of a few samples; for squared errors the normal approximation.
    """
    if np.isin(errors, (0, 1)).all():
        return rate(float(errors.sum()), len(errors)) or [0.0, 0.0, 1.0]
    mean, half = float(errors.mean()), Z * float(errors.std()) / sqrt(len(errors))
    return [mean, mean - half, mean + half]


def _interval(value: list[float]) -> str:
    middle, low, high = (percent(each) for each in value)
    return f"{middle} ({low} to {high})"
