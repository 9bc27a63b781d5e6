"""Watch: one run, live or ended, with its numbers, its curves and the findings about them.

A stream feeds the charts in the browser (pages/kit/live_chart.py). One fragment that repeats while
the run is live draws all numbers and sentences from one snapshot and tells the charts to show the
same moment. The page itself runs again only when the run's state changes. Where the server draws
the charts (LAB_LIVE=poll), the fragment is the whole page below its header.
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.advice.run_status import describe_resume, numbers, progress
from core.advice.suggestions import follow_up
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.finding import Action
from core.jobs import runner
from core.runs.history import History
from core.runs.state import RunState
from pages.kit import (
    address,
    family,
    forks,
    live_chart,
    person,
    score_form,
    session,
    sharpness,
    state,
)
from pages.kit.bar import bar
from pages.kit.form import escape
from pages.kit.job_controls import (
    describe_preemption,
    describe_wait,
    first_changeable,
    live_status,
    while_here,
)
from pages.kit.layout import describe_error, finding, header
from pages.kit.screen import every
from pages.parts.watch import (
    baselines,
    decision_surface,
    effects,
    export,
    inside,
    landscape,
    mistakes,
    verdict,
)
from pages.parts.watch.charts import Cards
from pages.parts.watch.empty import in_line, no_run
from pages.parts.watch.header import draw_header
from pages.parts.watch.result import show_failure, show_result
from pages.parts.watch.running_statistics import running_statistics
from pages.parts.watch.shown_run import ShownRun

Findings = Callable[[History], Callable[[], None]]  # computes them; returns what draws them
POLL_SECONDS = 1.5
WAITING = {RunState.INTERRUPTED, RunState.PREEMPTED, RunState.NOT_STARTED}
PREEMPTED = (
    "This run was paused while other jobs waited for its device, so it was saved and removed from "
    "the device. Resume adds it to the queue again and continues from the saved step."
)
TABS = "watch_tab"
AFTER_TRAINING = ("Mistakes", "Inside", "Verdict", "Effects", "Export")
FAMILY_SECONDS = 5  # between two drawings of the family of a live run
LIVE = "Available when this run has ended."
WAITS = "Available when this run has ended. Resume it to continue its training."
NO_RESULT = (
    "Not available: the training of this run did not end with a result. On the command line, "
    "`evaluate` examines the weights that were saved last."
)
NO_WEIGHTS = (
    "Not available: the training of this run did not finish, so it has no weights to examine."
)


def main() -> None:
    """The whole page."""
    run = shown_run()
    page, problem = None, ""
    try:
        page = Page(run) if run else None
    except LabError as error:  # not here, or written by another version of the lab
        problem = escape(describe_error(error))
    if page:
        page.show()
    else:
        with header("Watch", "Progress, curves and findings of one run"):
            pass
        no_run(problem)
    bar(shown=run if page else "")


def shown_run() -> str:
    """Return the run in the address, else a live run (the visitor's own first), else the newest
    one, else an empty string.
    """
    lab = runner.current()
    return address.run() or first_changeable(lab.live()) or next(iter(lab.store.ids()), "")


class Page(ShownRun):
    """The page of one run in its present state."""

    def show(self) -> None:
        """Header, numbers, then the cards in reading order."""
        view = draw_header(self)
        if why := person.barred(self.run):
            st.caption(why)
        if live_chart.polls() and self.live:
            st.fragment(while_here(self.body), run_every=every(POLL_SECONDS))(view)
        else:
            self.body(view)

    def body(self, view: dict[str, object]) -> None:
        """All below the header."""
        self.top = st.container()
        self.offers_baselines = False  # on the first tab: Verdict has them, the others their own
        if self.state is RunState.QUEUED and not self.has_started:
            self.follow()
            in_line(self.run)
            return
        if not (self.has_steps or self.live):
            self.follow()
            return  # It ended before its first step: there is nothing to draw.
        draw = {"Curves": lambda run: self.curves(view), **self.after_training()}
        address.open_named_tab(TABS, list(draw))
        tabs = st.tabs(list(draw), key=TABS, on_change="rerun")  # at all times: no chart is drawn
        opened = next((label for label, tab in zip(draw, tabs, strict=True) if tab.open), "")
        address.name_tab("" if tabs[0].open else opened)  # anew when the run ends
        self.offers_baselines = bool(tabs[0].open)
        if not tabs[0].open:
            self.follow()
        for tab, show in zip(tabs, draw.values(), strict=True):
            if tab.open:
                with tab:
                    show(self.run)

    def follow(self, findings: Findings | None = None) -> None:
        """Draw numbers and sentences, once for a run that has ended, else again and again."""
        if live_chart.polls() or not self.live:
            self.tick(findings)
        else:
            st.fragment(self.tick, run_every=every(1))(findings)

    def after_training(self) -> dict[str, Callable[[str], None]]:
        """Return what draws the tabs of a finished run; before its end they only say so. A run that
        diverged or failed can still be exported as what needs no weights.
        """
        if self.can_predict():
            return {
                "Mistakes": mistakes.tab,
                "Inside": self.inside,
                "Verdict": lambda run: verdict.tab(run, self.reopen),
                "Effects": effects.tab,
                "Export": export.tab,
            }
        tabs = dict.fromkeys(AFTER_TRAINING, lambda run: st.caption(self.why_unavailable()))
        if not self.live:
            tabs["Effects"] = effects.tab
        if not self.live and self.state not in WAITING:
            tabs["Export"] = partial(export.tab, has_weights=False)
        return tabs

    def why_unavailable(self) -> str:
        """Return why this run cannot be analyzed."""
        if self.live:
            return LIVE
        if self.state in WAITING:
            return WAITS
        return NO_RESULT if self.has_weights() else NO_WEIGHTS

    def curves(self, view: dict[str, object]) -> None:
        """The cards that a live run shows too."""
        cards = Cards(
            self.run, self.name, self.experiment, live=self.live,
            moving=self.state is RunState.RUNNING, classes=self.classes, **self.names,
        )  # fmt: skip
        left, right = st.columns([8, 4], gap="small")
        with left.container(border=True, height="stretch"):
            chart = st.container()
            cards.below_loss = st.container() if view.get("forecast") else None
        with right.container(border=True, height="stretch"):
            self.follow(partial(cards.findings, reopen=self.follow_finding))
        with chart:
            st.fragment(cards.loss)(view)
        left, right = st.columns([5, 7] if self.points else 2, gap="small")
        if self.points:
            with left.container(border=True, height="stretch"):
                st.fragment(decision_surface.card)(self.points, cards.chart)
            left = right  # The layer charts share the column beside it.
        with left.container(border=True, height="stretch"):
            st.fragment(cards.gradient)()
        with right.container(border=True, height="stretch"):
            st.fragment(cards.map)()
        cards.predicted()
        if family.has_family(self.run):
            pace = every(FAMILY_SECONDS) if self.live else None
            with st.container(border=True):
                st.fragment(while_here(family.card), run_every=pace)(self.run)

    def inside(self, run: str) -> None:
        """What the layers have learned, and the minimum that was found."""
        inside.tab(run)
        with st.container(border=True):
            sharpness.card(run, self.experiment, self.reopen)
        landscape.card(run)
        running_statistics(run, self.experiment)

    # --- numbers

    @while_here
    def tick(self, findings: Findings | None) -> None:
        """Progress and five numbers at the top, and the findings here, of one moment. Reruns the
        page when the run's state or settings have changed or its first event has arrived.
        """
        with self.tail.snapshot() as history:
            if self.live and (
                self.lab.status(self.run) != self.state
                or (history.started is not None) != self.has_started
                or len(history.changes) != self.changes
            ):
                st.rerun()
            draw = findings(history) if findings else None  # all is computed before any is drawn
            with self.top:
                self.numbers(history)
            if draw:
                draw()

    def numbers(self, history: History) -> None:
        """Progress or result, and five numbers."""
        if self.live or self.state in WAITING:
            fraction, text = progress(history, live_status(self.run) if self.live else self.state)
            text = describe_wait(self.run) if self.state is RunState.QUEUED else text
            note = self.continuation(history)
            st.progress(fraction, text=text)
            if note:
                finding("info", note)
        else:
            self.ended(history)
        if not self.has_steps and (self.state is RunState.QUEUED or not self.live):
            return
        with st.grid(min_column_width=168, gap="small"):
            for label, value, help in numbers(history, score_form.form()):
                st.metric(label, value, help=help)

    def continuation(self, history: History) -> str:
        """How a run that does not train now can continue; empty if there is nothing to add."""
        if self.state is RunState.PREEMPTED:
            return PREEMPTED
        if self.state is RunState.INTERRUPTED:
            return describe_resume(history) if self.has_started else ""
        return describe_preemption(self.run)

    def ended(self, history: History) -> None:
        """The result, or the error of a failed run."""
        if self.state in (RunState.DIVERGED, RunState.FAILED):
            show_failure(self.run, history, self.experiment, self.reopen)
        else:
            show_result(self.run, history, self.experiment, classes=self.classes)
            if self.offers_baselines and self.can_predict():
                baselines.offer(self.run, history)

    # --- the button of a finding

    def follow_finding(self, action: Action) -> None:
        """Open Train with the change of a finding; a finished run that needs more epochs is
        extended, which costs only these.
        """
        if self.can_predict() and action.changes.keys() == {"epochs"}:
            forks.open_extension(self.run, action.changes["epochs"] - self.experiment.epochs)
        else:
            self.reopen(action)

    def reopen(self, action: Action) -> None:
        """Open Train with this run's experiment and the changes of a finding."""
        state.set_draft(encode(follow_up(self.experiment, action)), "Settings of a run")
        applied = f"Applied: {action.label}." if action.changes else "The run's settings are shown."
        session.notice(f"{applied} Press Start to train again.")
        st.switch_page("train.py", query_params=address.parameters())


main()
