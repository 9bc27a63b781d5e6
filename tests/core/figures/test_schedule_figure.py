"""The drawn schedule: the rate of every step that is shown, over the whole run, for every schedule
there is.
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures.schedule import POINTS, figure, rows
from core.figures.template import PALETTES
from core.optim.schedules import Constant, Cosine, Exponential, Schedule

KINDS = st.sampled_from(sorted(Schedule.members))


@given(kind=KINDS, steps=st.integers(1, 5000), epoch_steps=st.integers(1, 300))
def test_points_cover_all_steps_with_their_learning_rates(kind, steps, epoch_steps):
    schedule = Schedule.pick(kind)
    at, rates = rows(schedule, 0.02, steps=steps, epoch_steps=epoch_steps)
    assert at[0] == 0 and at[-1] == steps
    assert all(a < b for a, b in pairwise(at))
    assert len(at) == min(steps, POINTS) + 1
    wanted = [schedule.learning_rate(0.02, k, steps=steps, epoch_steps=epoch_steps) for k in at]
    assert rates == wanted


def test_the_curves_are_those_of_the_formulas():
    assert rows(Constant(), 0.5, steps=4, epoch_steps=2)[1] == [0.5] * 5
    halved = rows(Exponential(gamma=0.5), 1.0, steps=4, epoch_steps=2)
    assert halved == ([0, 1, 2, 3, 4], [1.0, 1.0, 0.5, 0.5, 0.25])
    _, cosine = rows(Cosine(), 1.0, steps=4, epoch_steps=2)
    assert cosine == pytest.approx([1.0, 0.5 + 0.5**1.5, 0.5, 0.5 - 0.5**1.5, 0.0])


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("kind", Schedule.members)
def test_the_axes_show_the_whole_curve(kind, mode):
    at, rates = rows(Schedule.pick(kind), 0.05, steps=6000, epoch_steps=1875)
    drawn = figure(at, rates, epoch_steps=1875, mode=mode)
    (line,) = drawn.data
    assert (list(line.x), list(line.y)) == (at, rates)
    assert line.line.color == PALETTES[mode].best and line.fill == "tozeroy"
    axes = drawn.layout
    assert tuple(axes.xaxis.range) == (0, 6000)
    assert axes.yaxis.range[0] == 0 and axes.yaxis.range[1] > max(rates)
    assert list(axes.yaxis.tickvals) == [0, 0.025, 0.05]
    assert list(axes.yaxis.ticktext) == ["0", "0.025", "0.05"]
    assert "1\u202f875 steps per epoch" in axes.xaxis.title.text


def test_a_run_of_one_step_is_drawn():
    at, rates = rows(Cosine(), 1e-3, steps=1, epoch_steps=1)
    assert at == [0, 1]
    assert tuple(figure(at, rates, epoch_steps=1, mode="light").layout.xaxis.range) == (0, 1)
