"""The waiting jobs of one person in the order of their turns, which the person changes by dragging.

Knows Streamlit and the component (assets/queue.js). What a browser reports is checked by the
runner: it leaves out jobs that do not wait, and refuses those of other people.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.base.errors import LabError
from core.jobs import runner
from pages.kit import person, session
from pages.kit.job_lines import name_job
from pages.kit.layout import describe_error
from pages.kit.live_chart import ASSETS
from pages.kit.screen import every

SECONDS = 5  # between two looks at the queue
HINT = "Drag a handle, use the arrows, or press the arrow keys on a handle."
_ICONS = {
    "grip": "M5 3h2v2H5zM9 3h2v2H9zM5 7h2v2H5zM9 7h2v2H9zM5 11h2v2H5zM9 11h2v2H9z",
    "up": "M8 4 13 9.5H3z",
    "down": "M8 12 3 6.5h10z",
}


def _icon(name: str) -> str:
    path = f'<path fill="currentColor" d="{_ICONS[name]}"/>'
    return f'<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{path}</svg>'


_HTML = f"""
<div class="lab-queue">
  <template><li><button type="button" class="lab-grip" title="Move">{_icon("grip")}</button>
  <span></span><button type="button" value="-1" title="Move up">{_icon("up")}</button><button
  type="button" value="1" title="Move down">{_icon("down")}</button></li></template>
  <ol></ol><div class="lab-status" role="status"></div>
</div>
"""
_CSS = """
.lab-queue { font: 14px var(--st-font); color: var(--st-text-color); }
.lab-queue ol { margin: 0; padding: 0; list-style: none; counter-reset: place; }
.lab-queue li { display: flex; align-items: center; gap: 6px; padding: 2px 4px; margin: 0 0 4px;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  background: var(--st-background-color); counter-increment: place; }
.lab-queue li span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.lab-queue li span::before { content: counter(place) ".\\00a0"; color: var(--st-gray-text-color); }
.lab-queue li[aria-current] span { font-weight: 600; }
.lab-queue li.lab-dragged { border-color: var(--st-primary-color);
  background: var(--st-secondary-background-color); }
.lab-queue button { all: unset; box-sizing: border-box; display: grid; place-items: center;
  width: 32px; height: 32px; cursor: pointer; border-radius: 4px;
  color: var(--st-gray-text-color); }
.lab-queue .lab-grip { cursor: grab; touch-action: none; }
.lab-queue .lab-dragged .lab-grip { cursor: grabbing; }
.lab-queue button:hover { background: var(--st-secondary-background-color); }
.lab-queue button:focus-visible { outline: 2px solid var(--st-primary-color); }
.lab-queue button:disabled { opacity: .3; cursor: default; background: none; }
.lab-queue .lab-status { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
"""


@st.cache_resource
def _component() -> Callable[..., Any]:
    """Register the component once per process: a second registration logs a warning."""
    script = (ASSETS / "queue.js").read_text()
    return st.components.v2.component(
        "descent_lab_queue", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def own_queues(jobs: Sequence[str]) -> None:
    """Draw a card for each device on which two or more jobs wait that belong to the owner of one of
    these jobs, if the visitor may change them. It follows the queue.
    """
    if any(len(line) > 1 for line in _lines(jobs)):
        st.fragment(_draw, run_every=every(SECONDS))(tuple(jobs))


def _lines(jobs: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Return (kind, id) of the waiting jobs of each queue that these jobs belong to, in the order
    of their turns.
    """
    lines: dict[str, list[tuple[str, str]]] = {}
    for job in jobs:
        line = runner.current().own_line(job)
        if line and not person.barred(job):
            lines[line[0][1]] = line
    return [*lines.values()]


def _draw(jobs: tuple[str, ...]) -> None:
    for number, line in enumerate(_lines(jobs)):
        if len(line) < 2:
            continue
        with st.container(border=True):
            st.markdown("**Order of your waiting jobs**")
            _list(f"own_queue_{number}", line, jobs)
            st.caption(HINT)


def _list(key: str, line: list[tuple[str, str]], shown: tuple[str, ...]) -> None:
    current = shown[0] if len(shown) == 1 else ""
    rows = [{"id": id, "name": name_job(kind, id), "current": id == current} for kind, id in line]
    arranged = partial(_arrange, key)
    _component()(key=key, data={"jobs": rows}, height="content", on_order_change=arranged)


def _arrange(key: str) -> None:
    arrange((session.widget_value(key) or {}).get("order"))


def arrange(order: object) -> None:
    """Let the visitor's waiting jobs start in this order, which a browser reports: what is not the
    id of a waiting job is left out.
    """
    lab, listed = runner.current(), order if isinstance(order, list) else []
    waiting = {job for _, job, _ in lab.line()}
    try:
        jobs = [job for job in listed if isinstance(job, str) and job in waiting]
        lab.arrange(jobs, by=person.me())
    except LabError as error:
        session.notice(describe_error(error))
