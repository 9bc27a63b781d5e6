"""The effects of changes as dots with their 95 % intervals, the largest first. `rows` computes,
`figure` draws.
"""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.advice.paired_effects import Effect, by_size, describe_difference
from core.figures.template import PALETTES, Mode, blank
from core.runs.score import Form

LONGEST = 22  # letters of a line of a label


class EffectRow(NamedTuple):
    """One change: its name, the mean difference with the ends of its interval (the mean itself for
    a single seed) in the unit of the axis, what that means, and its text.
    """

    name: str
    difference: list[float]
    meaning: str
    text: str


MEANINGS = {"change_helps": "helps", "change_harms": "harms"}
UNDECIDED = "undecided"  # or no difference found


def rows(effects: Sequence[Effect], form: Form) -> list[EffectRow]:
    """Return the changes that have a pair, the largest difference first."""
    return [
        EffectRow(
            effect.name,
            [value * (1 if effect.regression else 100) for value in effect.values(form)],
            MEANINGS.get(effect.code, UNDECIDED),
            describe_difference(effect, form),
        )
        for effect in by_size(effects)
        if effect.differences
    ]


def chart_height(count: int) -> int:
    """Return the height in px for this many changes."""
    return 84 + 48 * count


def axis_title(effect: Effect, form: Form) -> str:
    """Return what the x-axis counts."""
    score = "R²" if effect.regression else f"{form},<br>percentage points"
    return f"change of the {effect.part} {score}"


def figure(entries: Sequence[EffectRow], mode: Mode, *, title: str) -> go.Figure:
    """Draw a dot and a whisker for each change; colour and marker repeat what was found."""
    p = PALETTES[mode]
    drawn = blank(mode, chart_height(len(entries)), hovermode="closest", showlegend=False)
    looks = {
        "helps": (p.best, "triangle-left"),
        "harms": (p.validation, "triangle-right"),
        UNDECIDED: (p.muted, "circle"),
    }
    names = [wrap(row.name) for row in entries]
    for meaning, (colour, symbol) in looks.items():
        group = [(n, row) for n, row in zip(names, entries, strict=True) if row.meaning == meaning]
        if not group:
            continue
        differences = [row.difference for _, row in group]
        drawn.add_scatter(
            x=[mean for mean, _, _ in differences],
            y=[name for name, _ in group],
            mode="markers",
            name=meaning,
            marker={"color": colour, "symbol": symbol, "size": 11},
            error_x={
                "array": [high - mean for mean, _, high in differences],
                "arrayminus": [mean - low for mean, low, _ in differences],
                "color": colour,
                "thickness": 2,
            },
            customdata=[row.text for _, row in group],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    drawn.add_vline(x=0, line={"color": p.line, "width": 1.5})
    drawn.update_layout(margin={"l": 8, "b": 56})
    drawn.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names[::-1],
        range=[-0.6, len(names) - 0.4],
        automargin=True,
        showgrid=True,
    )
    drawn.update_xaxes(title=title, showgrid=True)
    return drawn


def wrap(name: str, longest: int = LONGEST) -> str:
    """Break a long name into lines.

    >>> wrap("Without a schedule (constant learning rate)")
    'Without a schedule<br>(constant learning<br>rate)'
    """
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > longest:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
