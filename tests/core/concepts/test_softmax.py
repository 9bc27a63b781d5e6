"""The softmax table matches a published example and PyTorch, also for scores that overflow."""

from math import inf, isfinite, log

import pytest
import torch

from core.concepts.softmax import divergence, softmax_table
from core.losses import CrossEntropy


def test_the_table_matches_the_published_example() -> None:
    """CS231n course notes: (3.2, 5.1, −1.7) → (24.5, 164.0, 0.18) → (0.13, 0.87, 0.00) → 2.04."""
    table = softmax_table((3.2, 5.1, -1.7), 0)
    assert [row.score for row in table] == [3.2, 5.1, -1.7]
    assert [round(row.exponential, 1) for row in table[:2]] == [24.5, 164.0]
    assert round(table[2].exponential, 2) == 0.18
    assert [round(row.probability, 2) for row in table] == [0.13, 0.87, 0.0]
    assert [row.correct for row in table] == [True, False, False] and round(
        table[0].loss, 2
    ) == 2.04


@pytest.mark.parametrize("classes", [1, 2, 10])
def test_probabilities_and_losses_equal_pytorch(classes: int) -> None:
    z = 3 * torch.randn(classes, dtype=torch.float64)
    table = softmax_table(z.tolist(), classes - 1)
    assert [row.probability for row in table] == pytest.approx(z.softmax(0).tolist(), rel=1e-12)
    for label, row in enumerate(table):
        loss = CrossEntropy().call().make()(z[None], torch.tensor([label])).item()
        assert row.loss == pytest.approx(loss, rel=1e-12, abs=1e-15)


def test_large_scores_do_not_overflow() -> None:
    table = softmax_table((1000.0, 0.0, -1000.0), 1)
    assert [row.exponential for row in table] == [inf, 1.0, 0.0]
    assert [row.probability for row in table] == [1.0, 0.0, 0.0]
    assert [row.loss for row in table] == [0.0, 1000.0, 2000.0]
    assert all(isfinite(row.probability) and isfinite(row.loss) for row in table)


def test_cross_entropy_is_entropy_plus_divergence() -> None:
    z, q = torch.randn(5, dtype=torch.float64), torch.rand(5, dtype=torch.float64).softmax(0)
    cross, entropy, kl = divergence(z.tolist(), q.tolist())
    expected = torch.nn.functional.kl_div(z.log_softmax(0), q, reduction="sum").item()
    assert kl == pytest.approx(expected, rel=1e-10) and cross == pytest.approx(entropy + kl)
    smooth = CrossEntropy(smoothing=0.1).call().make()
    target = [0.9 + 0.1 / 5, *[0.1 / 5] * 4]
    assert divergence(z.tolist(), target)[0] == pytest.approx(
        smooth(z[None], torch.tensor([0])).item(), rel=1e-12
    )


def test_for_a_one_hot_target_the_divergence_is_the_loss() -> None:
    table = softmax_table((0.0, 0.0), 1)
    assert divergence((0.0, 0.0), (0, 1)) == (table[1].loss, 0, log(2))
