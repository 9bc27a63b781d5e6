"""A made-up search of the digits with its trials, as events and on disk."""

from math import log10
from random import Random

from core.base.encoding import encode
from core.base.events import Ended, to_json
from core.experiment import shipped
from core.studies.search.folder import Searches
from core.studies.search.ranges import LogRange, OptionList, WholeRange
from core.studies.search.records import SearchStarted, TrialEnded, TrialStarted, to_line, trials
from core.studies.search.search import Search

SPACE = (
    LogRange(path="optimizer.learning_rate", low=1e-4, high=1.0),
    WholeRange(path="batch_size", low=8, high=128, log=True),
    OptionList(path="activation", values=("relu", "tanh", "gelu")),
)
PRUNED, FAILED, DIVERGED = {5, 9, 12}, 7, 10  # trials


def search(**fields):
    """A search of three settings; `fields` replace others."""
    return Search(base=shipped()["digits"], space=SPACE, **({"trials": 16} | fields))


def events(made, count=16, *, finalists=2, running=0):
    """The events of a search with so many trials: the loss is lowest at a rate of 0.01, and the
    batch size hardly matters. The last `running` trials have not ended.
    """
    random, found = Random(3), [SearchStarted("Digits, 8 × 8", made.trials, 2, 0.0)]
    results = {}
    for number in range(count):
        values = {d.path: d.at(random.random()) for d in made.space}
        found.append(TrialStarted(number, "search", values, 0, f"run{number}", 3.0 * number))
        if number >= count - running:
            continue
        value = loss(values, random)
        state, message = "done", ""
        if number in PRUNED:
            state, value = "pruned", value + 0.3
        elif number == FAILED:
            state, value, message = "failed", None, "The loss needs classes, and there are none."
        elif number == DIVERGED:
            value = float("inf")
        else:
            results[number] = value
        found.append(ended(number, state, value, message, fraction=(number + 1) / count))
    best = sorted(results, key=results.get)[:finalists]
    for rank, number in enumerate(best):
        values = next(e.values for e in found if isinstance(e, TrialStarted) and e.number == number)
        for seed in range(3):
            again = count + 3 * rank + seed
            found.append(TrialStarted(again, "finalist", values, seed, f"run{again}", 60.0))
            found.append(ended(again, "done", results[number] + 0.01 * seed, fraction=1.0))
    return found


def loss(values, random):
    """The result of these values: lowest at a rate of 0.01."""
    distance = abs(log10(values["optimizer.learning_rate"]) + 2)
    bonus = {"relu": 0.02, "tanh": 0.05, "gelu": 0.0}.get(values.get("activation"), 0.0)
    return 0.08 + 0.15 * distance**2 + bonus + 0.02 * random.random()


def ended(number, state, value, message="", *, fraction):
    """The end of a trial that took 3 seconds."""
    parameters = 1000 + 800 * (number % 7)
    return TrialEnded(
        number, state, value, parameters, 4 if state == "pruned" else 20, 3.0, parameters, message,
        seconds=3.0 * (number + 1), fraction=fraction,
    )  # fmt: skip


def made_up_trials(made, **more):
    """The trials of a made-up search."""
    return trials(events(made, **more))


def store_search(home, made, found=(), end=None):
    """Write a search with these events; return its id."""
    store = Searches(home)
    search_id = store.create(encode(made))
    for event in found:
        store.append(search_id, to_line(event))
    if end:
        store.append(search_id, to_json(end))
    return search_id


DONE = Ended("done", "All trials are finished.", 16, 0)
