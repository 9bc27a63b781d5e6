"""The histogram of a normalization: every value of the training part once, before and after."""

import numpy as np
import pytest

from core.data.normalization import Standardize, Unit
from core.figures import scaling

IMAGES = np.random.default_rng(4).integers(0, 256, (300, 1, 9, 9), dtype=np.uint8)
TRAIN = np.arange(200)


def test_shares_are_those_of_numpy_before_and_after():
    affine = Standardize(per="pixel").fit(IMAGES, TRAIN)
    before, after = scaling.rows(IMAGES, TRAIN, affine)
    raw = IMAGES[TRAIN].astype(float)
    for found, values in ((before, raw), (after, (raw - raw.mean(0)) / raw.std(0, ddof=1))):
        counts, edges = np.histogram(values, bins=scaling.BINS)
        assert found.shares == pytest.approx(counts / raw.size)
        assert found.middles == pytest.approx((edges[1:] + edges[:-1]) / 2, abs=1e-9)


def test_a_large_set_is_sampled(monkeypatch):
    monkeypatch.setattr(scaling, "SAMPLED", 81 * 50)
    before, _ = scaling.rows(IMAGES, TRAIN, Unit().fit(IMAGES, TRAIN))
    counts, _ = np.histogram(IMAGES[TRAIN][::4], bins=scaling.BINS)
    assert before.shares == pytest.approx(counts / counts.sum())


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_two_panels_share_one_log_axis(mode):
    pair = scaling.rows(IMAGES, TRAIN, Unit().fit(IMAGES, TRAIN))
    drawn = scaling.figure(*pair, mode=mode)
    assert [list(t.y) for t in drawn.data] == [list(h.shares) for h in pair]
    assert drawn.layout.yaxis.type == drawn.layout.yaxis2.type == "log"
    assert drawn.layout.yaxis2.matches == "y"
