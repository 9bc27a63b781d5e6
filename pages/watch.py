"""Watch: what is happening in there? One run, live or ended: its numbers, its curves, and what they
mean in words.

The charts are fed by the browser's own stream (pages/kit/live_chart.py); numbers and sentences come
from fragments that tick while the run is live. The page itself runs again only when the run's state
changes.
"""

import streamlit as st

from core.advice.run_findings import Finding, diverged
from core.advice.run_status import earlier, numbers, progress, resumes, sentence
from core.advice.training_checks import Advice
from core.base.encoding import change, decode, encode
from core.base.errors import LabError
from core.base.numbers import whole
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.kinds import RUN
from core.runs.history import History
from pages.kit import feed, sharpness, state
from pages.kit.downloads import downloads
from pages.kit.form import escape
from pages.kit.job_controls import act, giving_way, waiting, while_here
from pages.kit.layout import (
    BADGES,
    LIVE,
    bar,
    every,
    finding,
    foremost,
    header,
    run_name,
    stands,
    told,
)
from pages.parts.watch import decision_surface
from pages.parts.watch.charts import Cards
from pages.parts.watch.running_statistics import running_statistics

ASIDE = (
    "It was paused while others waited for its device, so it was saved and set aside. Resume puts "
    "it in line again; nothing is lost."
)


def main() -> None:
    """The whole page."""
    run = shown_run()
    page, problem = None, ""
    try:
        page = Page(run) if run else None
    except LabError as error:  # not here, or written by another version of the lab
        problem = escape(told(error))
    if page:
        page.show()
    else:
        with header("Watch", "Progress and curves of one run"):
            pass
        empty(problem)
    bar(shown=run if page else "")


def shown_run() -> str:
    """The run that the address names; without one a live run, if possible one's own, else the
    newest, else none.
    """
    lab = runner.current()
    return state.run_in_address() or foremost(lab.live()) or next(iter(lab.store.ids()), "")


def empty(problem: str) -> None:
    """One card in the place of the content: what to do first, or why this run cannot be shown, and
    the ways to those that can.
    """
    lab = runner.current()
    live, known = lab.live(), lab.store.ids()
    with st.container(border=True):
        if problem:
            finding("bad", problem)
        else:
            old = ", or open an old run" if known else ""
            st.markdown(f"No run in progress. Start the draft below{old}.")
        if live and st.button("Watch the live run", icon=":material/monitoring:"):
            st.switch_page("watch.py", query_params=state.address(run=foremost(live)))
        if known:
            words, icon = "Open an old run", ":material/table_rows:"
            st.page_link("runs.py", label=words, icon=icon, query_params=state.address())


class Page:
    """The page of one run, at the state that it has now."""

    def __init__(self, run: str):
        self.run, self.lab = run, runner.current()
        self.state = self.lab.status(run)
        self.tail = feed.tail(run)
        self.experiment = decode(Experiment, self.lab.store.experiment(run))
        self.name = run_name(run)
        self.classes = self.count_classes()
        self.points = decision_surface.shown(self.experiment, self.lab.store.home)
        with self.tail.read() as history:
            self.names = {"layers": history.layers, "activations": history.activations}
            self.known = history.started is not None
            self.sizes = history.started.sizes if history.started else {}

    def count_classes(self) -> int | None:
        """0 for values; None where the data is not here."""
        try:
            return len(self.experiment.data.facts(self.lab.store.home).classes)
        except LabError:
            return None

    def pictures(self) -> bool:
        """Whether the data is pictures, as far as is known."""
        try:
            return self.experiment.data.facts(self.lab.store.home).pictures
        except LabError:
            return True

    @property
    def live(self) -> bool:
        return self.state in LIVE

    def show(self) -> None:
        """Header, numbers, then the cards in reading order."""
        facts = [self.name, self.experiment.data.summary if self.experiment.name else ""]
        noun = "pictures" if self.pictures() else "samples"
        facts += [f"{whole(sum(self.sizes.values()))} {noun}" if self.sizes else ""]
        word, colour, icon = BADGES[self.state]
        with header("Watch", " · ".join(filter(None, facts)), (word, colour, f":material/{icon}:")):
            self.actions()
            view = self.view()
        if why := self.lab.barred(self.run):
            st.caption(why)
        st.fragment(self.tick, run_every=every(1) if self.live else None)()
        if self.state == "queued" and not self.known:
            self.in_line()
            return
        if not (self.known or self.live):
            return  # it ended before its first step: nothing to draw
        cards = Cards(
            self.run, self.name, self.experiment, live=self.live, classes=self.classes, **self.names
        )
        left, right = st.columns([8, 4], gap="small")
        with left.container(border=True, height="stretch"):
            st.fragment(cards.loss)(view)
        with right.container(border=True, height="stretch"):
            pace = every(2) if self.live else None
            st.fragment(while_here(cards.findings), run_every=pace)(self.reopen)
        left, right = st.columns([5, 7] if self.points else 2, gap="small")
        if self.points:
            with left.container(border=True, height="stretch"):
                st.fragment(decision_surface.card)(self.points, cards.chart)
            left = right  # the layer charts stand over each other beside it
        with left.container(border=True, height="stretch"):
            st.fragment(cards.gradient)()
        with right.container(border=True, height="stretch"):
            st.fragment(cards.map)()
        if self.state in ("done", "stopped"):
            with st.container(border=True):
                sharpness.card(self.run, self.experiment, self.reopen)
            running_statistics(self.run, self.experiment)

    def in_line(self) -> None:
        """In the place of the curves, before there are any: the way to the run at work."""
        before = [id for kind, id in self.lab.wait(self.run)[0] if kind == RUN]
        with st.container(border=True):
            st.markdown("Its curves are drawn here as soon as its turn has come.")
            if before and st.button(
                f"Watch {escape(run_name(before[0]))}", icon=":material/monitoring:", key="ahead"
            ):
                st.switch_page("watch.py", query_params=state.address(run=before[0]))

    # --- what may be done

    def actions(self) -> None:
        """At most four buttons: those that make sense in this state."""
        lab, run, paused = self.lab, self.run, self.state == "paused"
        if self.state in ("running", "paused"):
            say, word, icon = (
                (lab.proceed, "Go on", "play_arrow") if paused else (lab.pause, "Pause", "pause")
            )
            act(word, icon, say, run, shortcut="space")
            why = "Take one step" if paused else "Pause first, then go one step at a time"
            act("Step", "skip_next", lab.step, run, disabled=not paused, help=why)
        if self.live:
            act("Stop", "stop", lab.stop, run, disabled=self.state == "stopping")
        if self.state in runner.RESUMABLE and self.known:
            act("Resume", "play_arrow", lab.resume, run, help="Goes on from the last checkpoint")
        elif self.state in runner.RESUMABLE:
            act("Queue again", "play_arrow", lab.resume, run)
        if self.known and not self.live:
            with st.popover("Download", icon=":material/download:"):
                downloads(self.run)

    def view(self) -> dict[str, object]:
        """How the curves are drawn; rarely changed, so behind one button."""
        with st.popover("View", icon=":material/visibility:"):
            return {
                "log": st.toggle("Log scale", True, key="watch_log", persist_state="session"),
                "smoothing": st.slider(
                    "Smoothing", 0.0, 0.99, 0.9, key="watch_smoothing", persist_state="session"
                ),
                "best": st.toggle(
                    "Mark the best epoch", True, key="watch_best", persist_state="session"
                ),
                "marks": ("fired", "chosen", "untaken")
                if self.all_rules()
                else ("fired", "chosen"),
            }

    def all_rules(self) -> bool:
        """Whether rules that were not chosen get their marks too."""
        return st.toggle(
            "Mark every stopping rule",
            False,
            key="watch_rules",
            persist_state="session",
            help="Also those that this run does not use, as they come. The gradient norm is known "
            "only where a rule asked for it.",
        )

    # --- numbers

    @while_here
    def tick(self) -> None:
        """Progress and five numbers. Runs the page anew when the run's state, or what is known of
        it, has changed.
        """
        with self.tail.read() as history:
            if self.live and (
                self.lab.status(self.run) != self.state
                or (history.started is not None) != self.known
            ):
                st.rerun()
            if self.live or self.state in ("interrupted", "aside", "unbegun"):
                share, text = progress(history, stands(self.run) if self.live else self.state)
                st.progress(share, text=waiting(self.run) if self.state == "queued" else text)
                if said := self.where_next(history):
                    finding("info", said)
            else:
                self.ended(history)
            if not self.known and (self.state == "queued" or not self.live):
                return
            with st.grid(min_column_width=168, gap="small"):
                for label, value, help in numbers(history):
                    st.metric(label, value, help=help)

    def where_next(self, history: History) -> str:
        """What a run that does not go on, or soon will not, waits for; empty for nothing."""
        if self.state == "aside":
            return ASIDE
        if self.state == "interrupted":
            return resumes(history) if self.known else ""
        return giving_way(self.run)

    def ended(self, history: History) -> None:
        """The answer in one sentence; for a run that went wrong what, where and the way out."""
        if self.state not in ("diverged", "failed"):
            st.markdown(f"### {sentence(history.ended)}")
            if lines := earlier(history):
                st.caption("  \n".join(map(escape, lines)))
            return
        way_out = diverged(history, self.experiment)
        action = f"Open its settings with {way_out.action[4:]}" if way_out else "Open its settings"
        if finding("bad", escape(history.ended.message), action, "way_out"):
            self.reopen(way_out)

    # --- what a finding's button does

    def reopen(self, one: Finding | Advice | None = None) -> None:
        """Page Train opens with this run's experiment and the one change that was proposed."""
        draft = change(self.experiment, one.path, one.value) if one else self.experiment
        state.set_draft(encode(draft))
        st.switch_page("train.py", query_params=state.address())


main()
