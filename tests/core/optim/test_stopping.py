"""Every stopping rule on made sequences of losses."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import Epoch
from core.optim.stopping import Patience, StoppingRule, TimeLimit


def epochs(losses: list[float | None]) -> list[Epoch]:
    scores = [None if loss is None else {"loss": loss, "accuracy": 0.5} for loss in losses]
    return [
        Epoch(k + 1, 10 * (k + 1), {"loss": 1.0, "accuracy": 0.5}, s, False)
        for k, s in enumerate(scores)
    ]


def ends_after(rule: StoppingRule, losses: list[float]) -> int | None:
    """The first epoch after which the rule fires."""
    return next(
        (k for k in range(1, len(losses) + 1) if rule.after_epoch(epochs(losses[:k]))), None
    )


@pytest.mark.parametrize(
    ("rule", "losses", "epoch"),
    [
        (Patience(patience=2), [5, 4, 3, 3.5, 3.2, 3.1], 5),
        (Patience(patience=2), [5, 4, 3, 3.5, 2.9, 3.1, 3.0], 7),
        (Patience(patience=1), [1, 1], 2),
        (Patience(patience=3), [3, 2, 1, 0.5, 0.2], None),
        (Patience(patience=2, improvement=0.5), [5, 4.8, 4.6, 4.4], 3),
        (Patience(patience=2, improvement=0.5), [5, 4.4, 3.8, 3.2], None),
        (Patience(patience=2), [float("nan")] * 3, 3),
    ],
)
def test_patience_fires_after_this_epoch(
    rule: Patience, losses: list[float], epoch: int | None
) -> None:
    assert ends_after(rule, losses) == epoch


@given(st.lists(st.floats(0, 10), max_size=40), st.integers(1, 5))
def test_patience_equals_the_plain_definition(losses: list[float], patience: int) -> None:
    """It fires at k when the best of all k losses is older than `patience` epochs."""
    best = [k for k in range(len(losses)) if k == 0 or losses[k] < min(losses[:k])]
    expected = next(
        (k + 1 for k in range(len(losses)) if k - max(b for b in best if b <= k) >= patience), None
    )
    assert ends_after(Patience(patience=patience), losses) == expected


def test_patience_waits_when_there_is_no_validation_part() -> None:
    assert not Patience(patience=1).after_epoch(epochs([None] * 10))


def test_the_time_limit_counts_minutes() -> None:
    rule = TimeLimit(minutes=0.5)
    assert [rule.in_time(seconds) for seconds in (0, 29.9, 30.0, 31)] == [True, True, False, False]
    assert all(a >= b for a, b in pairwise(rule.in_time(s) for s in range(100)))


@pytest.mark.parametrize("cls", StoppingRule.members.values())
def test_facts_for_menus_stand_at_the_class(cls: type[StoppingRule]) -> None:
    assert (
        cls.label and cls.doc() and cls.formula and cls.source and cls.technique and cls().summary
    )
