"""Live charts: a figure without data, mounted once and filled in the browser from the feed, and a
polling fallback.

Knows Streamlit, the feed and the binding of the figures. The JavaScript of the component is passed
as text: Streamlit would interpret a one-line string as a path.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.base.encoding import to_json_text
from core.base.settings import settings
from core.base.text import file_name
from core.figures.binding import Columns, fill
from core.figures.images import plain
from core.figures.template import Mode
from pages.kit import feed, session
from pages.kit.screen import theme_mode

Moment = tuple[Columns, dict[str, Any]]  # the columns and facts of a history
ASSETS = Path(__file__).parents[2] / "assets"
SCRIPTS = ("live.js", "feed.js", "downloads.js", "binding.js")  # one module, in this order
_HTML = """
<div class="lab-live">
  <div class="lab-plot" role="img"></div> <div class="lab-image" hidden></div>
  <span class="lab-state" role="status"></span>
  <details class="lab-menu">
    <summary title="Download" aria-label="Download this chart">
      <svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor"
      stroke-width="1.5">
        <path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11"/></svg>
    </summary> <div><button value="png">PNG</button><button value="svg">SVG</button><button
    value="csv">CSV</button></div>
  </details>
</div>
"""
_CSS = """
.lab-live { position: relative; background: var(--st-background-color); }
.lab-plot { width: 100%; overflow: hidden; }
.lab-state, .lab-menu { position: absolute; bottom: 0; color: var(--st-gray-text-color); }
.lab-state { right: 4px; font: 12px var(--st-font); }
.lab-image { position: absolute; z-index: 3; width: 72px; height: 72px; pointer-events: none;
  image-rendering: pixelated; border: 1px solid var(--st-border-color); }
.lab-menu { left: 0; font: 13px var(--st-font); }
.lab-menu summary { list-style: none; cursor: pointer; padding: 5px 6px 3px; line-height: 0; }
.lab-menu summary { opacity: .55; border-radius: 4px; }
.lab-menu summary::-webkit-details-marker { display: none; }
.lab-menu summary:hover, .lab-menu summary:focus-visible, .lab-menu[open] summary { opacity: 1; }
.lab-menu :focus-visible { outline: 2px solid var(--st-primary-color); }
.lab-menu div { position: absolute; left: 0; bottom: 26px; z-index: 2; display: flex; padding: 2px;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
.lab-menu button { all: unset; cursor: pointer; padding: 4px 10px; border-radius: 4px;
  color: var(--st-text-color); }
.lab-menu button:hover { background: var(--st-secondary-background-color); }
"""


@st.cache_resource
def _component() -> Callable[..., object]:
    """Register the component once per process: a second registration logs a warning."""
    script = "\n".join((ASSETS / name).read_text() for name in SCRIPTS)
    return st.components.v2.component(
        "descent_lab_live", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def polls() -> bool:
    """Whether the server draws the live charts, for networks that block streams."""
    return settings().live == "poll"


def show_until(run: str, facts: dict[str, Any]) -> None:
    """Let the live charts of a run show the moment of these facts, which are those of the text of
    the page, and nothing newer. Draw it after the text, in a container with the key "moment":
    live.js draws in the frame in which it appears there. (A component would get it some frames
    later.)
    """
    moment = escape(to_json_text({"run": run, "facts": facts}))
    st.html(f'<span hidden data-moment="{moment}"></span>')


def chart(
    figure: Callable[[Mode], go.Figure],
    run: str,
    *,
    key: str,
    height: int,
    alt: str,
    name: str,
    subject: str,
    live: bool,
    on_click: Callable[[float], None] | None = None,
    moment: Moment | None = None,
) -> None:
    """Show `figure` with the run's rows and keep it up to date.

    `figure` is a function of the mode, so that a change of theme needs no server; a `partial` of a
    function with hashable choices is drawn once for all pages. `height` is fixed, in px; `alt`
    describes the chart for screen readers and is the title of its image, with the run's name,
    `subject`, below; `name` is the file name of its downloads. `on_click` is called before the page
    runs with the place on the x-axis that was clicked. Where the server draws the charts, `moment`
    has their rows; the page draws them again.
    """
    if polls():
        filled = fill(figure(theme_mode()), *(moment or feed.tail(run).moment()))
        st.plotly_chart(filled, theme=None, config={"displayModeBar": False}, alt=alt, key=key)
        return
    data = {
        "figures": {mode: _without_data(figure, mode) for mode in ("light", "dark")},
        "run": run, "token": feed.token(run), "plotly": f"{feed.PLOTLY}/plotly.min.js",
        "height": height, "alt": alt, "name": file_name(name), "live": live,
        "title": plain(alt, 120), "subject": plain(subject, 120),
    }  # fmt: skip
    _mount(data, key, height, on_click and (lambda place: on_click(place[0])))


def drawn(
    figure: Callable[[Mode], go.Figure | dict[str, Any]],
    *,
    key: str,
    height: int,
    alt: str,
    name: str,
    subject: str = "",
    csv: str = "",
    images: dict | None = None,
    on_click: Callable[[list[int]], None] | None = None,
    on_brush: Callable[[list[float]], None] | None = None,
) -> None:
    """Show a figure with its data; it may be JSON data. It keeps its zoom when it is drawn again
    under the same `key`. `subject` as for `chart`. `csv` is the content of its CSV file; by
    default, the lines and maps of the figure. `images` shows an image beside the pointer: "address"
    is that of an image of square tiles, "across" their number in a row, and the customdata of a
    point the number of its tile. `on_click` is called before the page runs with the index of the
    point that was clicked, or the number in its customdata; of a heat map, row and column, and
    `on_brush` with the ends of a box that was drawn, first those on the x-axis. A control beside
    the figure must do the same for the keyboard.
    """
    if polls():
        mode = theme_mode()
        config = {"displayModeBar": False}
        st.plotly_chart(figure(mode), theme=None, config=config, alt=alt, key=key)
        return
    data = {
        "figures": {mode: _as_json(figure(mode)) for mode in ("light", "dark")},
        "plotly": f"{feed.PLOTLY}/plotly.min.js", "height": height, "alt": alt,
        "name": file_name(name), "title": plain(alt, 120), "subject": plain(subject, 120),
        "csv": csv, "images": images,
    }  # fmt: skip
    _mount(data, key, height, on_click, on_brush)


def _without_data(figure: Callable[[Mode], go.Figure], mode: Mode) -> dict[str, Any]:
    """Return the figure as JSON data, which the caller must not change."""
    if isinstance(figure, partial):
        return _drawn_once(figure.func, mode, **figure.keywords)
    return figure(mode).to_plotly_json()


@lru_cache(maxsize=256)
def _drawn_once(figure: Callable[..., go.Figure], mode: Mode, **choices: Any) -> dict[str, Any]:
    """Return a figure without data as JSON data. Plotly takes 10 to 16 ms for each; a page of a run
    needs six whenever it is drawn, and there are few choices.
    """
    return figure(mode, **choices).to_plotly_json()


def _as_json(figure: go.Figure | dict[str, Any]) -> dict[str, Any]:
    return figure if isinstance(figure, dict) else json.loads(figure.to_json())


def _mount(
    data: dict,
    key: str,
    height: int,
    on_click: Callable[[list], None] | None,
    on_brush: Callable[[list], None] | None = None,
) -> None:
    """Draw the component; the functions get what the browser reports of a click and of a box."""
    answers = {"clicked": on_click, "brushed": on_brush}
    callbacks = {
        f"on_{event}_change": partial(_answer, key, event, function)
        for event, function in answers.items()
        if function
    }
    data |= {"clicks": on_click is not None, "brushes": on_brush is not None}
    _component()(key=key, data=data, height=height, **callbacks)


def _answer(key: str, event: str, function: Callable[[list], None]) -> None:
    """Pass on what the browser reports of an event."""
    if place := (session.widget_value(key) or {}).get(event):
        function(place)
