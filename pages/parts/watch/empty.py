"""What the page Watch shows instead of curves: no run, a run that cannot be shown, or a run that
waits in the queue.
"""

import streamlit as st

from core.jobs import runner
from core.jobs.kinds import RUN
from pages.kit import address
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.job_controls import first_changeable
from pages.kit.layout import finding, run_name
from pages.kit.own_queue import own_queues


def no_run(problem: str) -> None:
    """One card instead of the content: the first step, or why this run cannot be shown, and links
    to other runs.
    """
    lab = runner.current()
    live, has_runs = lab.live(), bool(lab.store.ids())
    with st.container(border=True):
        if problem:
            finding("bad", problem)
        else:
            other = ", or open an earlier run" if has_runs else ""
            st.markdown(f"No run in progress. Start the draft below{other}.")
        if live and button("Watch the live run", icon=":material/monitoring:"):
            st.switch_page("watch.py", query_params=address.parameters(run=first_changeable(live)))
        if has_runs:
            label, icon = "Open an earlier run", ":material/table_rows:"
            st.page_link("runs.py", label=label, icon=icon, query_params=address.parameters())


def in_line(run: str) -> None:
    """A card instead of the curves of a queued run, with a link to the run in progress, and the
    order of the person's waiting jobs.
    """
    before = [id for kind, id in runner.current().wait(run)[0] if kind == RUN]
    with st.container(border=True):
        st.markdown("Curves appear here when this run starts.")
        if before and button(
            f"Watch {escape(run_name(before[0]))}", icon=":material/monitoring:", key="ahead"
        ):
            st.switch_page("watch.py", query_params=address.parameters(run=before[0]))
    own_queues([run])
