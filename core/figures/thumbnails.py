"""Small charts for the cards of ready-made experiments: their measured loss by epoch, as recorded
in assets/curves.json by benchmarks/assets/curves.py.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from math import isfinite, log10
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from core.figures.template import PALETTES, Mode

CURVES = Path(__file__).parents[2] / "assets" / "curves.json"
WIDTH, HEIGHT, PAD = 240, 84, 8  # of the drawing, which is scaled to the card
LETTERS, LINE = 19, 26  # size and distance of lines of text, legible on the smallest card
STUDY = "double-descent"  # the recorded curve of a study


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """Return the recorded curves by the names of the experiments."""
    return json.loads(CURVES.read_text())


@cache
def thumbnail(names: tuple[str, ...], mode: Mode, alt: str = "") -> str:
    """Return the curves as SVG text; empty if one of them is not recorded. One experiment has its
    training and validation loss, several have a validation loss each.
    """
    curves = [recorded().get(name) for name in names]
    if not all(curves):
        return ""
    p = PALETTES[mode]
    if len(curves) == 1:
        (curve,) = curves
        test = names[0] == STUDY
        lines = [(curve, "train", p.train, ""), (curve, "validation", p.validation, "6 4")]
        lines[1:] = [(curve, "validation", p.test, "")] if test else lines[1:]
    else:
        colours = (*p.runs, p.test, p.best, p.warning)
        lines = [
            (c, "validation", o, "6 4") if _visible(c, "validation") else (c, "train", o, "")
            for c, o in zip(curves, colours, strict=False)
        ]
    frame = _Frame(lines)
    shapes = [frame.polyline(*line) for line in lines]
    ends = {id(c): (c, part, o) for c, part, o, _ in lines if _visible(c, part)}
    shapes += [frame.cross(*end) for end in ends.values() if end[0]["reason"] == "diverged"]
    if len(curves) == 1 and curves[0]["best"]:
        shapes.append(frame.best(curves[0], p.best))
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{2 * WIDTH}" preserveAspectRatio="none"'
    role = f'role="img" aria-label="{_attribute(alt)}"'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{p.second}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} height="{2 * HEIGHT}" {role}>'
    return f"{head}{ground}{''.join(shapes)}</svg>"


@cache
def placeholder(lines: tuple[str, ...], mode: Mode) -> str:
    """Return lines of text on the ground of a drawing, in place of curves that are not recorded."""
    p, top = PALETTES[mode], HEIGHT / 2 - LINE / 2 * (len(lines) - 1) + LINE / 4
    texts = "".join(
        f'<text x="{WIDTH / 2}" y="{top + LINE * k}" text-anchor="middle" font-size="{LETTERS}" '
        f'font-family="sans-serif" fill="{p.muted}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{p.second}"/>'
    size = f'width="{2 * WIDTH}" height="{2 * HEIGHT}"'
    return f'{head} {size} role="img">{ground}{texts}</svg>'


def describe(names: Sequence[str]) -> str:
    """Return what the curves show, for those who cannot see them: the last losses."""
    parts = []
    for name in names:
        curve = recorded().get(name, {"validation": [], "reason": ""})
        if curve["reason"] == "diverged":
            parts.append("diverged")
        elif curve["validation"]:
            parts.append(f"{curve['validation'][-1]:g}")
    return f"Measured validation loss at the end: {', '.join(parts)}." if parts else ""


class _Frame:
    """The ranges of the lines: epochs from left to right, losses on a log scale."""

    def __init__(self, lines: Sequence[tuple[Mapping[str, Any], str, str, str]]) -> None:
        pairs = [pair for curve, part, *_ in lines for pair in _visible(curve, part)]
        x, y = zip(*pairs, strict=True)
        self.left, self.right = min(x), max(x)
        self.low, self.high = log10(min(y)), log10(max(y))

    def place(self, x: float, y: float) -> str:
        """Return the position of a point, such as "8.0,20.1"."""
        across = (x - self.left) / ((self.right - self.left) or 1)
        up = (log10(y) - self.low) / ((self.high - self.low) or 1)
        return (
            f"{PAD + (WIDTH - 2 * PAD) * across:.1f},{HEIGHT - PAD - (HEIGHT - 2 * PAD) * up:.1f}"
        )

    def polyline(self, curve: Mapping[str, Any], part: str, colour: str, dash: str) -> str:
        points = " ".join(self.place(*pair) for pair in _visible(curve, part))
        stroke = f'stroke="{colour}" stroke-width="2" stroke-linejoin="round"'
        fixed = 'vector-effect="non-scaling-stroke"'
        return (
            f'<polyline points="{points}" fill="none" {stroke} stroke-dasharray="{dash}" {fixed}/>'
        )

    def best(self, curve: Mapping[str, Any], colour: str) -> str:
        """Return a dotted line at the best epoch."""
        x = self.place(min(curve["best"], self.right), 10**self.low).partition(",")[0]
        ends = f'x1="{x}" x2="{x}" y1="{PAD}" y2="{HEIGHT - PAD}"'
        return f'<line {ends} stroke="{colour}" stroke-dasharray="2 3"/>'

    def cross(self, curve: Mapping[str, Any], part: str, colour: str) -> str:
        """Return a cross where a run diverged, at its last loss."""
        x, y = self.place(*_visible(curve, part)[-1]).split(",")
        path = f"M{x} {y}m-5-5l10 10m0-10l-10 10"
        return f'<path d="{path}" stroke="{colour}" stroke-width="2.5" fill="none"/>'


def _visible(curve: Mapping[str, Any], part: str) -> list[tuple[float, float]]:
    """Return the points that a log scale can show."""
    pairs = zip(curve["epoch"], curve[part], strict=True)
    return [(x, y) for x, y in pairs if y is not None and isfinite(y) and y > 0]


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
