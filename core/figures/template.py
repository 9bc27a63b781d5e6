"""The visual conventions: the meaning of each colour in light and dark, the plotly template, the
layer ramp, ticks of log axes.

Knows plotly only. Colour is never the only cue: dash and marker repeat it (DASH, SYMBOL).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import plotly.graph_objects as go

from core.base.numbers import THIN, tick

Mode = Literal["light", "dark"]
FONT = '"Source Sans", sans-serif'  # quoted, as CSS requires for names that end in a digit
AXIS_TITLES = {"step": "step", "epoch": "epoch", "seconds": "training time in seconds"}
COUNTS = ",.10~g"  # tick labels of whole numbers; "d" would round the ticks between two of them
DASH = {"train": "solid", "validation": "8px,4px", "test": "10px,3px,2px,3px"}
SYMBOL = {
    "train": "circle",
    "validation": "diamond",
    "test": "circle",
    "best": "star",
    "warning": "triangle-up",
}


@dataclass(frozen=True)
class Palette:
    """Colours by meaning. `raw` is the training colour of unsmoothed values."""

    page: str
    second: str
    text: str
    muted: str
    hair: str
    line: str
    train: str
    validation: str
    test: str
    best: str
    warning: str
    raw: str
    runs: tuple[str, ...]  # sixth to eighth colour: further runs
    sequential: tuple[str, ...]  # low: background, high: ink
    diverging: tuple[str, ...]  # violet: too small, neutral: good, amber: too large
    ramp: tuple[str, ...]  # layers, input to output


def _colours(text: str) -> tuple[str, ...]:
    return tuple(f"#{part}" for part in text.split())


PALETTES: dict[str, Palette] = {
    "light": Palette(
        page="#FFFFFF",
        second="#F4F6F7",
        text="#171B20",
        muted="#59636D",
        hair="#E6EAED",
        line="#C3CAD0",
        train="#1A5FB4",
        validation="#CB5500",
        test="#6A1B52",
        best="#12857A",
        warning="#6B5300",
        raw="rgba(26,95,180,.28)",
        runs=_colours("2496CB 4A2C86 4A525A"),
        sequential=_colours(
            "F1F6F5 DCEBE8 C0DEDA 9CCDC9 72B8B7 4A9EA4 2F8190 24647C 1F4766 1B2C4D"
        ),
        diverging=_colours("4A2C86 7A5FB0 A692CC CFC5E3 EEEBF3 F6EEE2 EBCFA3 D6A25A B07418 7A4A00"),
        ramp=_colours("3A1A6B 3B4A94 2A6F9E 1B8A8A 3B9659"),
    ),
    "dark": Palette(
        page="#0F1317",
        second="#181D23",
        text="#E8ECEF",
        muted="#9FA9B3",
        hair="#232A31",
        line="#3C454E",
        train="#4D9DFF",
        validation="#FF8533",
        test="#D98BC6",
        best="#4FF0D2",
        warning="#F2D07A",
        raw="rgba(77,157,255,.32)",
        runs=_colours("74D2FF 8467B0 848C91"),
        sequential=_colours(
            "141B22 16283A 173B50 185063 1B6772 247F7F 3A998A 62B396 98CDA8 D9E8C6"
        ),
        diverging=_colours("B9A4F0 8F78C8 66549A 41386A 22232F 2A241C 574320 8C6723 C69139 F6C667"),
        ramp=_colours("7A55D6 5F8DE0 48B0CC 5CCBA0 C5E07A"),
    ),
}


def scale(colours: tuple[str, ...]) -> list[list[Any]]:
    """Return a plotly colour scale of equal steps."""
    return [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]


def with_opacity(colour: str, opacity: float) -> str:
    """Return #RRGGBB as an rgba() colour."""
    return "rgba({},{},{},{})".format(*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), opacity)


def layer_colours(count: int, mode: Mode) -> list[str]:
    """Return `count` colours along the ramp, from input to output.

    >>> layer_colours(2, "light")
    ['#3A1A6B', '#3B9659']
    """
    stops = [tuple(int(s[i : i + 2], 16) for i in (1, 3, 5)) for s in PALETTES[mode].ramp]
    colours = []
    for k in range(count):
        place = k / max(1, count - 1) * (len(stops) - 1)
        i = min(int(place), len(stops) - 2)
        rgb = [
            round(a + (b - a) * (place - i)) for a, b in zip(stops[i], stops[i + 1], strict=True)
        ]
        colours.append("#{:02X}{:02X}{:02X}".format(*rgb))
    return colours


ABOVE = {"y": 1.01, "yanchor": "bottom"}  # a legend that no curve, mark or label can cross


@cache
def template(mode: Mode) -> go.layout.Template:
    """Return the template of every chart: transparent, hairlines, no title (the card has it)."""
    p = PALETTES[mode]
    small = {"size": 12, "color": p.muted}
    axis = {
        "gridcolor": p.hair,
        "zeroline": False,
        "linecolor": p.line,
        "ticks": "",
        "automargin": True,
    }
    axis |= {"title": {"font": small, "standoff": 6}, "tickfont": small}
    legend = {"x": 1, "y": 1, "xanchor": "right", "yanchor": "top", "orientation": "h"}
    legend |= {
        "itemwidth": 36,
        "bgcolor": "rgba(0,0,0,0)",  # A rising curve passes behind it.
        "font": small,
    }  # The line of the best epoch passes behind.
    font = {"family": FONT, "size": 13, "color": p.text}
    layout = {
        "font": font,
        "colorway": [p.train, p.validation, p.test, p.best, p.warning, *p.runs],
        "colorscale": {"sequential": scale(p.sequential), "diverging": scale(p.diverging)},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 44, "r": 12, "t": 4, "b": 26},
        "xaxis": axis | {"showgrid": False, "showline": True},
        "yaxis": axis | {"showline": False},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": p.second, "bordercolor": p.line, "font": font},
        "legend": legend,
        "dragmode": "zoom",
        "separators": f".{THIN}",
        "uirevision": "keep",
    }
    return go.layout.Template(layout=layout)


@cache
def template_json(mode: Mode) -> dict[str, Any]:
    """Return the same as JSON data, which the caller must not change."""
    return template(mode).to_plotly_json()


def blank(mode: Mode, height: int, **layout: Any) -> go.Figure:
    """Return an empty figure with the template; `height` in px is fixed, so that nothing jumps."""
    figure = go.Figure(layout={"height": height, **layout})
    # Set by the public methods, plotly would validate and copy its ninety values: 3 of 4 ms.
    figure._layout["template"] = template_json(mode)
    return figure


def log_axis(title: str, *, shares: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a log axis and the tick tables from which `binding.ticks` selects one by the visible
    span. Fractions (`shares`) are in percent.
    """
    tables = {
        name: [float(f"{digit}e{e}") for e in range(low, high) for digit in digits]
        for name, (digits, low, high) in _DIGITS.items()
    }
    for name, every in (("decades", 1), ("triples", 3), ("tens", 10)):
        powers = range(-42 // every * every, 43, every)  # for a loss that explodes
        tables[name] = [float(f"1e{e}") for e in powers]
    tables = {
        name: {"tickvals": values, "ticktext": [_words(v, shares) for v in values]}
        for name, values in tables.items()
    }
    return {"type": "log", "title": title, **tables["thirds"]}, tables


def _words(value: float, share: bool) -> str:
    return f"{tick(float(f'{100 * value:.6g}'))}{THIN}%" if share else tick(value)


_DIGITS = {  # digits of each decade, and the powers of the decades
    "thirds": ((1, 3), -42, 43),
    "some": ((1, 2, 3, 4, 5, 7), -12, 9),
    "digits": (range(1, 10), -12, 9),
}
