"""The curve of double descent: test and train against size, samples or steps, the band of seeds,
the mean of all nets, the thresholds, and where too small ends and more than enough begins.
"""

from collections.abc import Sequence
from math import log10

import plotly.graph_objects as go

from core.advice.study_verdict import Measure
from core.base.numbers import short
from core.figures.binding import spread
from core.figures.descent import axes
from core.figures.descent.axes import LEAST, span
from core.figures.descent.lines import Line, Lines
from core.figures.pictures import plain
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, Palette, blank

HEIGHT = 404  # px: a line about the comparisons has its place below
ROW = 15  # px of a row of words above the plot
NARROW = 300  # px between the axes on a phone: there, too, the words must not touch
LETTER = 6.4  # px
BOTTOM = 76  # px of numbers, title and legend
APART = 16  # px between two names at the ends of lines
SAME = 1.02  # factor within which the measured threshold is that of theory
MARKS = ("square", "diamond", "triangle-up", "cross", "x", "triangle-down")
BELOW = {"orientation": "h", "x": 0, "xanchor": "left", "traceorder": "normal"}
BELOW |= {"yref": "container", "y": 0, "yanchor": "bottom"}  # as many rows as a phone needs

NOT_DRAWN = {"hoverinfo": "skip", "showlegend": False}


def figure(
    lines: Lines,
    mode: Mode,
    *,
    others: Sequence[tuple[str, Line]] = (),
    reach: tuple[float, float] | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """The picture. `others` are lines of further studies with their names; `reach` is the first and
    the last x that will be measured, so that the axis stands still while points come.
    """
    p, view = PALETTES[mode], lines.view
    own = [(line.name, line) for line in lines.lines[1:]]
    named = [*own, *others]
    x = [value for line in (*lines.lines, *(line for _, line in others)) for value in line.x]
    first, last = reach or (min(x, default=10), max(x, default=10_000))
    figure = blank(mode, height, uirevision=f"{view.over} {view.measure} {view.unit}")
    figure.update_layout(legend=BELOW, legend_uirevision="keep")
    low, high = span(lines, [line for _, line in named])
    ends = [(lines.main.name, lines.main, p.test)] if own else []
    _sides(figure, lines, p, (first, last), bool(named))
    heads = _walls(figure, lines, p, (first, last))
    if lines.main:
        _main(figure, lines, mode)
    if lines.coming:
        hollow = {"symbol": "circle-open", "size": 7, "color": p.test}
        figure.add_scatter(
            x=[x for x, _ in lines.coming], y=[y for _, y in lines.coming], mode="markers",
            marker=hollow, name="Still in training", hovertemplate=_hover(view.measure),
        )  # fmt: skip
    ends += _named(figure, named, mode, view.measure)
    if lines.main:
        _marks(figure, lines, mode)
    axes.both(figure, lines, (first, last), (low, high))
    top, right = 8 + ROW * heads, max((len(plain(name, 18)) for name, *_ in ends), default=0)
    _ends(figure, ends, view.measure, low, APART * (high - low) / (height - top - BOTTOM))
    figure.update_layout(margin={"t": top, "b": BOTTOM, "r": 12 + round(right * LETTER)})
    return figure


def _main(figure: go.Figure, lines: Lines, mode: Mode) -> None:
    """Band, train, mean of the seeds' predictions, test."""
    p, line, view = PALETTES[mode], lines.main, lines.view
    what = "error" if view.measure == "test_error" else "loss"
    shown = {"hovertemplate": _hover(view.measure)}
    if lines.seeds > 1:
        drawn = [k for k, low in enumerate(line.low) if low is not None]
        drawn = [k for k in drawn if line.high[k] is not None]
        x = [line.x[k] for k in drawn]
        band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        low = [line.low[k] for k in drawn]
        figure.add_scatter(x=x, y=low, name="lowest seed", showlegend=False, **band)
        tint = faded(p.test, 0.13 if mode == "light" else 0.2)
        figure.add_scatter(
            x=x, y=[line.high[k] for k in drawn], fill="tonexty", fillcolor=tint,
            name=f"all {lines.seeds} seeds", **band,
        )  # fmt: skip
    figure.add_scatter(
        x=line.x, y=line.train, name=f"Train {what}", mode="lines",
        line={"color": p.train, "width": 2.25, "dash": DASH["train"]}, **shown,
    )  # fmt: skip
    if lines.seeds > 1 and any(value is not None for value in line.ensemble):
        mean = {"color": p.runs[2], "width": 1.75, "dash": "2px,3px"}
        marker = {"symbol": "diamond-open", "size": 6, "color": p.runs[2]}
        figure.add_scatter(
            x=line.x, y=line.ensemble, name=f"Mean of {lines.seeds}", mode="lines+markers",
            line=mean, marker=marker, **shown,
        )  # fmt: skip
    figure.add_scatter(
        x=line.x, y=line.test, name=f"Test {what}", mode="lines+markers",
        line={"color": p.test, "width": 2.75, "dash": DASH["test"]},
        marker={"symbol": SYMBOL["test"], "size": 7}, **shown,
    )  # fmt: skip


def _marks(figure: go.Figure, lines: Lines, mode: Mode) -> None:
    """The peak ringed, the best point a star, and triangles where there is no number."""
    p, told, line = PALETTES[mode], lines.verdict, lines.main
    by_place = {getattr(q, lines.view.over): k for k, q in enumerate(line.points)}
    if told.kind in ("double", "no_second_descent", "unclear"):
        k = by_place[told.peak.at]
        ring = {"symbol": "circle", "size": 13, "color": p.test}
        ring |= {"line": {"color": p.page, "width": 2}}
        figure.add_scatter(
            x=[line.x[k]], y=[line.test[k]], mode="markers", marker=ring, name="Peak", **NOT_DRAWN
        )
    best = min(
        (k for k, value in enumerate(line.test) if value is not None),
        key=line.test.__getitem__,
        default=None,
    )
    if best is not None and told.kind != "short":
        star = {"symbol": SYMBOL["best"], "size": 14, "color": p.best}
        star |= {"line": {"color": p.page, "width": 1}}
        figure.add_scatter(
            x=[line.x[best]], y=[line.test[best]], mode="markers", marker=star, name="Best",
            hoverinfo="skip",
        )  # fmt: skip
    if line.lost:
        warn = {"symbol": SYMBOL["warning"], "size": 10, "color": p.warning}
        figure.add_scatter(
            x=line.lost, y=[0.03] * len(line.lost), yaxis="y2", mode="markers", marker=warn,
            name="No number", hovertemplate="no number",
        )  # fmt: skip
        hidden = {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False}
        figure.update_layout(yaxis2=hidden)


def _named(
    figure: go.Figure, named: Sequence[tuple[str, Line]], mode: Mode, measure: Measure
) -> list[tuple[str, Line, str]]:
    """Further lines: colour and marker of further runs; those that have a number, with it."""
    p = PALETTES[mode]
    colours = [*p.runs, p.best, p.warning, p.validation]
    shown = [
        (name, line, colour, mark)
        for (name, line), colour, mark in zip(named, colours, MARKS, strict=False)
        if any(value is not None for value in line.test)
    ]
    for name, line, colour, mark in shown:
        figure.add_scatter(
            x=line.x, y=line.test, name=plain(name), mode="lines+markers", showlegend=False,
            line={"color": colour, "width": 1.75}, marker={"symbol": mark, "size": 5},
            hovertemplate=_hover(measure),
        )  # fmt: skip
    return [(name, line, colour) for name, line, colour, _ in shown]


def _ends(
    figure: go.Figure,
    ends: Sequence[tuple[str, Line, str]],
    measure: Measure,
    low: float,
    gap: float,
) -> None:
    """Names at the ends of lines, at least a `gap` of the y axis apart and above its `low` end."""
    error = measure == "test_error"
    known = [(*end, [v for v in end[1].test if v is not None]) for end in ends]
    known = [(name, line, colour, values[-1]) for name, line, colour, values in known if values]
    targets = [value if error else log10(max(value, LEAST)) for *_, value in known]
    for rank, place in enumerate(sorted(range(len(targets)), key=targets.__getitem__)):
        targets[place] = max(targets[place], low + gap * (rank + 0.4))
    for (name, line, colour, _), place in zip(known, spread(targets, gap), strict=True):
        figure.add_scatter(
            x=[max(line.x)], y=[place if error else 10**place], mode="text", name=name,
            text=[f"   {plain(name, 18)}"], cliponaxis=False, textposition="middle right",
            textfont={"color": colour, "size": 12}, **NOT_DRAWN,
        )  # fmt: skip


def _sides(
    figure: go.Figure, lines: Lines, p: Palette, reach: tuple[float, float], lower: bool
) -> None:
    """The area of models that are too small is tinted, and both sides say what they are; the right
    one one row `lower` where names at the ends leave a phone no room.
    """
    first, last = reach
    view, fits = lines.view, lines.fits
    if fits is None:
        return
    words = {
        "width": ("too small to fit", "more than enough"),
        "samples": ("more than enough", "too small to fit"),
        "steps": ("not yet fitted", "fitted"),
    }[view.over]
    low, high = first / 3, last * 3
    left = view.over != "samples"
    figure.add_shape(
        type="rect", x0=low if left else fits, x1=fits if left else high, y0=0, y1=1,
        yref="paper", fillcolor=p.second, line_width=0, layer="below",
    )  # fmt: skip
    look = {"showarrow": False, "yref": "paper", "y": 0.985, "yanchor": "top"}
    look |= {"font": {"size": 13, "color": p.muted, "weight": 600}}
    papers = (p.second, p.page) if left else (p.page, p.second)
    for k, (word, end, paper) in enumerate(zip(words, (first, last), papers, strict=True)):
        place = {"x": (log10(fits) + log10(end)) / 2, "yshift": -ROW * k * lower}
        place["bgcolor"] = paper  # a dashed line passes behind
        figure.add_annotation(text=word, **place, **look)


def _walls(figure: go.Figure, lines: Lines, p: Palette, reach: tuple[float, float]) -> int:
    """Dashed lines of theory, a solid one where all is first fitted; how many rows their words
    take above the plot.
    """
    fits, near = lines.fits, []
    if fits is not None:
        near = [word for x, word in lines.thresholds if fits / SAME < x < fits * SAME]
    walls = [(x, word, "dash") for x, word in lines.thresholds if word not in near]
    if fits is not None:
        walls.append((fits, f"{near[0]}: fits all" if near else _fitted(lines), "solid"))
    walls = sorted(wall for wall in walls if reach[0] / 1.5 <= wall[0] <= reach[1] * 1.5)
    low, high = (log10(value) for value in reach)
    taken: list[float] = []  # where the words of each row end, in px on a phone
    for x, word, dash in walls:
        line = {"color": p.muted, "width": 1.25, "dash": "8px,5px" if dash == "dash" else "solid"}
        figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line)
        middle = (log10(x) - low) / ((high - low) or 1) * NARROW
        half = len(word) * LETTER / 2
        middle = min(max(middle, half), NARROW - half)
        row = next((k for k, end in enumerate(taken) if middle - half > end), len(taken))
        taken[row : row + 1] = [middle + half + 6]
        figure.add_annotation(
            x=log10(x), y=1, yref="paper", yanchor="bottom", yshift=2 + ROW * row, text=word,
            showarrow=False, font={"size": 12, "color": p.muted},
        )  # fmt: skip
    return len(taken)


def _fitted(lines: Lines) -> str:
    """The words of the measured threshold, in multiples of the number of samples."""
    view, x, line = lines.view, lines.fits, lines.main
    if view.over == "samples":
        return "last that fits all"
    if view.over == "steps":
        return "fits all"
    point = line.points[line.x.index(x)]
    if view.features:
        return f"first that fits all: {short(point.width / point.samples)} n"
    return f"first net that fits all: {short(point.parameters / point.samples)} n"


def _hover(measure: str) -> str:
    return "%{y:.3~%}" if measure == "test_error" else "%{y:.3g}"


def faded(colour: str, share: float) -> str:
    """#RRGGBB with an opacity."""
    return "rgba({},{},{},{})".format(*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), share)
