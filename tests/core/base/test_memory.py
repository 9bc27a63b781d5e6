"""Memory in use and memory that is free."""

import mmap

import pytest

from core.base import memory


def test_memory_in_use_grows_with_an_array() -> None:
    before = memory.in_use()
    held = mmap.mmap(-1, 64 << 20)  # pages of its own, never those that were freed before
    held.write(b"x" * len(held))
    assert memory.in_use() - before > 0.8 * len(held)
    assert memory.free() > 0
    assert memory.free("cuda:7") is None  # an experiment from a larger machine


@pytest.mark.parametrize(("limit", "free"), [("1000", 900), ("max", None), (None, None)])
def test_the_limit_of_a_container_counts(tmp_path, monkeypatch, limit, free) -> None:
    if limit:
        (tmp_path / "limit").write_text(limit)
    (tmp_path / "used").write_text("100")
    without = memory.psutil.virtual_memory().available
    monkeypatch.setattr(memory, "LIMITS", (tmp_path / "limit",))
    monkeypatch.setattr(memory, "USED", (tmp_path / "used",))
    assert memory.free() == free if free else memory.free() > without / 2
