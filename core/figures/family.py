"""The family tree of forked runs in one chart, by epoch: the common trunk once, and a coloured
branch for each run from the epoch of its fork on.

The branches are drawn as the curves of compared runs (overlay.py). Knows plotly, no torch and no
page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import plotly.graph_objects as go

from core.base.events import Epoch
from core.figures import overlay, overlay_curves
from core.figures.overlay_curves import OverlayCurve, OverlayRun
from core.figures.template import DASH, PALETTES, Mode
from core.runs.score import Form

MOST = overlay.MOST  # branches
Point = tuple[float, float]  # epoch, value


@dataclass(frozen=True)
class FamilyMember:
    """A run of a family: its id, the label of its branch, the kind of its loss, and all of its
    epochs, with those before its fork. `fork` is the epoch of the fork, None for the root.
    """

    run: str
    label: str
    loss: str
    epochs: Sequence[Epoch]
    fork: int | None = None
    diverged: bool = False


class FamilyTree(NamedTuple):
    """What the chart shows: the `trunk` that all members share, the `branches` after it, and the
    points where the `forks` begin.
    """

    measure: str
    trunk: list[Point]
    branches: list[OverlayCurve]
    forks: list[Point]


def rows(members: Sequence[FamilyMember], form: Form = "error") -> FamilyTree:
    """Return the tree of the members, the root first: the validation loss, or the training loss if
    a run has no validation set. Runs with losses of different kinds are compared by their score.
    """
    if not all(epoch.validation for member in members for epoch in member.epochs):
        members = [replace(m, epochs=[replace(e, validation=e.train) for e in m.epochs])
                   for m in members]  # fmt: skip
    runs = [OverlayRun(m.run, m.loss, m.epochs, m.diverged) for m in members]
    measure, shared, _ = overlay_curves.comparable(runs, form)
    curves = {curve.name: curve for curve in overlay_curves.rows(shared, measure)}
    start = min((m.fork for m in members if m.fork is not None), default=0)
    trunk: list[Point] = []
    branches, forks = [], []
    for member in (member for member in members if member.run in curves):
        curve = curves[member.run]
        points = list(zip(curve.at, curve.values, strict=True))
        trunk = trunk or [point for point in points if point[0] <= start]
        is_first = member.run == members[0].run  # its own parent may have been deleted
        begin = start if member.fork is None or is_first else member.fork
        branch = [point for point in points if point[0] >= begin]
        if member.fork is not None and not is_first:
            forks += [point for point in branch if point[0] == begin]
        elif len(branch) == 1:  # forks that begin at its end
            continue
        branches.append(_branch(member, curve, branch, len(branches) + 1))
    return FamilyTree(measure, trunk, branches, forks)


def _branch(
    member: FamilyMember, curve: OverlayCurve, points: list[Point], number: int
) -> OverlayCurve:
    before = len(curve.at) - len(points)
    best = curve.best - before if curve.best is not None and curve.best >= before else None
    at, values = [x for x, _ in points], [y for _, y in points]
    name = f"{number} · {member.label}"
    return OverlayCurve(name, at, values, best, [], [], member.diverged, str(number))


def chart_height(tree: FamilyTree) -> int:
    """Return the height of the chart in px."""
    trunk = ["Before the forks"] * bool(tree.trunk)
    return overlay.chart_height(trunk + [curve.name for curve in tree.branches[:MOST]])


def figure(tree: FamilyTree, mode: Mode) -> go.Figure:
    """Draw the trunk in the colour of text, the branches in theirs, and a dot where each begins."""
    palette = PALETTES[mode]
    height = chart_height(tree)
    drawn = overlay.figure(tree.branches[:MOST], mode, tree.measure)
    drawn.update_layout(height=height, margin_b=height - overlay.PLOT - 8)
    if tree.trunk:
        at, values = map(list, zip(*tree.trunk, strict=True))
        trunk = OverlayCurve("", [], [], None, values, at)
        drawn.update_layout(yaxis=overlay.y_axis([*tree.branches[:MOST], trunk], tree.measure))
        drawn.add_scatter(
            x=at,
            y=values,
            mode="lines",
            line={"color": palette.text, "width": 2.25, "dash": DASH["validation"]},
            name="Before the forks",
            legendrank=1,
            hovertemplate="%{y:.2~%}" if tree.measure in ("error", "accuracy") else "%{y:.3g}",
        )
    dot = {"size": 9, "color": palette.page, "line": {"color": palette.text, "width": 2}}
    drawn.add_scatter(
        x=[x for x, _ in tree.forks], y=[y for _, y in tree.forks], mode="markers", marker=dot,
        name="Fork", hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    return drawn
