"""A drawing of shapes and text on a plane in px, as a figure. All shapes are added in one go,
because plotly takes some milliseconds for each shape that is added separately.
"""

from typing import Any

import plotly.graph_objects as go

from core.figures.template import Mode, blank

WIDE, NARROW = 590, 320  # px of a card on a screen and on a phone


class Drawing:
    """Collects shapes and text; y points down."""

    def __init__(self) -> None:
        self.shapes: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []

    def add_shape(self, **shape: Any) -> None:
        """Add a shape, with the arguments of `go.Figure.add_shape`."""
        self.shapes.append(shape)

    def add_annotation(self, **note: Any) -> None:
        """Add text, with the arguments of `go.Figure.add_annotation`."""
        self.notes.append(note)

    def path(self, points: list[tuple[float, float]], *, end: str = "", **look: Any) -> None:
        """Add straight lines from point to point; `end` "Z" closes them."""
        path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add_shape(type="path", path=f"{path} {end}".strip(), **look)

    def arrow(self, start: float, end: float, level: float, colour: str) -> None:
        """Add a horizontal arrow from left to right."""
        self.add_annotation(
            x=end,
            y=level,
            ax=start,
            ay=level,
            axref="x",
            ayref="y",
            text="",
            arrowhead=2,
            arrowsize=0.8,
            arrowwidth=1.4,
            arrowcolor=colour,
        )

    def figure(self, mode: Mode, x: list[float], y: list[float], height: int) -> go.Figure:
        """Return the figure: `x` and `y` are the ends of the axes, `height` is in px."""
        edge = {"l": 0, "r": 0, "t": 0, "b": 0}
        drawn = blank(mode, height, margin=edge, dragmode=False, hovermode=False)
        drawn.update_layout(shapes=self.shapes, annotations=self.notes)
        drawn.update_xaxes(visible=False, range=x)
        drawn.update_yaxes(visible=False, range=y)
        return drawn
