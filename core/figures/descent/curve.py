"""The double-descent curve: test and training figures against model size, samples or steps, the
range over seeds, their ensemble, the thresholds, and the underparameterized side.
"""

from collections.abc import Sequence
from math import exp, log10

import plotly.graph_objects as go

from core.advice.study_verdict import Measure
from core.base.numbers import short
from core.figures.binding import spread
from core.figures.descent.axes import MIN_LOSS, draw_axes, y_range
from core.figures.descent.lines import CurveData, CurveLine
from core.figures.images import plain
from core.figures.template import DASH, PALETTES, SYMBOL, Mode, Palette, blank, with_opacity

HEIGHT = 404  # px; leaves room for the comparisons below
ROW = 15  # px of a row of labels above the plot
NARROW = 300  # px of the plot on a phone: labels must not overlap there either
LETTER = 6.4  # px
BOTTOM = 76  # px of tick labels, title and legend
MIN_GAP = 16  # px between two names at the ends of lines
SAME = 1.02  # factor within which the measured threshold equals that of theory
MARKS = ("square", "diamond", "triangle-up", "cross", "x", "triangle-down")
BELOW = {"orientation": "h", "x": 0, "xanchor": "left", "traceorder": "normal"}
BELOW |= {"yref": "container", "y": 0, "yanchor": "bottom"}  # may take several rows on a phone

NOT_DRAWN = {"hoverinfo": "skip", "showlegend": False}


def figure(
    data: CurveData,
    mode: Mode,
    *,
    overlays: Sequence[tuple[str, CurveLine]] = (),
    reach: tuple[float, float] | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """Draw the curve. `overlays` are lines of other studies with their names; `reach` is the first
    and the last x that will be measured, so that the axis does not move as points arrive.
    """
    p, view = PALETTES[mode], data.view
    own = [(line.name, line) for line in data.lines[1:]]
    named = [*own, *overlays]
    x = [value for line in (*data.lines, *(line for _, line in overlays)) for value in line.x]
    first, last = reach or (min(x, default=10), max(x, default=10_000))
    if not x:  # of a study that has not begun, all thresholds are visible
        last = max([last, *(5 * threshold for threshold, _ in data.thresholds)])
    figure = blank(mode, height, uirevision=f"{view.over} {view.measure} {view.unit}")
    figure.update_layout(legend=BELOW, legend_uirevision="keep")
    low, high = y_range(data, [line for _, line in named])
    ends = [(data.main.name, data.main, p.test)] if own else []
    _draw_sides(figure, data, p, (first, last), lower_right=bool(named))
    label_rows = _draw_thresholds(figure, data, p, (first, last))
    if data.main:
        _draw_main_line(figure, data, mode)
    elif not view.trained:
        _draw_expected_shape(figure, data, p, (first, last))
    if data.pending:
        hollow = {"symbol": "circle-open", "size": 7, "color": p.test}
        figure.add_scatter(
            x=[x for x, _ in data.pending], y=[y for _, y in data.pending], mode="markers",
            marker=hollow, name="Still in training", hovertemplate=_hover_template(view.measure),
        )  # fmt: skip
    ends += _draw_overlays(figure, named, mode, view.measure)
    if data.main:
        _draw_marks(figure, data, mode)
    draw_axes(figure, data, (first, last), (low, high))
    top, right = 8 + ROW * label_rows, max((len(plain(name, 18)) for name, *_ in ends), default=0)
    gap = MIN_GAP * (high - low) / (height - top - BOTTOM)
    _draw_names(figure, ends, view.measure, low, gap)
    figure.update_layout(margin={"t": top, "b": BOTTOM, "r": 12 + round(right * LETTER)})
    return figure


def _draw_expected_shape(
    figure: go.Figure, data: CurveData, p: Palette, reach: tuple[float, float]
) -> None:
    """Draw a sketch of double descent before there are points: its peak is at the last threshold
    within reach, else in the middle.
    """
    first, last = (log10(value) for value in reach)
    inside = [x for x, _ in data.thresholds if reach[0] < x < reach[1]]
    peak = log10(max(inside)) if inside else (first + last) / 2
    x = [first + (last - first) * k / 120 for k in range(121)]
    distance = [(value - peak) / ((last - first) or 1) for value in x]
    errors = [
        0.16 + 0.42 / (1 + exp(7 * (d + 0.2))) + 0.42 * exp(-((d / 0.06) ** 2)) for d in distance
    ]
    loss = data.view.measure == "test_loss"
    figure.add_scatter(
        x=[10**value for value in x], y=[10 ** (2 * e - 1) for e in errors] if loss else errors,
        mode="lines", line={"color": p.muted, "width": 2, "dash": "2px,4px"},
        name="Expected shape (sketch)", showlegend=True, hoverinfo="skip",
    )  # fmt: skip


def _draw_main_line(figure: go.Figure, data: CurveData, mode: Mode) -> None:
    """Draw the range over seeds, the training figure, the ensemble and the test figure."""
    p, line, view = PALETTES[mode], data.main, data.view
    what = "error" if view.measure == "test_error" else "loss"
    middle = " (median)" if data.seeds > 1 else ""
    hover = {"hovertemplate": _hover_template(view.measure)}
    if data.seeds > 1:
        drawn = [k for k, low in enumerate(line.low) if low is not None]
        drawn = [k for k in drawn if line.high[k] is not None]
        x = [line.x[k] for k in drawn]
        band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        low = [line.low[k] for k in drawn]
        figure.add_scatter(x=x, y=low, name="lowest seed", showlegend=False, **band)
        tint = with_opacity(p.test, 0.13 if mode == "light" else 0.2)
        figure.add_scatter(
            x=x, y=[line.high[k] for k in drawn], fill="tonexty", fillcolor=tint,
            name=f"Range of {data.seeds} seeds", **band,
        )  # fmt: skip
    figure.add_scatter(
        x=line.x, y=line.train, name=f"Training {what}{middle}", mode="lines",
        line={"color": p.train, "width": 2.25, "dash": DASH["train"]}, **hover,
    )  # fmt: skip
    if data.seeds > 1 and any(value is not None for value in line.ensemble):
        mean = {"color": p.runs[2], "width": 1.75, "dash": "2px,3px"}
        marker = {"symbol": "diamond-open", "size": 6, "color": p.runs[2]}
        figure.add_scatter(
            x=line.x, y=line.ensemble, name=f"Ensemble of {data.seeds} seeds", mode="lines+markers",
            line=mean, marker=marker, **hover,
        )  # fmt: skip
    figure.add_scatter(
        x=line.x, y=line.test, name=f"Test {what}{middle}", mode="lines+markers",
        line={"color": p.test, "width": 2.75, "dash": DASH["test"]},
        marker={"symbol": SYMBOL["test"], "size": 7}, **hover,
    )  # fmt: skip


def _draw_marks(figure: go.Figure, data: CurveData, mode: Mode) -> None:
    """Draw a ring at the peak, a star at the best point, and triangles where a result is not
    finite.
    """
    p, verdict, line = PALETTES[mode], data.verdict, data.main
    index_of = {getattr(point, data.view.over): k for k, point in enumerate(line.points)}
    if verdict.code in ("double_descent", "no_second_descent", "unclear_peak"):
        k = index_of[verdict.peak.x]
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
    if best is not None and verdict.code != "too_few_points":
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
            name="Not finite", hovertemplate="not finite",
        )  # fmt: skip
        hidden = {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False}
        figure.update_layout(yaxis2=hidden)


def _draw_overlays(
    figure: go.Figure, named: Sequence[tuple[str, CurveLine]], mode: Mode, measure: Measure
) -> list[tuple[str, CurveLine, str]]:
    """Draw further lines in the colours and markers of further runs; return name, line and colour
    of those with a finite value.
    """
    p = PALETTES[mode]
    colours = [*p.runs, p.best, p.warning, p.validation]
    finite = [
        (name, line, colour, mark)
        for (name, line), colour, mark in zip(named, colours, MARKS, strict=False)
        if any(value is not None for value in line.test)
    ]
    for name, line, colour, mark in finite:
        figure.add_scatter(
            x=line.x, y=line.test, name=plain(name), mode="lines+markers", showlegend=False,
            line={"color": colour, "width": 1.75}, marker={"symbol": mark, "size": 5},
            hovertemplate=_hover_template(measure),
        )  # fmt: skip
    return [(name, line, colour) for name, line, colour, _ in finite]


def _draw_names(
    figure: go.Figure,
    ends: Sequence[tuple[str, CurveLine, str]],
    measure: Measure,
    low: float,
    gap: float,
) -> None:
    """Write the names at the ends of the lines, at least a `gap` of the y axis apart and above its
    `low` end.
    """
    error = measure == "test_error"
    finite = [(*end, [v for v in end[1].test if v is not None]) for end in ends]
    last = [(name, line, colour, values[-1]) for name, line, colour, values in finite if values]
    targets = [value if error else log10(max(value, MIN_LOSS)) for *_, value in last]
    for rank, index in enumerate(sorted(range(len(targets)), key=targets.__getitem__)):
        targets[index] = max(targets[index], low + gap * (rank + 0.4))
    for (name, line, colour, _), y in zip(last, spread(targets, gap), strict=True):
        figure.add_scatter(
            x=[max(line.x)], y=[y if error else 10**y], mode="text", name=name,
            text=[f"   {plain(name, 18)}"], cliponaxis=False, textposition="middle right",
            textfont={"color": colour, "size": 12}, **NOT_DRAWN,
        )  # fmt: skip


def _draw_sides(
    figure: go.Figure, data: CurveData, p: Palette, reach: tuple[float, float], *, lower_right: bool
) -> None:
    """Tint the area of models that are too small, and label both sides; the right label is one row
    lower where names at the ends of lines leave it no room on a phone.
    """
    first, last = reach
    view, fits = data.view, data.fits
    if fits is None:
        return
    labels = {
        "width": ("too small to fit", "overparameterized"),
        "samples": ("overparameterized", "too small to fit"),
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
    backgrounds = (p.second, p.page) if left else (p.page, p.second)
    sides = zip(labels, (first, last), backgrounds, strict=True)
    for k, (label, end, background) in enumerate(sides):
        figure.add_annotation(
            text=label, x=(log10(fits) + log10(end)) / 2, yshift=-ROW * k * lower_right,
            bgcolor=background,  # hides the dashed line behind the label
            **look,
        )  # fmt: skip


def _draw_thresholds(
    figure: go.Figure, data: CurveData, p: Palette, reach: tuple[float, float]
) -> int:
    """Draw dashed lines at the thresholds of theory and a solid one at the measured threshold;
    return how many rows their labels take above the plot.
    """
    fits, near = data.fits, []
    if fits is not None:
        near = [label for x, label in data.thresholds if fits / SAME < x < fits * SAME]
    marks = [(x, label, "dash") for x, label in data.thresholds if label not in near]
    if fits is not None:
        measured = f"{near[0]}: first to fit all" if near else _threshold_label(data)
        marks.append((fits, measured, "solid"))
    marks = sorted(mark for mark in marks if reach[0] / 1.5 <= mark[0] <= reach[1] * 1.5)
    low, high = (log10(value) for value in reach)
    row_ends: list[float] = []  # where the last label of each row ends, in px on a phone
    for x, label, dash in marks:
        line = {"color": p.muted, "width": 1.25, "dash": "8px,5px" if dash == "dash" else "solid"}
        figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line)
        middle = (log10(x) - low) / ((high - low) or 1) * NARROW
        half = len(label) * LETTER / 2
        middle = min(max(middle, half), NARROW - half)
        row = next((k for k, end in enumerate(row_ends) if middle - half > end), len(row_ends))
        row_ends[row : row + 1] = [middle + half + 6]
        figure.add_annotation(
            x=log10(x), y=1, yref="paper", yanchor="bottom", yshift=2 + ROW * row, text=label,
            showarrow=False, font={"size": 12, "color": p.muted},
        )  # fmt: skip
    return len(row_ends)


def _threshold_label(data: CurveData) -> str:
    """The label of the measured threshold, in multiples of the number of samples."""
    view, x, line = data.view, data.fits, data.main
    if view.over == "samples":
        return "last to fit all"
    if view.over == "steps":
        return "all fitted"
    point = line.points[line.x.index(x)]
    if view.features:
        return f"first to fit all: N = {short(point.width / point.samples)} n"
    return f"first to fit all: P = {short(point.parameters / point.samples)} n"


def _hover_template(measure: str) -> str:
    return "%{y:.3~%}" if measure == "test_error" else "%{y:.3g}"
