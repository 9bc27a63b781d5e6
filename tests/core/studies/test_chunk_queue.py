"""The chunk queue: what is left of a study, in which order, and how much is done."""

from collections import Counter
from pathlib import Path

import pytest

from core.studies.chunk_queue import ChunkQueue
from tests.core.studies.test_sweeps import make_study


def queue_of(name: str, home: Path, written: Counter | None = None) -> ChunkQueue:
    queue = ChunkQueue(make_study(name), home, written or Counter())
    assert queue.refill()
    return queue


def test_complete_chunks_are_not_queued_and_count_as_done(tmp_path: Path) -> None:
    executor = queue_of("networks", tmp_path).proposals[0].executor
    written = Counter({(0, 0): executor.counts[0], (0, 1): executor.counts[1] - 1})
    queue = queue_of("networks", tmp_path, written)
    assert list(queue.tasks) == [(0, chunk) for chunk in range(1, len(executor.costs))]
    assert queue.fraction() == pytest.approx(executor.costs[0] / sum(executor.costs))


def test_the_fraction_reaches_one_with_the_last_chunk_of_the_last_experiment(
    tmp_path: Path,
) -> None:
    queue = queue_of("two noises", tmp_path)
    fractions = []
    while queue.has_tasks():
        queue.completed[queue.pop_first()] = 1.0
        fractions.append(queue.fraction())
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0) and queue.remaining == 0


def test_workers_take_the_last_chunk_unless_chunks_must_come_in_order(tmp_path: Path) -> None:
    networks, features = queue_of("networks", tmp_path), queue_of("features", tmp_path)
    assert not networks.in_order() and features.in_order()
    assert networks.pop_longest() == (0, len(networks.proposals[0].executor.costs) - 1)
    assert features.pop_longest() == (0, 0)
