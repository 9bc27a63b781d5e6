"""What the trials of a search answer: the best so far, whether that beats random draws, which of
two goals cost what, and which settings win. Pure functions; no torch, no files.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, Literal

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.base.finding import Action, Finding
from core.base.numbers import percent, short
from core.base.text import counted
from core.experiment import Experiment
from core.runs.differences import mean_difference
from core.studies.search.ranges import NumberRange, OptionList
from core.studies.search.records import SearchTrial
from core.studies.search.search import GOALS, Search
from core.studies.search.space import STARTUP, Values
from core.studies.search.strategies import RandomSearch, Tpe

BAND = (0.1, 0.5, 0.9)  # quantiles of the best of n random draws


@dataclass(frozen=True)
class BestPoint:
    """After `x` trials or seconds: the value of the trial `number` that ended there, and the best
    value so far.
    """

    x: float
    number: int
    value: float
    best: float


def searched(trials: Sequence[SearchTrial]) -> list[SearchTrial]:
    """Return the trials of the search itself, without the repeated seeds of the finalists."""
    return [trial for trial in trials if trial.stage == "search"]


def best_so_far(
    trials: Sequence[SearchTrial], over: Literal["trials", "seconds"] = "trials"
) -> list[BestPoint]:
    """Return the best value after each complete trial, in the order of their numbers or of their
    ends. Diverged trials have infinite values.
    """
    complete = [trial for trial in searched(trials) if trial.is_complete]
    if over == "seconds":
        complete = sorted(complete, key=lambda trial: trial.finished_at or 0.0)
    points, best = [], inf
    for trial in complete:
        best = min(best, trial.value)
        x = trial.number + 1 if over == "trials" else trial.finished_at or 0.0
        points.append(BestPoint(x, trial.number, trial.value, best))
    return points


@dataclass(frozen=True)
class RandomBand:
    """The best of n random draws: its median, and the values between which it is in 8 of 10 cases,
    for n = 1, 2, …; `draws` is the number of random trials that it is computed from.
    """

    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    draws: int


def random_part(search: Search, trials: Sequence[SearchTrial]) -> list[float]:
    """Return the results of the trials that were drawn at random."""
    everything = isinstance(search.strategy, RandomSearch)
    first = STARTUP + search.parallel - 1 if isinstance(search.strategy, Tpe) else 0
    return [
        trial.value
        for trial in searched(trials)
        if trial.value is not None and (everything or trial.number < first)
    ]


def random_band(values: Sequence[float], count: int) -> RandomBand | None:
    """Return the distribution of the best of n = 1 … `count` random draws, from the results of some
    random draws; None for fewer than 3. The best of n is at most v with probability 1 − (1 − F)ⁿ,
    where F is the fraction of the results up to v (Dodge et al. 2019).
    """
    ordered = sorted(values)
    if len(ordered) < 3:
        return None

    def quantile(n: int, probability: float) -> float:
        rank = len(ordered) * (1 - (1 - probability) ** (1 / n))  # results up to that quantile
        return ordered[min(max(int(rank - 1e-9), 0), len(ordered) - 1)]

    lines = [tuple(quantile(n, p) for n in range(1, count + 1)) for p in BAND]
    return RandomBand(*lines, draws=len(ordered))


def pareto(trials: Sequence[SearchTrial]) -> list[SearchTrial]:
    """Return the complete trials that no other one beats in both goals, the cheapest first."""
    complete = [
        trial
        for trial in searched(trials)
        if trial.is_complete and isfinite(trial.value) and trial.second is not None
    ]
    front: list[SearchTrial] = []
    for trial in sorted(complete, key=lambda trial: (trial.second, trial.value, trial.number)):
        if not front or trial.value < front[-1].value:
            front.append(trial)
    return front


def best_trials(trials: Sequence[SearchTrial], count: int) -> list[SearchTrial]:
    """Return the best complete trials of the search with different values, the best first."""
    complete = [t for t in searched(trials) if t.is_complete and isfinite(t.value)]
    best: dict[str, SearchTrial] = {}
    for trial in sorted(complete, key=lambda trial: (trial.value, trial.number)):
        best.setdefault(settings_key(trial), trial)
    return list(best.values())[:count]


def settings_key(trial: SearchTrial) -> str:
    """Return the settings of a trial as text: equal for the repeated seeds of a finalist."""
    return json.dumps(trial.values, sort_keys=True)


@dataclass(frozen=True)
class Winner:
    """The best settings: the mean of their results over repeated seeds with its 95 % interval (None
    for a single seed), the settings that come second, and whether the lead is more than chance.
    `number` is the trial of the search that found them.
    """

    number: int
    values: Values
    mean: float
    interval: tuple[float, float] | None
    runner_up: Values | None
    is_clear: bool
    finding: Finding


def winner(search: Search, trials: Sequence[SearchTrial]) -> Winner | None:
    """Return the best settings; None before a trial is complete. The finalists are compared by
    their repeated seeds alone: the result that selected a finalist is better than its mean.
    """
    best = best_trials(trials, max(1, search.finalists))
    if not best:
        return None
    repeated = _finalists(best, trials)
    if not repeated:
        return _single(search, best[0])
    (first, results), *others = sorted(repeated, key=lambda pair: sum(pair[1]) / len(pair[1]))
    interval = mean_difference(results) if len(results) > 1 else None
    mean = sum(results) / len(results)
    leads = [_lead(results, other) for _, other in others]
    is_clear = bool(leads) and all(lead is not None and lead[2] < 0 for lead in leads)
    return Winner(
        number=first.number,
        values=first.values,
        mean=mean,
        interval=(interval[1], interval[2]) if interval else None,
        runner_up=others[0][0].values if others else None,
        is_clear=is_clear,
        finding=_judge(search, first, results, others, leads, is_clear=is_clear),
    )


def _finalists(
    best: Sequence[SearchTrial], trials: Sequence[SearchTrial]
) -> list[tuple[SearchTrial, list[float]]]:
    """Return each finalist with the results of its seeds, where all that ended are finite."""
    groups: dict[str, list[SearchTrial]] = {}
    for trial in trials:
        if trial.stage == "finalist" and trial.is_complete:
            groups.setdefault(settings_key(trial), []).append(trial)
    finalists = []
    for trial in best:
        group = sorted(groups.get(settings_key(trial), []), key=lambda repeat: repeat.seed)
        values = [repeat.value for repeat in group]
        if values and all(map(isfinite, values)):
            finalists.append((trial, values))
    return finalists


def _lead(results: Sequence[float], others: Sequence[float]) -> list[float] | None:
    """Return the mean difference to other settings with the same seeds, and its 95 % interval."""
    pairs = list(zip(results, others, strict=False))
    return mean_difference([a - b for a, b in pairs]) if len(pairs) > 1 else None


def _write(search: Search, value: float, digits: int = 3) -> str:
    """Return a result as text: an error as a percentage, a loss as a number."""
    return percent(value) if search.goal == "validation_error" else short(value, digits)


def _single(search: Search, trial: SearchTrial) -> Winner:
    what = GOALS[search.goal].lower()
    result = _write(search, trial.value)
    text = (
        f"Trial {trial.number + 1} is best: {what} {result} with one seed. The best of many trials "
        "is partly luck. Train the best settings with several seeds before you rely on them."
    )
    evidence = {"number": trial.number, "value": trial.value, "seeds": 1}
    finding = Finding("best_of_single_seeds", "info", text, evidence)
    return Winner(trial.number, trial.values, trial.value, None, None, False, finding)


def _judge(
    search: Search,
    first: SearchTrial,
    results: Sequence[float],
    others: Sequence[tuple[SearchTrial, Sequence[float]]],
    leads: Sequence[list[float] | None],
    *,
    is_clear: bool,
) -> Finding:
    what, seeds = GOALS[search.goal].lower(), counted(len(results), "seed")
    mean = sum(results) / len(results)
    result = _write(search, mean)
    text = f"The settings of trial {first.number + 1} are best: {what} {result} ({seeds})"
    evidence: dict[str, Any] = {
        "number": first.number,
        "mean": mean,
        "results": list(results),
        "runner_up": others[0][0].number if others else None,
        "lead": leads[0] if leads else None,
    }
    if not others:
        text += ". No other finalist has finished, so there is nothing to compare them with."
        return Finding("only_finalist", "info", text, evidence)
    second = sum(others[0][1]) / len(others[0][1])
    text += f", ahead of trial {others[0][0].number + 1} with {_write(search, second)}. "
    lead = leads[0]
    if is_clear:
        text += (
            f"The lead of {_write(search, -lead[0], 2)} is more than chance (95 % interval "
            f"{_write(search, -lead[2], 2)} to {_write(search, -lead[1], 2)}). Use these settings."
        )
        return Finding("clear_winner", "ok", text, evidence)
    text += (
        "The lead may be chance: with these seeds its 95 % interval contains 0. Use the cheaper or "
        "simpler of the two, or repeat them with more seeds."
    )
    action = Action(f"Use {2 * search.repeats} seeds", {"repeats": min(100, 2 * search.repeats)})
    return Finding("lead_by_chance", "info", text, evidence, action)


def best_experiment(search: Search, trials: Sequence[SearchTrial]) -> Experiment | None:
    """Return the base with the best settings; None before a trial is complete."""
    best = winner(search, trials)
    return search.experiment(best.values) if best else None


def narrowed(search: Search, ranges: Mapping[str, Any]) -> Search:
    """Return the search with smaller ranges: (low, high) or a list of options for each path. The
    strategy, the number of trials and everything else stay. Raises BadExperiment without a range of
    the space (no_ranges), and for a range that the search refuses.
    """
    if not any(dimension.path in ranges for dimension in search.space):
        raise BadExperiment(
            "No range is selected, so the new search would be the same as this one. Draw a box "
            "over an axis under All trials, or set a range under Ranges.",
            code="no_ranges",
        )
    space = []
    for dimension in search.space:
        data = dimension.model_dump(mode="json")
        if dimension.path in ranges:
            new = ranges[dimension.path]
            if isinstance(dimension, NumberRange):
                data |= {"low": new[0], "high": new[1]}
            elif isinstance(dimension, OptionList):
                data |= {"values": list(new)}
        space.append(data)
    return build(Search, search.model_dump(mode="json") | {"space": space})
