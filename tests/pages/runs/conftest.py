"""A lab that never trains, and two finished runs in it."""

import pytest

from core.base.encoding import encode
from core.jobs import runner
from core.jobs.lane import Lane
from core.runs.store import Store
from tests.conftest import ended, script, write
from tests.pages.runs.runs_page import OTHER, PLAIN


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store of a lab that never trains."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return Store(tmp_path)


@pytest.fixture
def two(store):
    """Two finished runs, in the order of the table."""
    for experiment in (PLAIN, OTHER):
        run = store.create(encode(experiment))
        write(store, run, [*script(), ended()])
    return store.ids()
