"""Samples on disk: a pass reads each block once, and gives what the whole array gives."""

import numpy as np
import pytest
import torch

from core.data import blocks
from core.data.blocks import WINDOW, Blocks

INPUTS = np.random.default_rng(0).integers(0, 256, (1000, 1, 4, 4), dtype=np.uint8)
ROWS = np.flatnonzero(np.arange(1000) % 7)  # the training part: not contiguous


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "x.npy", INPUTS)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def small(mapped):
    return Blocks(mapped, ROWS, window=16 * 10 * WINDOW)  # ten samples in a block


def test_an_order_has_every_sample_once_and_depends_on_the_generator_alone(mapped):
    draw = lambda seed: small(mapped).order(torch.Generator().manual_seed(seed))  # noqa: E731
    first = draw(1)
    assert sorted(first.tolist()) == list(range(len(ROWS)))
    assert torch.equal(first, draw(1)) and not torch.equal(first, draw(2))


def test_samples_are_mixed_within_a_window_and_windows_come_from_everywhere(mapped):
    order = small(mapped).order(torch.Generator().manual_seed(1)).numpy()
    window = order[: 10 * WINDOW]
    assert len(set(window // 10)) == WINDOW  # whole blocks, each complete
    assert np.ptp(window // 10) > WINDOW  # not neighbours
    correlation = np.corrcoef(np.arange(80), window % 10)[0, 1]
    assert abs(correlation) < 4 / np.sqrt(80)  # no order left inside


def test_taken_in_batches_it_is_the_array_and_each_block_is_read_once(mapped, monkeypatch):
    held = small(mapped)
    order, reads = held.order(torch.Generator().manual_seed(3)).numpy(), []
    real = Blocks._block

    def counted(self, block):
        if block not in self.cached:
            reads.append(block)
        return real(self, block)

    monkeypatch.setattr(Blocks, "_block", counted)
    for start in range(0, len(order), 64):
        batch = order[start : start + 64]
        assert np.array_equal(held.take(batch), INPUTS[ROWS[batch]])
        assert len(held.cached) <= blocks.WINDOW
    assert sorted(reads) == list(range(-(-len(ROWS) // 10)))
