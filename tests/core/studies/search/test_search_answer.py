"""What the trials of a search answer, against direct computations."""

import random
from math import inf
from statistics import median

import pytest

from core.base.errors import BadExperiment
from core.base.numbers import THIN
from core.studies.search.answer import (
    best_experiment,
    best_so_far,
    best_trials,
    narrowed,
    pareto,
    random_band,
    random_part,
    winner,
)
from core.studies.search.ranges import LogRange, OptionList
from core.studies.search.records import SearchTrial
from core.studies.search.search import Search

SEARCH = Search(
    space=[
        LogRange(path="optimizer.learning_rate", low=1e-4, high=1.0),
        OptionList(path="activation", values=("relu", "gelu", "tanh")),
    ],
    finalists=2,
    repeats=3,
)


def trial(number: int, value: float | None, *, rate: float = 0.0, **more) -> SearchTrial:
    values = {"optimizer.learning_rate": rate or 0.001 * (number + 1), "activation": "relu"}
    known = {"stage": "search", "seed": 0, "state": "done", "finished_at": 10.0 - number}
    return SearchTrial(number=number, values=values, run="", value=value, **known | more)


def repeats(number: int, rate: float, results: list[float]) -> list[SearchTrial]:
    return [
        trial(number + k, value, rate=rate, stage="finalist", seed=k + 1)
        for k, value in enumerate(results)
    ]


def test_the_best_so_far_falls_over_trials_and_over_seconds() -> None:
    trials = [trial(0, 0.5), trial(1, inf), trial(2, 0.7, state="pruned"), trial(3, 0.2)]
    assert [(p.x, p.best) for p in best_so_far(trials)] == [(1, 0.5), (2, 0.5), (4, 0.2)]
    assert [(p.x, p.best) for p in best_so_far(trials, "seconds")] == [
        (7, 0.2),
        (9, 0.2),
        (10, 0.2),
    ]


def test_the_band_of_random_search_is_that_of_simulated_draws() -> None:
    source = random.Random(0)
    results = [source.random() for _ in range(401)]
    band = random_band(results, 20)
    for n in (1, 3, 20):
        best = sorted(min(source.choices(results, k=n)) for _ in range(4000))
        assert band.middle[n - 1] == pytest.approx(median(best), abs=0.03)
        assert band.low[n - 1] == pytest.approx(best[400], abs=0.03)
        assert band.high[n - 1] == pytest.approx(best[3600], abs=0.03)
    assert random_band([0.5, 0.1], 5) is None
    assert random_band([0.5, inf, 0.2], 9).middle[8] == 0.2


def test_only_trials_drawn_at_random_make_the_band() -> None:
    trials = [trial(number, number / 10) for number in range(30)]
    assert len(random_part(SEARCH, trials)) == 13  # 10 and those chosen before the tenth ended
    everything = Search.model_validate(SEARCH.model_dump() | {"strategy": "random"})
    assert len(random_part(everything, trials)) == 30


def test_the_front_has_the_trials_that_no_other_one_beats() -> None:
    source = random.Random(1)
    trials = [trial(k, source.random(), second=source.random()) for k in range(60)]
    trials += [trial(60, inf, second=0.0), trial(61, 0.0, second=0.0, state="failed")]
    finite = trials[:60]
    expected = [
        t
        for t in finite
        if not any(
            (o.value <= t.value and o.second < t.second)
            or (o.value < t.value and o.second <= t.second)
            for o in finite
        )
    ]
    assert pareto(trials) == sorted(expected, key=lambda t: t.second)


def test_a_clear_lead_and_a_lead_by_chance_are_told_apart() -> None:
    first = [trial(0, 0.30), trial(1, 0.31), trial(2, 0.9)]
    clear = first + repeats(3, 0.001, [0.4, 0.41, 0.4]) + repeats(6, 0.002, [0.5, 0.52, 0.5])
    best = winner(SEARCH, clear)
    assert best.finding.code == "clear_winner" and best.is_clear
    assert best.number == 0 and best.mean == pytest.approx(0.4033, abs=1e-4)
    assert best.interval[0] < best.mean < best.interval[1]
    assert best.runner_up["optimizer.learning_rate"] == 0.002
    close = first + repeats(3, 0.001, [0.4, 0.5, 0.4]) + repeats(6, 0.002, [0.45, 0.4, 0.46])
    best = winner(SEARCH, close)
    assert best.finding.code == "lead_by_chance" and not best.is_clear
    assert best.finding.action.changes == {"repeats": 6}


def test_repeated_seeds_can_turn_the_order_round() -> None:
    first = [trial(0, 0.30), trial(1, 0.31)]
    lucky = first + repeats(2, 0.001, [0.6, 0.61, 0.6]) + repeats(5, 0.002, [0.4, 0.41, 0.4])
    assert winner(SEARCH, lucky).number == 1
    assert best_experiment(SEARCH, lucky).optimizer.learning_rate == 0.002


def test_one_seed_names_the_best_with_a_warning_and_a_diverged_finalist_cannot_win() -> None:
    first = [trial(0, 0.30), trial(1, 0.31)]
    assert winner(SEARCH, []) is None and best_experiment(SEARCH, []) is None
    assert winner(SEARCH, [trial(0, inf)]) is None
    assert winner(SEARCH, first).finding.code == "best_of_single_seeds"
    unstable = first + repeats(2, 0.001, [0.1, inf, 0.1]) + repeats(5, 0.002, [0.4, 0.41, 0.4])
    best = winner(SEARCH, unstable)
    assert (best.number, best.finding.code) == (1, "only_finalist")


def test_an_error_is_a_percentage_in_the_finding_and_a_loss_is_a_number() -> None:
    trials = [trial(0, 0.021), trial(1, 0.05)]
    trials += repeats(2, 0.001, [0.021, 0.022, 0.021]) + repeats(5, 0.002, [0.05, 0.051, 0.05])
    of_error = Search.model_validate(SEARCH.model_dump() | {"goal": "validation_error"})
    for some in (trials[:2], trials):
        assert "%" not in winner(SEARCH, some).finding.text.replace("95 %", "")
        assert f"2.1{THIN}%" in winner(of_error, some).finding.text


def test_equal_settings_are_one_candidate() -> None:
    trials = [trial(0, 0.4, rate=0.5), trial(1, 0.3, rate=0.5), trial(2, 0.35, rate=0.1)]
    assert [t.number for t in best_trials(trials, 3)] == [1, 2]


def test_a_narrowed_search_keeps_everything_but_the_ranges() -> None:
    smaller = narrowed(
        SEARCH, {"optimizer.learning_rate": (0.01, 0.1), "activation": ["relu", "tanh"]}
    )
    assert (smaller.space[0].low, smaller.space[0].high) == (0.01, 0.1)
    assert smaller.space[1].values == ("relu", "tanh")
    assert smaller.model_copy(update={"space": SEARCH.space}) == SEARCH
    with pytest.raises(BadExperiment) as refused:
        narrowed(SEARCH, {"activation": ["relu"]})
    assert refused.value.code == "too_few_options"
    for ranges in ({}, {"batch_size": (8, 16)}):  # none, and one that the search does not vary
        with pytest.raises(BadExperiment) as refused:
            narrowed(SEARCH, ranges)
        assert refused.value.code == "no_ranges"
