"""The execution of a search: the same trials however they are computed and interrupted."""

import signal
import subprocess
import sys
from math import inf
from pathlib import Path

import pytest

from core.base.control import GO, LEAVE, STOP
from core.base.encoding import change
from core.experiment import Experiment
from core.network.presets import MLP
from core.studies.search import execution
from core.studies.search.folder import Searches
from core.studies.search.optuna_samplers import frozen_trials
from core.studies.search.ranges import LogRange, WholeRange
from core.studies.search.records import SearchTrial, TrialStarted, to_line
from core.studies.search.search import Search
from core.studies.search.trial_log import TrialLog

pytestmark = pytest.mark.usefixtures("quick_processes")
BASE = Experiment(
    network=MLP().layers((1, 8, 8)), epochs=2, batch_size=128, device="cpu"
)  # fmt: skip
BASE = change(BASE, "split.fraction", 0.3)
SPACE = (
    LogRange(path="optimizer.learning_rate", low=1e-4, high=0.1),
    WholeRange(path="batch_size", low=64, high=256, log=True),
)
SEARCH = Search(
    base=BASE, space=SPACE, trials=14, parallel=2, finalists=2, repeats=2,
    pruning={"kind": "median", "first": 4},
)  # fmt: skip

GAUSSIAN = Search(
    base=BASE, space=SPACE, trials=2, finalists=0, strategy="gaussian_process", pruning="none"
)


def results(home: Path, search_id: str) -> list[tuple]:
    return [
        (t.number, t.stage, t.values, t.seed, t.state, t.value, t.curve)
        for t in Searches(home).trials(search_id)
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> list[tuple]:
    """The trials of SEARCH in one process, without an interruption."""
    home = tmp_path_factory.mktemp("home")
    search_id = execution.create(home, SEARCH)
    ended = execution.execute(home, search_id, processes=1)
    assert ended.reason == "done"
    return results(home, search_id)


def test_a_search_trains_trials_and_repeats_the_best(reference) -> None:
    stages = [stage for _, stage, *_ in reference]
    assert stages == ["search"] * 14 + ["finalist"] * 4
    assert {state for *_, state, _, _ in reference} == {"done", "pruned"}


def test_two_processes_have_the_same_trials_as_one(tmp_path: Path, reference) -> None:
    search_id = execution.create(tmp_path, SEARCH)
    assert execution.execute(tmp_path, search_id, processes=2).reason == "done"
    assert results(tmp_path, search_id) == reference


def test_an_interrupted_search_goes_on_inside_its_trial(tmp_path: Path, reference) -> None:
    search_id, polls = execution.create(tmp_path, SEARCH), 0

    def leave_in_trial_3(_: object) -> str:
        nonlocal polls
        running = [t for t in Searches(tmp_path).trials(search_id) if t.number == 3]
        polls += bool(running)
        return LEAVE if polls > 2 else GO

    assert execution.execute(tmp_path, search_id, leave_in_trial_3, processes=1) is None
    trial = Searches(tmp_path).trials(search_id)[3]
    saved = Searches(tmp_path).runs(search_id).last(trial.run, "step")
    assert not trial.is_finished and saved["step"] > 0
    assert execution.execute(tmp_path, search_id, processes=1).reason == "done"
    assert results(tmp_path, search_id) == reference
    assert Searches(tmp_path).trials(search_id)[3].run == trial.run


def test_a_trial_whose_process_died_again_and_again_fails_and_is_not_repeated(tmp_path) -> None:
    search = SEARCH.model_copy(update={"trials": 2, "finalists": 0})
    search_id = execution.create(tmp_path, search)
    store = Searches(tmp_path)
    run = store.runs(search_id).create(search.experiment({}).model_dump_json())
    values = {"optimizer.learning_rate": 0.01, "batch_size": 64}
    for _ in range(execution.MAX_STARTS):
        store.append(search_id, to_line(TrialStarted(0, "search", values, 0, run)))
    assert execution.execute(tmp_path, search_id, processes=1).reason == "done"
    dead, other = store.trials(search_id)
    assert (dead.state, dead.code, other.state) == ("failed", "run_died", "done")


def test_a_damaged_run_is_a_failed_trial(tmp_path) -> None:
    search = SEARCH.model_copy(update={"trials": 2, "finalists": 0})
    search_id = execution.create(tmp_path, search)
    store, values = Searches(tmp_path), {"optimizer.learning_rate": 0.01, "batch_size": 64}
    store.append(search_id, to_line(TrialStarted(0, "search", values, 0, "20260101-000000-000000")))
    execution.execute(tmp_path, search_id, processes=1)
    assert [(t.state, t.code) for t in store.trials(search_id)] == [
        ("failed", "run_not_found"), ("done", ""),
    ]  # fmt: skip


def test_stop_ends_the_search_and_a_stopped_trial_counts_as_pruned(tmp_path) -> None:
    search = SEARCH.model_copy(update={"trials": 3, "finalists": 0})
    search_id, store = execution.create(tmp_path, search), Searches(tmp_path)

    def control(work) -> str:
        trials = store.trials(search_id)
        work.pruned = frozenset({0})
        return STOP if len(trials) == 3 else GO

    assert execution.execute(tmp_path, search_id, control, processes=1).reason == "stopped"
    assert store.trials(search_id)[0].state == "stopped"
    assert not store.trials(search_id)[2].is_finished


def test_a_diverged_trial_is_the_worst_one_for_the_sampler() -> None:
    history = [
        SearchTrial(0, "search", {"optimizer.learning_rate": 0.01}, 0, "", "done", 0.5),
        SearchTrial(1, "search", {"optimizer.learning_rate": 0.1}, 0, "", "done", inf,
                    curve=(0.7, inf)),
        SearchTrial(2, "search", {"optimizer.learning_rate": 0.1}, 0, "", "failed"),
    ]  # fmt: skip
    good, bad, failed = frozen_trials(SEARCH, history)
    assert good.value < bad.value < inf and bad.intermediate_values == {1: 0.7}
    assert failed.state.name == "FAIL"


def test_a_gaussian_process_proposes_outside_of_this_process(tmp_path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the process that trains must not sample")

    monkeypatch.setattr(type(GAUSSIAN.strategy), "picker", refuse)
    search_id = execution.create(tmp_path, GAUSSIAN)
    assert execution.execute(tmp_path, search_id, processes=1).reason == "done"
    assert [t.state for t in Searches(tmp_path).trials(search_id)] == ["done", "done"]


def test_no_trial_begins_after_the_time_budget(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(TrialLog, "seconds", lambda log: 10.0 * log.count_ended())
    search = SEARCH.model_copy(update={"seconds": 25.0, "finalists": 0, "parallel": 1})
    search_id = execution.create(tmp_path, search)
    assert execution.execute(tmp_path, search_id, processes=1).reason == "done"
    assert len(Searches(tmp_path).trials(search_id)) == 3  # the third begins after 20 s


KILLED = """
import os, signal, sys
from core.runs.store import Store
from core.studies.search import execution
save, saved = Store.save, []
def save_and_die(store, run, write):
    save(store, run, write)
    saved.append(run)
    if len(saved) == 12:
        os.kill(os.getpid(), signal.SIGKILL)
Store.save = save_and_die
execution.execute(sys.argv[1], sys.argv[2], processes=1)
"""


def test_a_killed_search_resumes_to_the_same_trials(tmp_path: Path, reference) -> None:
    search_id, store = execution.create(tmp_path, SEARCH), Searches(tmp_path)
    command = [sys.executable, "-c", KILLED, str(tmp_path), search_id]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    before = store.trials(search_id)
    assert [trial.is_finished for trial in before[-2:]] == [True, False]
    with store.path(search_id, store.log).open("ab") as file:
        file.write(b'{"event":"TrialEnded","number":')  # torn
    assert execution.execute(tmp_path, search_id, processes=1).reason == "done"
    assert results(tmp_path, search_id) == reference
    assert [trial.run for trial in store.trials(search_id)][: len(before)] == [
        trial.run for trial in before
    ]
