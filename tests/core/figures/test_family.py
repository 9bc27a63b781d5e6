"""The family tree: the common trunk once, and branches that begin on their parent's curve."""

import pytest

from core.base.events import Epoch
from core.figures.family import MOST, FamilyMember, chart_height, figure, rows
from core.figures.template import PALETTES


def epochs(*parts, validation=True):
    """Epochs up to the last one of each part (last, offset): validation loss 1 / epoch + offset."""
    made = []
    for last, offset in parts:
        for k in range(len(made) + 1, last + 1):
            scores = {"loss": 1 / k + offset, "accuracy": 0.5} if validation else None
            made.append(Epoch(k, 10 * k, {"loss": 2 / k, "accuracy": 0.5}, scores, best=k == last))
    return made


def member(run, *parts, fork=None):
    return FamilyMember(run, f"change {run}", "cross_entropy", epochs(*parts), fork)


ROOT = member("a", (10, 0.0))
EARLY = member("b", (3, 0.0), (8, 0.1), fork=3)
SECOND = member("c", (3, 0.0), (5, 0.1), (9, 0.2), fork=5)
EXTENDED = member("d", (10, 0.0), (20, 0.0), fork=10)


def test_the_trunk_is_drawn_once_and_branches_begin_on_the_curve_of_their_parent():
    tree = rows([ROOT, EARLY, SECOND, EXTENDED])
    assert tree.trunk == [(k, 1 / k) for k in (1, 2, 3)]
    starts = [(curve.at[0], curve.values[0]) for curve in tree.branches]
    assert starts == [(3, 1 / 3), (3, 1 / 3), (5, 1 / 5 + 0.1), (10, 1 / 10)]
    ends = [(curve.at[-1], curve.values[-1]) for curve in tree.branches]
    assert ends == [(10, 1 / 10), (8, 1 / 8 + 0.1), (9, 1 / 9 + 0.2), (20, 1 / 20)]
    assert tree.forks == starts[1:]
    drawn = [point for c in tree.branches for point in zip(c.at, c.values, strict=True)]
    assert len(drawn) == len(set(drawn)) + len(tree.forks)  # every other point is drawn once
    stars = [curve.at[curve.best] for curve in tree.branches]
    assert stars == [10, 8, 9, 20]


def test_extensions_alone_leave_no_branch_of_the_root_and_a_deleted_root_keeps_its_trunk():
    tree = rows([ROOT, EXTENDED])
    assert len(tree.trunk) == 10 and [curve.at[0] for curve in tree.branches] == [10]
    orphans = rows([EARLY, SECOND])
    assert orphans.trunk == [(k, 1 / k) for k in (1, 2, 3)]
    assert [curve.at[0] for curve in orphans.branches] == [3, 5]
    late = member("e", (5, 0.0), (9, 0.1), fork=5)  # and what it shares with its deleted parent
    whole = rows([late, member("f", (3, 0.0), (7, 0.2), fork=3)])
    assert [curve.at[0] for curve in whole.branches] == [3, 3] and whole.forks == [(3, 1 / 3)]


def test_epoch_0_has_no_value_and_a_queued_fork_no_curve():
    queued = FamilyMember("q", "Q", "cross_entropy", [], 2)
    tree = rows([ROOT, member("z", (4, 0.3), fork=0), queued])
    assert tree.trunk == [] and tree.forks == []
    assert [curve.at[0] for curve in tree.branches] == [1, 1]


def test_without_a_validation_set_the_training_loss_is_drawn():
    plain = FamilyMember("a", "A", "mse", epochs((4, 0.0), validation=False))
    assert rows([plain]).branches[0].values == [2.0, 1.0, 2 / 3, 0.5]


@pytest.mark.parametrize("mode", PALETTES)
def test_the_figure_names_the_trunk_and_each_change_in_its_own_colour(mode):
    tree = rows([ROOT, EARLY, SECOND, EXTENDED])
    drawn = figure(tree, mode)
    named = {trace.name: trace for trace in drawn.data if trace.showlegend is not False}
    assert set(named) == {"Before the forks", *(curve.name for curve in tree.branches)}
    assert len({trace.line.color for trace in named.values()}) == 5
    assert drawn.layout.height == chart_height(tree) > drawn.layout.margin.b
    (dots,) = (trace for trace in drawn.data if trace.name == "Fork")
    assert list(zip(dots.x, dots.y, strict=True)) == tree.forks


def test_a_large_family_is_cut_at_the_number_of_colours():
    many = [member(f"m{k}", (3, 0.0), (5, 0.1 * k), fork=3) for k in range(MOST + 3)]
    lines = [t for t in figure(rows([ROOT, *many]), "light").data if t.mode == "lines+markers"]
    assert len(lines) == MOST
