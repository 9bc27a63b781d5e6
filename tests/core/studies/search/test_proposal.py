"""Which trial comes next: pure proposals of each strategy, without training."""

from collections import Counter

import pytest

from core.base.encoding import decode
from core.base.errors import BadExperiment
from core.experiment import Experiment
from core.studies.search.answer import winner
from core.studies.search.folder import Searches
from core.studies.search.proposal import count_trials, propose
from core.studies.search.ranges import LogRange, OptionList, WholeRange
from core.studies.search.records import SearchTrial
from core.studies.search.search import Search

SPACE = (
    LogRange(path="optimizer.learning_rate", low=1e-4, high=0.1),
    WholeRange(path="batch_size", low=16, high=64, log=True),
    OptionList(path="activation", values=("relu", "tanh")),
)


def proposals(search: Search) -> list:
    """All proposals, each trial ending before the next one begins."""
    found, trials = [], []
    while proposal := propose(search, trials):
        found.append(proposal)
        value = 1 / (1 + proposal.number)
        done = SearchTrial(
            proposal.number, "search", proposal.values, proposal.seed, "", "done", value
        )
        trials.append(done)
    return found


def test_a_grid_has_every_combination_of_its_values_once() -> None:
    search = Search(space=SPACE, strategy="grid", trials=20, pruning="none")
    found = proposals(search)
    counts = search.strategy.counts(search)
    assert [each.number for each in found] == list(range(18)) and count_trials(search) >= 18
    assert sorted(counts.values()) == [2, 3, 3]
    settings = [tuple(each.values.values()) for each in found]
    assert len(set(settings)) == len(settings)
    for path, count in counts.items():
        assert Counter(Counter(p.values[path] for p in found).values()) == {18 // count: count}


def test_many_starts_differ_in_their_seeds_alone() -> None:
    search = Search(strategy="many_starts", trials=4)
    found = proposals(search)
    assert [(each.values, each.seed) for each in found] == [({}, seed) for seed in range(4)]
    experiments = [search.experiment(each.values, each.seed) for each in found]
    assert len({each.seeds for each in experiments}) == 4
    same = {each.model_copy(update={"seeds": search.base.seeds}).model_dump_json()
            for each in experiments}  # fmt: skip
    assert same == {search.base.model_dump_json()}


@pytest.mark.parametrize("strategy", ["random", "tpe"])
def test_equal_seeds_propose_equal_trials_and_others_do_not(strategy: str) -> None:
    search = Search(space=SPACE, strategy=strategy, trials=14)
    searches = [search.model_copy(update={"seed": seed}) for seed in (1, 1, 2)]
    made = [[each.values for each in proposals(search)] for search in searches]
    assert made[0] == made[1] != made[2]


def test_a_strategy_that_repeats_refused_values_is_replaced_by_random_draws() -> None:
    search = Search(space=SPACE[1:2], strategy="grid", trials=1, pruning="none")
    only = propose(search, []).values["batch_size"]

    def refuse(experiment: Experiment) -> None:
        if experiment.batch_size == only:
            raise BadExperiment("refused", code="refused")

    assert propose(search, [], refuse).values["batch_size"] != only
    with pytest.raises(BadExperiment) as error:
        propose(search, [], lambda experiment: refuse(search.experiment({"batch_size": only})))
    assert error.value.code == "space_refused"


EARLIER = """{"base": {}, "trials": 2, "space": [
{"kind": "log", "path": "optimizer.learning_rate", "low": 0.0001, "high": 0.1}]}"""
LINES = [
    '{"event":"SearchStarted","description":"Digits","trials":2,"workers":1,"time":1.0}',
    '{"event":"TrialStarted","number":0,"stage":"search","values":{"optimizer.learning_rate":0.01},'
    '"seed":0,"run":"20260101-000000-000000"}',
    '{"event":"TrialEnded","number":0,"state":"done","value":0.25,"second":null,"epochs":3,'
    '"duration":1.5,"parameters":10,"message":"","a_later_field":1}',
]


def test_a_search_of_another_home_opens_with_the_fields_it_has(tmp_path) -> None:
    store = Searches(tmp_path)
    search_id = store.create(EARLIER)
    for line in LINES:
        store.append(search_id, line)
    search, trials = store.search(search_id), store.trials(search_id)
    assert search == decode(Search, EARLIER)
    assert search.experiment(trials[0].values).optimizer.learning_rate == 0.01
    assert [(t.value, t.curve, t.is_complete) for t in trials] == [(0.25, (), True)]
    assert winner(search, trials).values == trials[0].values
