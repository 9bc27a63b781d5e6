"""The chart of effects shows the numbers and what was found about them."""

import pytest

from core.figures import effects as figures
from tests.core.advice.test_paired_effects import effect

EFFECTS = [
    effect([0.3, 0.31, 0.32], [0.29, 0.32, 0.32], name="With flip"),
    effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13], name="Without a schedule (constant rate)"),
    effect([0.1, 0.12, 0.13], [0.13, 0.16, 0.17], name="With SAM"),
    effect([0.3], [0.31], name="With one seed"),
    effect([], [], name="Without a pair"),
]


@pytest.mark.parametrize("form", ["error", "accuracy"])
def test_every_effect_is_a_dot_with_its_interval_in_percentage_points(form) -> None:
    rows = figures.rows(EFFECTS, form)
    assert [row.meaning for row in rows] == [
        "helps", "harms", figures.UNDECIDED, figures.UNDECIDED
    ]  # fmt: skip
    drawn = figures.figure(rows, "dark", title=figures.axis_title(EFFECTS[0], form))
    dots = {
        (x, y): (x - minus, x + plus)
        for trace in drawn.data
        for x, y, minus, plus in zip(
            trace.x, trace.y, trace.error_x.arrayminus, trace.error_x.array, strict=True
        )
    }
    sign = 1 if form == "error" else -1
    for row, one in zip(rows, [EFFECTS[1], EFFECTS[2], EFFECTS[3], EFFECTS[0]], strict=True):
        mean, low, high = [100 * sign * value for value in one.interval or [one.mean] * 3]
        assert dots[row.difference[0], figures.wrap(row.name)] == pytest.approx(
            tuple(sorted((low, high)))
        )
        assert row.difference[0] == pytest.approx(mean)
    looks = {(t.marker.color, t.marker.symbol) for t in drawn.data}
    assert len(looks) == 3 == len({symbol for _, symbol in looks})


def test_effects_on_values_are_in_r2() -> None:
    one = effect([0.3, 0.31, 0.32], [0.1, 0.12, 0.13], regression=True)
    (row,) = figures.rows([one], "error")
    assert row.difference == one.values("error") and row.difference[0] > 0
    assert "R²" in figures.axis_title(one, "error")
