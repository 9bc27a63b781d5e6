"""The cards of the Double descent page: the answer, the curve with its switches and comparisons,
the map of width × steps, and why. Knows the points of a study and how to look at them, not who
makes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from plotly.graph_objects import Figure
from streamlit.delta_generator import DeltaGenerator

from core.advice.study_verdict import Measure, Over
from core.base.numbers import whole
from core.base.text import counted
from core.descent.point import Point
from core.figures.descent import curve, phase, reasons, starts
from core.figures.descent.lines import SIZES, Lines, Unit, View, rows
from core.figures.template import Mode
from pages.kit import live_chart
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title
from pages.parts.double_descent import compare
from pages.parts.double_descent.answer import MEASURES, answer, choose, measure_switch, so_far
from pages.parts.double_descent.offers import Offer

AXES: dict[Over, str] = {"width": "Parameters", "steps": "Epochs", "samples": "Samples"}
AGAINST = {"width": "size", "steps": "training time", "samples": "samples"}
REASONS: dict[str, reasons.Reason] = {"Norm": "norm", "Variance": "variance"}
ELSEWHERE = {
    "width": "This study keeps the size of the model. A preset over sizes, above, varies it.",
    "steps": "This study measures each model once, at the end of its training. “By steps”, above, "
    "follows it.",
    "samples": "This study keeps the number of samples. “By samples”, above, varies it.",
}


@dataclass(frozen=True)
class Scene:
    """What is looked at: points, how they are drawn (`view`), which axes the study varies (the
    first one is what it is about), and the first and last x that it will reach on each.

    `complete` says that all points are there, `empty` is said while there are none. `offers` has
    for causes of the peak the study without it; `want` makes it, or says why it cannot. `name`
    begins the file names of downloads; `id` is the study's, empty before there is one. `measure` is
    shown first, `caution` stands beside the answer, and `words` name values of a control that are
    no numbers.
    """

    points: Sequence[Point]
    view: View
    axes: tuple[Over, ...]
    reach: Mapping[Unit, tuple[float, float]]
    live: bool
    complete: bool
    measure: Measure
    caution: str
    words: Mapping[float, str]
    name: str
    empty: str
    offers: Mapping[str, Offer]
    want: Callable[[Offer], str]
    id: str


def cards(scene: Scene) -> None:
    """The answer on top, the curve on the left, its reasons on the right."""
    above = st.container()
    if scene.axes[0] == "control":
        starts_card(scene, above)
        return
    if scene.view.trained and scene.axes[0] == "samples":  # why is no question here
        with st.container(border=True, gap="xsmall"):
            lines = rows(scene.points, curve_card(scene))
    else:
        left, right = st.columns([8, 5], gap="small")
        with left.container(border=True, height="stretch", gap="xsmall"):
            lines = rows(scene.points, curve_card(scene))
        with right:
            why_cards(scene, lines)
    with above:
        if not scene.points:
            st.markdown(f"### {escape(scene.empty)}")
        elif scene.live or lines.verdict.kind == "short":
            st.markdown(f"### {so_far(lines)}")
        else:
            answer(scene.points, lines, scene.id, scene.caution)


def starts_card(scene: Scene, above: DeltaGenerator) -> None:
    """The same experiment from several seeds."""
    with st.container(border=True, gap="xsmall"):
        with card_title("Every start"):
            measure = MEASURES[measure_switch(scene.measure, scene.id)]
        made = starts.rows(scene.points, measure, scene.view.control, scene.words)
        live_chart.drawn(
            lambda mode: starts.figure(made, mode), key="descent starts", height=starts.HEIGHT,
            alt="What each start reached on the test part", name=f"{scene.name}-starts",
        )  # fmt: skip
    above.markdown(f"### {escape(made.sentence if scene.points else scene.empty)}")


def curve_card(scene: Scene) -> View:
    """The curve with its switches; the view that they ask for."""
    with st.container(**STACK, gap="small"):
        place = st.empty()
        over = AXES[scene.axes[0]]
        if not scene.view.trained:
            over = choose("Against", list(AXES.values()), over)
        measure = measure_switch(scene.measure, scene.id)
    over = next(name for name, label in AXES.items() if label == over)
    place.subheader(f"{measure} against {AGAINST[over]}", anchor=False, width="stretch")
    view = replace(scene.view, over=over, measure=MEASURES[measure])
    view = replace(view, unit={"samples": "n", "steps": "steps"}.get(over, view.unit))
    above = st.container(height=curve.HEIGHT, border=False, vertical_alignment="center")
    if over not in scene.axes:
        above.markdown(ELSEWHERE[over])
        return view
    with st.container(**STACK, gap="small", horizontal_alignment="distribute"):
        pills = st.container(width="content")
        view = below(scene, view)
    on = []
    if scene.points and scene.complete:  # the best of a part is not the best
        with pills:
            on = compare.pills(scene.points, view, scene.offers, scene.id)
        compare.missing(on, scene.points, view, scene.offers, scene.want)
    others = compare.lines_of(on, scene.points, view, scene.offers)
    lines = rows(scene.points, view)
    shown = replace(lines, lines=lines.lines[:1]) if others else lines

    def draw(mode: Mode) -> Figure:
        return curve.figure(shown, mode, others=others, reach=scene.reach.get(view.unit))

    with above:
        alt = f"Test and training {measure.lower()} against {AGAINST[over]}"
        live_chart.drawn(
            draw, key="descent curve", height=curve.HEIGHT, alt=alt, name=f"{scene.name}-curve"
        )
    if lost := lines.verdict.lost:
        st.caption(
            f":material/warning: {counted(lost, 'point')} without a number (the loss overflowed): "
            "a triangle stands where."
        )
    return view


def below(scene: Scene, view: View) -> View:
    """Under the curve: the unit of sizes, or of an epoch-wise curve which width."""
    if view.over == "width":
        units = list(SIZES[scene.view.features])
        return replace(view, unit=choose("Axis", units, units[0]))
    widths = sorted({point.width for point in scene.points})
    if view.over == "steps" and len(widths) > 1:
        width = st.select_slider(
            "Width", widths, widths[-1], format_func=lambda units: f"width {whole(units)}",
            width=150, key="descent width", label_visibility="collapsed",
        )  # fmt: skip
        return replace(view, width=width)
    return view


def why_cards(scene: Scene, lines: Lines) -> None:
    """The map where widths were measured on the way, else the variance; and the norm."""
    view = lines.view
    peak = lines.verdict.peak
    width = peak.at if peak and view.over == "width" else 0
    picture = phase.rows(scene.points, view.measure, width)
    reach = scene.reach.get(view.unit)
    if view.trained:  # trained one by one, any network: only their weights are known
        with st.container(border=True, height="stretch", gap="xsmall"):
            with card_title("Length of the weights"):
                pass
            reason(scene, lines, "norm", curve.HEIGHT, reach)
        return
    with st.container(border=True, gap="xsmall"):
        if picture:
            map_card(picture, scene)
        else:
            with card_title("Why: the seeds disagree", help=HELP["variance"]):
                pass
            reason(scene, lines, "variance", phase.HEIGHT, reach)
    with st.container(border=True, height="stretch", gap="xsmall"):
        title = "Why: the weights must grow" if reasons.grows(lines) else "Length of the weights"
        with card_title(title, help=HELP["norm"]):
            kind = REASONS[choose("Reason", list(REASONS), "Norm")] if picture else "norm"
        reason(scene, lines, kind, reasons.HEIGHT, reach)


HELP = {
    "norm": "‖w‖ is the length of all weights together, the median over seeds. A model that can "
    "just fit every sample has one way to do it, with large weights; a larger one chooses the "
    "shortest of many.",
    "variance": "Test loss = loss of the mean prediction of all seeds + variance. Where the "
    "variance makes the peak, the mean of several models has little of it. The test loss is the "
    "mean over the seeds here, for only means add up; the curve shows the median.",
}


def map_card(picture: phase.Phase, scene: Scene) -> None:
    """Width × steps, with both cuts through the cell under the pointer."""
    what = "test error" if picture.measure == "test_error" else "test loss"
    with card_title(
        "Width × training steps",
        help="Each cell is a network of that width after so many steps. Below: the curve over "
        "widths at the pointer's step. Right: the curve over steps at its width. Above the dotted "
        "line all training samples are fitted.",
    ):
        st.caption(what, width="content")
    live_chart.drawn(
        lambda mode: phase.figure(picture, mode), key="descent map", height=phase.HEIGHT,
        alt=f"Map of the {what} by width and training steps", name=f"{scene.name}-map",
    )  # fmt: skip


def reason(
    scene: Scene, lines: Lines, kind: reasons.Reason, height: int, reach: tuple | None
) -> None:
    """One of the two reasons as a chart."""
    alt = {"norm": "Length of the weights", "variance": "Variance over seeds"}[kind]
    live_chart.drawn(
        lambda mode: reasons.figure(lines, kind, mode, reach=reach, height=height),
        key=f"descent {kind}", height=height, alt=alt, name=f"{scene.name}-{kind}",
    )  # fmt: skip
