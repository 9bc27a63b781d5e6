"""Deleted runs: kept for seven days, restored under their id."""

import json
import os
from pathlib import Path

import pytest

from core.base.errors import NotFound
from core.runs import trash
from core.runs.store import Store

EVENT = '{"event": "Step", "n": 0}'


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_deleted_run_is_in_the_trash_until_it_is_restored(store: Store) -> None:
    run = store.create('{"a": 1}')
    store.append(run, EVENT)
    trash.delete(store, run)
    assert (store.ids(), store.trash.ids()) == ([], [run])
    assert store.trash.last(run) == json.loads(EVENT)
    trash.restore(store, run)
    assert (store.ids(), store.trash.ids()) == ([run], [])
    assert (store.experiment(run), store.last(run)) == ('{"a": 1}', json.loads(EVENT))
    for name in (run, "../x"):
        with pytest.raises(NotFound):
            trash.restore(store, name)


def test_after_seven_days_a_deleted_run_is_removed(store: Store) -> None:
    old, young = store.create("{}"), store.create("{}")
    trash.delete(store, old)
    begun = trash.deletion_times(store)[old] - trash.TRASH_DAYS * 86_400
    os.utime(store.trash.path(old), (begun, begun))
    trash.delete(store, young)  # the rule is kept with every deletion
    assert store.trash.ids() == [young]
    assert trash.purge(store) == 0 and trash.purge(store, days=0) == 1
    assert store.trash.ids() == []


def test_an_id_that_is_used_here_or_in_the_trash_is_replaced(store: Store) -> None:
    free = "20260102-030405-abcdef"
    assert store.free_id(free) == free
    here, deleted = store.create("{}"), store.create("{}")
    trash.delete(store, deleted)
    for taken in (here, deleted):
        other = store.free_id(taken)
        assert other != taken and other[:15] == taken[:15] and len(other) == len(taken)
    assert len(store.free_id("../../x")) == len(free)
