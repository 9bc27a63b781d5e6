"""Every stopping rule on made sequences of losses, and the marks where each would have ended a run
that went on.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.events import Epoch
from core.optim.marks import Marks, marks, untaken
from core.optim.stopping import (
    AbsoluteChange,
    GradientNorm,
    Patience,
    RelativeChange,
    StoppingRule,
    Target,
    TimeLimit,
    has_early_stopping,
    with_early_stopping,
)


def epochs(losses: list[float | None]) -> list[Epoch]:
    scores = [None if loss is None else {"loss": loss, "accuracy": 0.5} for loss in losses]
    return [
        Epoch(k + 1, 10 * (k + 1), {"loss": 1.0, "accuracy": 0.5}, s, False)
        for k, s in enumerate(scores)
    ]


def trained(losses: list[float], gradients: list[float | None] | None = None) -> list[Epoch]:
    """Epochs of a full batch with these training losses and gradient norms."""
    norms = gradients or [None] * len(losses)
    return [
        Epoch(k, k, {"loss": f, "accuracy": 0.5}, None, False, 60.0 * k, g)
        for k, (f, g) in enumerate(zip(losses, norms, strict=True), 1)
    ]


def ended(rule: StoppingRule, history: list[Epoch]) -> int | None:
    """The first epoch after which the rule fires, asked as the loop asks."""
    seen = range(1, len(history) + 1)
    return next((k for k in seen if rule.after_epoch(history[:k])), None)


def ends_after(rule: StoppingRule, losses: list[float]) -> int | None:
    """The first epoch after which the rule fires."""
    return ended(rule, epochs(losses))


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


def scored(part: str, **scores: list[float]) -> list[Epoch]:
    """Epochs with these scores of one part; the other one has scores that reach no target."""
    rows = [dict(zip(scores, row, strict=True)) for row in zip(*scores.values(), strict=True)]
    poor = {"loss": 9.0, "accuracy": 0.0}
    parts = [(row, poor) if part == "train" else (poor, row) for row in rows]
    return [Epoch(k, k, *both, False) for k, both in enumerate(parts, 1)]


@pytest.mark.parametrize(
    ("rule", "history", "epoch"),
    [
        (Target(target=0.9), scored("validation", loss=[1, 1, 1], accuracy=[0.8, 0.9, 0.95]), 2),
        (Target(target=0.9), scored("validation", loss=[1, 1], accuracy=[0.8, 0.89]), None),
        (Target(target=0.9), scored("train", loss=[1, 1], accuracy=[0.8, 0.99]), None),
        (
            Target(target=0.9, part="training"),
            scored("train", loss=[1, 1], accuracy=[0.8, 0.99]),
            2,
        ),
        (Target(target=0.5), scored("validation", loss=[1, 1], r2=[-3.0, 0.5]), 2),
        (
            Target(target=0.5, measure="loss"),
            scored("validation", loss=[float("nan"), 0.6, 0.5], accuracy=[1, 1, 1]),
            3,
        ),
        (Target(), epochs([None] * 3), None),
    ],
)
def test_a_run_ends_when_the_target_is_reached(rule, history, epoch) -> None:
    assert ended(rule, history) == epoch


NAN = float("nan")


@pytest.mark.parametrize(
    ("rule", "losses", "epoch"),
    [
        (AbsoluteChange(limit=0.1), [3, 2, 1.5, 1.45, 1.0], 4),
        (AbsoluteChange(limit=0.1), [3, 2, 2.5, 1.0], 3),  # signed: a rising loss ends it
        (AbsoluteChange(limit=0.1, difference="absolute"), [3, 2, 2.5, 1.0, 0.95], 5),
        (AbsoluteChange(limit=0.5), [2, 1.5, 1.0], None),  # exactly the limit goes on
        (AbsoluteChange(limit=0.0), [2, 2], None),
        (AbsoluteChange(limit=0.0), [2, 3], 2),
        (AbsoluteChange(limit=0.0, difference="absolute"), [2, 2, 3, 3], None),
        (AbsoluteChange(limit=0.1), [2], None),
        (AbsoluteChange(limit=0.1), [NAN, NAN, 1], None),
        (RelativeChange(limit=0.1), [10, 8, 7.5], 3),
        (RelativeChange(limit=0.1), [0.1, 0.08, 0.06], None),  # of itself, however small
        (RelativeChange(limit=0.25), [4, 3, 2.25], None),
        (RelativeChange(limit=0.1), [-1, -1.05], 2),  # a share of its size
        (RelativeChange(limit=0.1, difference="absolute"), [1, 2, 1.9, 2.0], 3),
    ],
)
def test_a_small_change_of_the_training_loss_ends_the_run_at_this_epoch(
    rule, losses, epoch
) -> None:
    assert ended(rule, trained(losses)) == epoch


CHANGES = st.builds(AbsoluteChange, limit=st.sampled_from([0.0, 0.5, 1.0])) | st.builds(
    RelativeChange, limit=st.sampled_from([0.0, 0.1, 0.5])
)


@given(CHANGES, st.booleans(), st.lists(st.integers(-8, 8), min_size=1, max_size=20))
def test_changes_equal_their_formulas_in_numpy(rule, signed, losses) -> None:
    rule = rule.model_copy(update={"difference": "signed" if signed else "absolute"})
    f = np.array(losses, dtype=float)
    fall = f[:-1] - f[1:] if signed else np.abs(f[:-1] - f[1:])
    share = np.abs(f[:-1]) if isinstance(rule, RelativeChange) else 1.0
    fires = np.flatnonzero(fall < rule.limit * share)
    assert ended(rule, trained(losses)) == (fires[0] + 2 if len(fires) else None)


@pytest.mark.parametrize(
    ("gradients", "epoch"),
    [([3, 0.2, 0.1, 0.05], 3), ([3, 2, 1], None), ([None, None], None), ([NAN, 0.0], 2)],
)
def test_a_small_gradient_norm_ends_the_run(gradients, epoch) -> None:
    history = trained([1.0] * len(gradients), gradients)
    assert ended(GradientNorm(limit=0.1), history) == epoch


RULES = [cls() for cls in StoppingRule.members.values()] + [
    Patience(patience=1), AbsoluteChange(limit=0.5, difference="absolute"), TimeLimit(minutes=2),
    RelativeChange(limit=0.3), GradientNorm(limit=2.0),
]  # fmt: skip
NUMBERS = st.floats(0, 4)


@pytest.mark.parametrize("rule", RULES, ids=repr)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.none() | NUMBERS, NUMBERS), max_size=12))
def test_a_mark_is_where_the_loop_would_have_ended(rule, rows) -> None:
    history = [
        Epoch(k, 7 * k, {"loss": f}, v if v is None else {"loss": v}, False, 60 * k, g)
        for k, (f, g, v, _) in enumerate(rows, 1)
    ]
    at = ended(rule, history)
    found = marks([rule], history)
    assert [(m.rule, m.epoch, m.step) for m in found] == ([(rule, at, 7 * at)] if at else [])


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.none() | NUMBERS, NUMBERS), max_size=12))
def test_marks_updated_by_epoch_equal_marks_of_the_whole_run(rows) -> None:
    history = [
        Epoch(k, 7 * k, {"loss": f}, v if v is None else {"loss": v}, False, 60 * k, g)
        for k, (f, g, v, _) in enumerate(rows, 1)
    ]
    kept = Marks(RULES)
    for k, epoch in enumerate(history, 1):
        kept.add(epoch)
        assert kept.found() == marks(RULES, history[:k])
    assert all(history[mark.row].epoch == mark.epoch for mark in kept.found())


def test_untaken_rules_are_all_other_rules() -> None:
    kinds = {rule.kind for rule in untaken([Patience(patience=2)])}
    assert kinds == set(StoppingRule.members) - {"patience"} and len(untaken([])) == len(kinds) + 1


def test_early_stopping_is_added_only_once() -> None:
    assert with_early_stopping([]) == [{"kind": "patience"}]
    marking = Patience(patience=3, only_mark=True)
    assert not has_early_stopping([marking, TimeLimit()])
    assert with_early_stopping([marking]) == [Patience(patience=3).model_dump()]


def test_a_mark_reports_what_stopping_there_would_have_cost() -> None:
    history = epochs([5, 3, 3.5, 3.2, 2.5, 2.0, 2.2])
    patient, eager = marks([Patience(patience=3), Patience(patience=2)], history + history[-1:] * 2)
    assert (eager.epoch, eager.step, eager.kept, eager.cost) == (4, 40, 3, 1)
    assert (patient.kept, patient.cost) == (2.0, 0.0)


def test_a_mark_without_validation_has_no_cost() -> None:
    (mark,) = marks([AbsoluteChange(limit=1.0)], trained([3, 2.5, 1]))
    assert (mark.epoch, mark.kept, mark.cost) == (2, None, None)
    bad = [replace(e, validation={"loss": NAN}) for e in trained([3, 2.5, 1])]
    assert marks([AbsoluteChange(limit=1.0)], bad)[0].cost is None


def test_without_epochs_there_are_no_marks() -> None:
    assert marks(RULES, []) == () and not any(rule.after_epoch([]) for rule in RULES)


def test_the_time_limit_counts_minutes() -> None:
    rule = TimeLimit(minutes=0.5)
    assert [rule.in_time(seconds) for seconds in (0, 29.9, 30.0, 31)] == [True, True, False, False]
    assert all(a >= b for a, b in pairwise(rule.in_time(s) for s in range(100)))


@pytest.mark.parametrize("cls", StoppingRule.members.values())
def test_every_stopping_rule_declares_the_facts_of_its_menu_entry(cls: type[StoppingRule]) -> None:
    assert (
        cls.label and cls.doc() and cls.formula and cls.source and cls.technique and cls().summary
    )
