"""Demonstration: optimizers that start at one point of a loss surface."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.base.numbers import short, whole
from core.concepts import race
from core.concepts.race import RACERS, Racer
from core.concepts.surfaces import SURFACES, LossSurface, Point, Quadratic, conditioned
from core.figures import race as figures
from pages.kit import session
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

RATES = (
    0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.22, 0.3, 0.4, 0.5, 0.63, 0.8,
    1.0, 2.0,
)  # fmt: skip
CONDITIONS = (1, 2, 3, 5, 10, 20, 50, 100)
MOST = 300  # steps
FIRST = ("Gradient descent", "Momentum", "Nesterov", "Adam")


@st.fragment
def show() -> None:
    """Draw the surface, the optimizers and their settings, then the paths and what they show."""
    surface = choose_surface()
    left, right = st.columns([1, 4], gap="medium")
    with left.container(gap="small"):
        surface, start, how = settings(surface)
        several = st.toggle("Twelve starts", key="race starts")
    with right:
        racers = choose_racers(several)
    starts = race.starts(surface) if several else [start]
    numbered = {
        path_name(racer, place, several): (RACERS.index(racer), place)
        for racer in racers
        for place in starts
    }
    numbers = [number for number, _ in numbered.values()]
    paths = {
        name: race.run(surface, RACERS[number], place, **how)
        for name, (number, place) in numbered.items()
    }
    with right.container(border=True, height="stretch"):
        card_title(describe_rates(surface, how["learning_rate"]))
        surface_chart, loss_chart = st.columns([7, 5], gap="small")
        with surface_chart:
            drawn(
                lambda mode: figures.paths(surface, paths, numbers, mode),
                key=f"race {surface.kind}", height=figures.HEIGHT, name="optimizers",
                alt=f"Paths over the surface “{surface.label}”: {', '.join(paths)}.",
                on_click=lambda place: start_at(surface, place),
            )  # fmt: skip
        with loss_chart:
            drawn(
                lambda mode: figures.losses(surface, paths, numbers, mode),
                key="race losses", height=figures.HEIGHT, name="optimizer-losses",
                alt="Loss above the minimum at every step, for each path.",
            )  # fmt: skip
        st.markdown(f":small[{describe_paths(surface, paths, how['steps'])}]")
    lead("Open an experiment with momentum", "momentum-2-on")


def choose_surface() -> LossSurface:
    """Draw the menu of surfaces and the formula of the selected one."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        label = st.segmented_control(
            "Surface", [s.label for s in SURFACES], default=SURFACES[0].label, required=True,
            label_visibility="collapsed", key="race surface",
        )  # fmt: skip
        surface = next(s for s in SURFACES if s.label == label)
        st.markdown(f":small[${surface.formula}$]", help=surface.about, width="content")
    return surface


def settings(surface: LossSurface) -> tuple[LossSurface, Point, dict[str, float]]:
    """Draw the inputs for κ, learning rate, steps, noise and start. Return the surface with this κ,
    the start, and the settings of `race.run`.
    """
    if isinstance(surface, Quadratic):
        condition = st.select_slider("Condition number κ", CONDITIONS, 3, key="race condition")
        surface = conditioned(surface, condition)
    rate = st.select_slider(
        "Learning rate η", RATES, surface.learning_rate, key=f"race rate {surface.kind}"
    )
    steps = st.slider("Steps", 10, MOST, 150, 10, key="race steps")
    noise = st.slider(
        "Gradient noise", 0.0, 2.0, 0.0, 0.1, key="race noise",
        help="Standard deviation of the noise that is added to both parts of each gradient, as "
        "mini-batches do. All optimizers get the same noise.",
    )  # fmt: skip
    left, right, bottom, top = surface.area
    with st.container(horizontal=True, gap="small"):
        x, y = (
            st.number_input(
                f"Start {name}", low, high, float(value), 0.1, format="%.2f", width=86,
                key=start_key(surface, name),
            )
            for name, low, high, value in zip(
                "xy", (left, bottom), (right, top), surface.start, strict=True
            )
        )  # fmt: skip
    return surface, (x, y), {"learning_rate": rate, "steps": steps, "noise": noise}


def start_key(surface: LossSurface, axis: str) -> str:
    """Return the key of the input for one coordinate of the start."""
    return f"start {surface.kind} {axis}"


def start_at(surface: LossSurface, place: Sequence[int]) -> None:
    """Start at the clicked row and column of the surface; a click on a path changes nothing."""
    if len(place) == 2:
        x, y = figures.grid(surface)
        for axis, value in (("x", x[place[1]]), ("y", y[place[0]])):
            session.set_number(start_key(surface, axis), round(float(value), 2))


def choose_racers(several: bool) -> list[Racer]:
    """Draw the menu of optimizers: one of them for several starts, or any number of them."""
    labels = [racer.label for racer in RACERS]
    if several:
        selected = [
            st.pills(
                "Optimizer",
                labels,
                default=FIRST[0],
                required=True,
                label_visibility="collapsed",
                key="one racer",
            )
        ]
    else:
        selected = st.pills(
            "Optimizers",
            labels,
            selection_mode="multi",
            default=FIRST,
            label_visibility="collapsed",
            key="racers",
        )
    return [racer for racer in RACERS if racer.label in (selected or FIRST[:1])]


def path_name(racer: Racer, start: Point, several: bool) -> str:
    """Return the name of a path in the legend."""
    x, y = (f"{value:.1f}".replace("-", "−") for value in start)
    return f"{racer.label} from ({x}, {y})" if several else racer.label


def describe_rates(surface: LossSurface, learning_rate: float) -> str:
    """Return what the curvature at the minimum means for this learning rate."""
    at = race.convergence(surface, learning_rate)
    limit = short(at.limit, 3)
    if at.factor >= 1:
        return (
            f"Gradient descent diverges near the minimum: η = {learning_rate:g} is not below "
            f"2/λ = {limit}"
        )
    return (
        f"Near the minimum, gradient descent keeps {at.factor:.4g} of the error per step. "
        f"Best: 1 − 2/(κ + 1) = {at.best_factor:.4g} at η = {short(at.best_rate, 3)}; "
        f"limit: 2/λ = {limit}"
    )


def describe_paths(surface: LossSurface, paths: dict[str, np.ndarray], steps: int) -> str:
    """Return how many steps each path needs to a minimum, the quickest first."""
    reached = {name: race.steps_to_minimum(surface, path) for name, path in paths.items()}
    diverged = [name for name, path in paths.items() if not np.isfinite(path[-1]).all()]
    if len(paths) > len(RACERS):  # several starts
        count = sum(step is not None for step in reached.values())
        text = f"{count} of {len(paths)} starts reach a minimum within {whole(steps)} steps."
        return text + (f" {len(diverged)} diverge." if diverged else "")
    quick = sorted((step, name) for name, step in reached.items() if step is not None)
    slow = [name for name, step in reached.items() if step is None and name not in diverged]
    parts = []
    if quick:
        listed = ", ".join(f"{name} {whole(step)}" for step, name in quick)
        parts.append(f"Steps until 1 % of the first distance from a minimum is left: {listed}.")
    if slow:
        parts.append(f"Not within {whole(steps)} steps: {', '.join(slow)}.")
    if diverged:
        parts.append(f"Diverged: {', '.join(diverged)}.")
    return " ".join(parts)
