"""The home of a test's lab."""

import pytest

from core.jobs import runner
from core.runs.store import Store


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store of a lab with a home of its own."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    return Store(tmp_path)
