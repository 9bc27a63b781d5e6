"""Watch: what is happening in there? One run, live or ended: its numbers, its curves, and what they
mean in words.

The charts are fed by the browser's own stream (pages/ui/live.py); numbers and sentences come from
fragments that tick while the run is live. The page itself runs again only when the run's state
changes.
"""

from collections.abc import Callable

import streamlit as st
from plotly.graph_objects import Figure

from core import runner
from core.analysis.findings import Finding, diverged, findings
from core.analysis.readout import numbers, progress, sentence
from core.encoding import change, decode, encode
from core.errors import LabError
from core.experiment import Experiment
from core.figures import training as figures
from core.history import History
from core.numbers import whole
from pages.ui import answers, feed, live, state
from pages.ui.acts import act, while_here
from pages.ui.downloads import downloads
from pages.ui.form import escape
from pages.ui.parts import BADGES, LIVE, STACK, bar, card_title, finding, header, run_name, told

MAPS = {"Update / weight": "update", "Gradient": "gradient"}
AXES: dict[str, figures.Against] = {"Step": "step", "Epoch": "epoch", "Time": "time"}


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
        with header("Watch", "What is happening in there?"):
            pass
        empty(problem)
    bar(shown=run if page else "")


def shown_run() -> str:
    """The run that the address names; without one the live run, else the newest, else none."""
    lab = runner.current()
    return state.run_in_address() or next(iter([*lab.live(), *lab.store.ids()]), "")


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
            st.markdown(f"Nothing is running. Start the draft below{old}.")
        if live and st.button("Watch the live run", icon=":material/monitoring:"):
            st.switch_page("watch.py", query_params=state.address(run=live[0]))
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
        self.points = answers.shown(self.experiment, self.lab.store.home)
        with self.tail.read() as history:
            self.layers, self.known = history.layers, history.started is not None
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
        st.fragment(self.tick, run_every=1 if self.live else None)()
        if not (self.known or self.live):
            return  # it ended before its first step: nothing to draw
        left, right = st.columns([8, 4], gap="small")
        with left.container(border=True, height="stretch"):
            st.fragment(self.loss_card)(view)
        with right.container(border=True, height="stretch"):
            st.fragment(self.findings_card, run_every=2 if self.live else None)()
        left, right = st.columns([5, 7] if self.points else 2, gap="small")
        if self.points:
            with left.container(border=True, height="stretch"):
                st.fragment(answers.card)(self.points, self.chart)
            left = right  # the layer charts stand over each other beside it
        with left.container(border=True, height="stretch"):
            st.fragment(self.gradient_card)()
        with right.container(border=True, height="stretch"):
            st.fragment(self.map_card)()

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
            act("Put it in the queue again", "play_arrow", lab.resume, run)
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
            }

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
            if self.live or self.state in ("interrupted", "unbegun"):
                share, text = progress(history, self.state)
                st.progress(share, text=text)
            else:
                self.ended(history)
            if not (self.known or self.live):
                return
            with st.grid(min_column_width=168, gap="small"):
                for label, value, help in numbers(history):
                    st.metric(label, value, help=help)

    def ended(self, history: History) -> None:
        """The answer in one sentence; for a run that went wrong what, where and the way out."""
        if self.state not in ("diverged", "failed"):
            st.markdown(f"### {sentence(history.ended)}")
            return
        way_out = diverged(history, self.experiment)
        action = f"Open its settings with {way_out.action[4:]}" if way_out else "Open its settings"
        if finding("bad", escape(history.ended.message), action, "way_out"):
            self.reopen(way_out)

    # --- cards

    def loss_card(self, view: dict) -> None:
        with st.container(**STACK, gap="small"):
            title = st.empty()  # says what is chosen behind it
            shown = choose("Show", ["Loss", "Error"])
            against = AXES[choose("Against", list(AXES))]
        title.subheader(shown, anchor=False, width="stretch")
        measure = shown.lower()
        error = "variance not explained" if self.classes == 0 else "wrong answers"
        unit = error if measure == "error" else self.experiment.loss.label.lower()

        def draw(mode: figures.Mode) -> Figure:
            return figures.curve(mode, measure=measure, against=against, unit=unit, **view)

        words = f"Training and validation {measure} against {against}"
        self.chart(draw, "loss", 216, words)

    @while_here
    def findings_card(self) -> None:
        """At most three sentences; the card keeps its height."""
        with self.tail.read() as history:
            found = findings(history, self.experiment, classes=self.classes)
        urgent = sum(f.level in ("warn", "bad") for f in found)
        with card_title("What this shows"):
            if urgent:
                st.badge(f"{urgent} to act on", color="yellow")
        for one in found:
            if finding(one.level, one.text, one.action or None, f"finding_{one.path}"):
                self.reopen(one)

    def gradient_card(self) -> None:
        with card_title(
            "Gradient norm per layer",
            help="‖∇L‖ before clipping, a mean over some ten steps; the CSV has each one.",
        ):
            log = choose("Scale", ["Log", "Linear"]) == "Log"

        def draw(mode: figures.Mode) -> Figure:
            return figures.gradients(mode, layers=self.layers, log=log)

        self.chart(draw, "gradient", 168, "Gradient norm of each layer against step")

    def map_card(self) -> None:
        with card_title(
            "Layer × time",
            help="One row a layer, input on top; time goes to the right. Update / weight: how far "
            "one step moves the weights, ‖Δw‖ / ‖w‖, about 1e-3 is good. Gradient: ‖∇L‖.",
        ):
            chosen = choose("Map", list(MAPS))

        def draw(mode: figures.Mode) -> Figure:
            return figures.layer_map(mode, layers=self.layers, quantity=MAPS[chosen])

        self.chart(draw, "layers", 168, f"{chosen} of each layer over time, one row a layer")

    def chart(self, figure: Callable, key: str, height: int, alt: str) -> None:
        name = f"{self.name} {key}".replace("/", "-")
        live.chart(
            figure, self.run, key=f"chart_{key}", height=height, alt=alt, name=name, live=self.live
        )

    # --- what a finding's button does

    def reopen(self, one: Finding | None = None) -> None:
        """Page Train opens with this run's experiment and the one change that was proposed."""
        draft = change(self.experiment, one.path, one.value) if one else self.experiment
        state.set_draft(encode(draft))
        st.switch_page("train.py", query_params=state.address())


def choose(label: str, options: list[str]) -> str:
    """Two to five options on the right of a card's title; what was chosen is kept from page to
    page.
    """
    return st.segmented_control(
        label, options, default=options[0], required=True, label_visibility="collapsed",
        key=f"watch_{label}", persist_state="session",
    )  # fmt: skip


main()
