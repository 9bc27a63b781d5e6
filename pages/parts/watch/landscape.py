"""The card of the loss landscape: the training loss around the weights of a finished run."""

from collections.abc import Callable

import streamlit as st

from core.analysis.catalogue import LossLine, LossPlane, LossProfile
from core.base.encoding import decode
from core.base.errors import LabError
from core.base.numbers import percent_parts, short
from core.experiment import Experiment
from core.export.landscape import line_csv, plane_csv, profiles_csv
from core.figures import landscape as figures
from core.jobs import runner
from pages.kit import analyses, live_chart
from pages.kit.form import escape
from pages.kit.layout import card_title, finding, run_name

VIEWS = {
    "Plane": "Two random directions as long as the filters, 21 × 21 points (Li et al. 2018).",
    "Path": "The two directions in which the training moved most. The run is trained once more to "
    "find its path, so this takes about as long as the run did.",
    "Line": "Between two of the initial, best and last weights, or to the best weights of another "
    "run.",
    "Flat or sharp": "Mean loss along ten random directions, also of other runs: the flatter the "
    "curve, the flatter the minimum.",
}
HELP = (
    "The training loss of at most 1000 samples, without dropout, augmentation and penalties, at "
    "other weights than those that were found. Biases and normalizations do not move in random "
    "directions."
)
MOST = 3  # other runs in one chart
ENDS = {"initial": "Initial weights", "best": "Best weights", "last": "Last weights"}


def card(run: str) -> None:
    """Draw the card."""
    with st.container(border=True):
        with card_title("Loss landscape", help=HELP):
            view = st.segmented_control(
                "View", list(VIEWS), default="Plane", required=True, key="watch_landscape",
                label_visibility="collapsed", persist_state="session",
            )  # fmt: skip
        st.caption(VIEWS[view])
        {"Plane": plane, "Path": path, "Line": line, "Flat or sharp": profile}[view](run)


def plane(run: str) -> None:
    """The plane of two random directions."""
    if found := analyses.result(run, LossPlane(), ask="Measure the plane"):
        _draw(
            lambda mode: figures.plane(found, mode), run, "plane", 420,
            "Training loss over a plane of two random directions", plane_csv(found),
        )  # fmt: skip


def path(run: str) -> None:
    """The plane in which the training moved, with its path."""
    asked = LossPlane(directions="path")
    if not (found := analyses.result(run, asked, ask="Train once more and measure")):
        return
    end = runner.current().store.last(run, "reason") or {}
    _draw(
        lambda mode: figures.plane(found, mode, end.get("best_epoch")), run, "path", 420,
        "Training loss over the plane of the training's path", plane_csv(found),
    )  # fmt: skip
    both = percent_parts(found["explained"])[1]
    st.caption(f"This plane holds {both} of the squared distances from the final weights.")
    if not found["is_exact"]:
        finding(
            "warn",
            "The repeated training did not end at exactly the saved weights, because the device, "
            "the number of threads or a time limit differed. The path is that of the repetition.",
        )


def line(run: str) -> None:
    """The line between two sets of weights of this run, or to those of another run."""
    others = _alike(run)
    names = ENDS | others
    left, right = st.columns(2, gap="small")
    start = left.selectbox("From", list(ENDS), format_func=ENDS.get, key="watch_line_from")
    # Its options do not depend on the other menu, which would close it while it is open.
    end = right.selectbox(
        "To", list(names), index=list(names).index("best"), format_func=names.get,
        key="watch_line_to",
    )  # fmt: skip
    if start == end:
        st.caption("Choose two different sets of weights: a line has two ends.")
        return
    asked = LossLine(start=start, **({"end": end} if end in ENDS else {"other": end}))
    if found := analyses.result(run, asked, ask="Measure the line"):
        ends = ENDS[start].lower(), ENDS[end].lower() if end in ENDS else others[end]
        _draw(
            lambda mode: figures.line(found, ends, mode), run, "line", figures.HEIGHT,
            f"Loss along the line from {ends[0]} to {ends[1]}", line_csv(found),
        )  # fmt: skip
        st.caption(_barrier(found["alphas"], found["loss"]["train"]))


def profile(run: str) -> None:
    """The mean loss along random directions, of this run and of others."""
    others = _alike(run, same_network=False)
    chosen = st.multiselect(
        "Compare with", list(others), format_func=others.get, max_selections=MOST,
        key="watch_profiles", placeholder="Choose up to three runs on the same data",
    )  # fmt: skip
    results = {}
    for id in [run, *chosen]:
        if (found := analyses.result(id, LossProfile(), ask="Measure the sharpness")) is None:
            return
        name = run_name(id)
        results[f"{name} ({id[-6:]})" if name in results else name] = found
    _draw(
        lambda mode: figures.profiles(results, mode), run, "profile", figures.HEIGHT,
        "Mean training loss along random directions", profiles_csv(results),
    )  # fmt: skip
    rises = [
        f"{escape(name)}: from {short(middle)} to {short(away)}"
        for name, (middle, away) in ((name, _rise(found)) for name, found in results.items())
    ]
    st.caption(f"Mean loss from α = 0 to ±0.5: {'; '.join(rises)}.")


def _draw(figure: Callable, run: str, key: str, height: int, alt: str, csv: str) -> None:
    name = run_name(run)
    live_chart.drawn(
        figure, key=f"chart_{key}", height=height, alt=alt, name=f"{name} {key}", subject=name,
        csv=csv,
    )  # fmt: skip


def _alike(run: str, *, same_network: bool = True) -> dict[str, str]:
    """Return the names of the finished runs on the same data, and with the same network, by id."""
    store, found = runner.current().store, {}
    mine = decode(Experiment, store.experiment(run))
    for id in store.ids():
        try:
            other = decode(Experiment, store.experiment(id))
            if id == run or other.data != mine.data or not store.last(id, "reason"):
                continue
        except LabError:
            continue
        if store.checkpoints(id) and (not same_network or other.network == mine.network):
            found[id] = f"{other.title} ({id[-6:]})"
    return found


def _barrier(alphas: list[float], losses: list[float]) -> str:
    """Say whether the loss rises on the way from one end to the other."""
    within = [loss for alpha, loss in zip(alphas, losses, strict=True) if 0 <= alpha <= 1]
    ends, top = max(within[0], within[-1]), max(within)
    if top <= 1.05 * ends:
        return (
            "The training loss does not rise above its two ends: there is no barrier on the line."
        )
    return (
        f"Barrier: on the way the training loss rises to {short(top)}, from {short(within[0])} and "
        f"{short(within[-1])} at the ends."
    )


def _rise(found: dict) -> tuple[float, float]:
    """Return the mean loss at the weights, and half the length of the filters away."""
    middle = len(found["steps"]) // 2
    means = [sum(column) / len(column) for column in zip(*found["loss"], strict=True)]
    away = [
        mean
        for step, mean in zip(found["steps"], means, strict=True)
        if abs(abs(step) - 0.5) < 1e-6
    ]
    return means[middle], sum(away) / len(away)
