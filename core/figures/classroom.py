"""The charts of a class: how often each answer was given, and the runs of all against a setting;
and the QR code of its address.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go
import segno

from core.figures.images import plain
from core.figures.template import PALETTES, Mode, blank

HEIGHT, PROJECTED = 300, 640  # px
QR, QR_PROJECTED = 4, 8  # px of a module of a QR code
LARGE = 26  # px of the letters of a projected chart
WORDS, LINE = 90, 32  # characters of an answer in a chart, and of one of its lines


@dataclass(frozen=True)
class ClassPoint:
    """A run at x: its number and the guess, None for none yet; `is_server` for the server's."""

    x: float
    measured: float | None
    guess: float | None
    name: str
    is_server: bool = False


def qr_code(address: str, *, projected: bool) -> str:
    """Return the QR code of an address as an HTML image: black on white in both themes, as cameras
    need it, with the border of 4 modules of ISO/IEC 18004.
    """
    code = segno.make_qr(address, error="m")
    source = code.png_data_uri(scale=QR_PROJECTED if projected else QR, border=4)
    return f'<img src="{source}" alt="QR code of {escape(address)}">'


def answers(
    texts: Sequence[str], counts: Sequence[int], mode: Mode, *, projected: bool
) -> go.Figure:
    """Draw one bar per answer with its count."""
    figure = blank_board(mode, projected, showlegend=False)
    names = ["<br>".join(textwrap.wrap(plain(text, WORDS), LINE)) for text in texts]
    figure.add_bar(
        x=list(counts), y=names, orientation="h", text=list(counts), textposition="outside",
        cliponaxis=False, marker_color=PALETTES[mode].train,
    )  # fmt: skip
    most = max([1, *counts])
    figure.update_xaxes(title_text="answers", range=[0, most * 1.1], dtick=max(1, round(most / 5)))
    figure.update_yaxes(autorange="reversed")
    return figure


def runs(
    points: Sequence[ClassPoint],
    mode: Mode,
    *,
    x_title: str,
    y_title: str,
    log: bool,
    percent: bool,
    projected: bool,
) -> go.Figure:
    """Draw the number of each run against its setting, and the guesses as open diamonds."""
    palette, scale = PALETTES[mode], 100 if percent else 1
    figure = blank_board(mode, projected, hovermode="closest")
    size = 16 if projected else 9
    groups = {
        "guess": ([(p.x, p.guess, p.name) for p in points if p.guess is not None],
                  palette.muted, "diamond-open"),
        "class": ([(p.x, p.measured, p.name) for p in points
                   if p.measured is not None and not p.is_server], palette.train, "circle"),
        "server": ([(p.x, p.measured, p.name) for p in points
                    if p.measured is not None and p.is_server], palette.validation, "square"),
    }  # fmt: skip
    for name, (rows, colour, symbol) in groups.items():
        figure.add_scatter(
            x=[row[0] for row in rows], y=[scale * row[1] for row in rows], name=name,
            text=[plain(row[2], 24) for row in rows], mode="markers",
            marker={"color": colour, "symbol": symbol, "size": size},
        )  # fmt: skip
    figure.update_xaxes(title_text=plain(x_title, 60), type="log" if log else "linear")
    figure.update_yaxes(
        title=f"{plain(y_title, 60)}{' (%)' if percent else ''}", rangemode="tozero"
    )
    return figure


def blank_board(mode: Mode, projected: bool, **layout: object) -> go.Figure:
    """Return an empty chart of a board, with large letters for a projector."""
    figure = blank(mode, PROJECTED if projected else HEIGHT, **layout)
    if projected:
        large = {"size": LARGE}
        axis = {"tickfont": large, "title": {"font": large}}
        figure.update_layout(font=large, legend={"font": large}, margin={"t": 40})
        figure.update_layout(xaxis=axis, yaxis=axis)
    return figure
