"""The drawing pad: a square to draw on, whose strokes are kept in the session.

Knows Streamlit and the component (assets/drawing_component.js); the strokes are checked here,
because a browser may send anything.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.predict.strokes import PEN, Strokes, check_strokes
from pages.kit import session
from pages.kit.live_chart import ASSETS
from pages.kit.screen import phone

SCRIPTS = ("drawing.js", "drawing_component.js")
PREDICT = "predict"  # the name of the pad of that page
KEYBOARD = (
    "Keyboard: arrow keys move the pen, with Shift in small steps. Space puts it down and lifts "
    "it. Ctrl+Z or Backspace removes the last stroke, Delete all."
)
_HTML = """
<div class="lab-pad">
  <canvas tabindex="0" role="application"></canvas>
  <div><button value="undo">Undo stroke</button><button value="clear">Clear</button><span
  class="lab-status" role="status"></span></div>
</div>
"""
_CSS = """
.lab-pad { max-width: 340px; font: 14px var(--st-font); }
.lab-pad canvas { display: block; width: 100%; aspect-ratio: 1; touch-action: none;
  cursor: crosshair; box-sizing: border-box; color: var(--st-text-color);
  background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
.lab-pad :focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.lab-pad div { display: flex; align-items: center; gap: 8px; margin-top: 10px; }
.lab-pad button { font: inherit; cursor: pointer; padding: 7px 12px; color: var(--st-text-color);
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius, var(--st-base-radius)); }
.lab-pad button:hover { border-color: var(--st-primary-color); }
.lab-pad button:disabled { opacity: .4; cursor: default; border-color: var(--st-border-color); }
.lab-pad .lab-status { color: var(--st-gray-text-color); font-size: 12px; }
"""


@st.cache_resource
def _component() -> Callable[..., Any]:
    """Register the component once per process: a second registration logs a warning."""
    script = "\n".join((ASSETS / name).read_text() for name in SCRIPTS)
    return st.components.v2.component(
        "descent_lab_pad", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def pad(name: str = PREDICT) -> Strokes:
    """Draw the pad with this name and return its strokes. They stay when another page is opened."""
    strokes = stored_strokes(name)
    data = {"strokes": strokes, "pen": PEN, "alt": f"Drawing area. {KEYBOARD}"}
    _component()(
        key=f"{name}_pad", data=data, height="content", on_strokes_change=partial(_keep, name)
    )
    if not phone():
        st.caption(KEYBOARD)
    return strokes


def stored_strokes(name: str) -> Strokes:
    """Return the strokes of this session on the pad with this name."""
    return check_strokes(json.loads(session.get_ui(f"{name} strokes") or "[]"))


def _keep(name: str) -> None:
    value = (session.widget_value(f"{name}_pad") or {}).get("strokes") or []
    session.set_ui(f"{name} strokes", json.dumps(check_strokes(value)))
