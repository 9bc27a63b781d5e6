"""What the figures of the loss landscape show at their limits."""

import pytest

from core.figures import landscape

STEPS = [-1.0, 0.0, 1.0]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_losses_that_are_not_finite_are_cut_off(mode: str) -> None:
    inf, nan = float("inf"), float("nan")
    grid = {"x": STEPS, "y": STEPS, "loss": [[1.0, 0.1, inf], [nan, 0.01, 1e9], [2.0, 0.1, 3.0]]}
    (contour, *_) = landscape.plane(grid, mode).data
    assert contour.z[1][1] == pytest.approx(-2)
    assert contour.z[0][2] == contour.z[1][0] == contour.z[1][2] == pytest.approx(4)
    line = landscape.line({"alphas": STEPS, "loss": {"train": [inf, 0.5, 2.0]}}, ("a", "b"), mode)
    assert line.data[0].y == (None, 0.5, 2.0)


@pytest.mark.parametrize(("losses", "kind"), [([1.0, 0.5, 2.0], None), ([1.0, 0.01, 2.0], "log")])
def test_the_axis_is_logarithmic_where_losses_differ_much(losses: list, kind: str | None) -> None:
    drawn = landscape.profiles({"run": {"steps": STEPS, "loss": [losses, losses]}}, "light")
    assert drawn.layout.yaxis.type == kind


def test_the_path_names_its_ends_and_the_best_epoch() -> None:
    grid = {
        "x": STEPS, "y": STEPS, "loss": [[1.0] * 3] * 3, "path": [[1, 1], [0.5, 0], [0, 0]],
        "epochs": [0, 1, 2], "explained": [0.9, 0.1],
    }  # fmt: skip
    words = [note.text for note in landscape.plane(grid, "light", 1).layout.annotations]
    assert words == ["initial weights", "end", "best epoch"]
    assert len(landscape.plane(grid, "light", 2).layout.annotations) == 2


def test_legends_are_above_the_curves() -> None:
    losses = {"alphas": STEPS, "loss": {"train": [1.0, 0.5, 2.0]}}
    runs = {"run": {"steps": STEPS, "loss": [[1.0, 0.5, 2.0]]}}
    for drawn in (landscape.line(losses, ("a", "b"), "light"), landscape.profiles(runs, "light")):
        assert drawn.layout.legend.y > 1 and drawn.layout.legend.yanchor == "bottom"
