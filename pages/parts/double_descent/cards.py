"""The cards of the Double descent page: the finding, the curve with its switches and comparisons,
the map of width × steps, and the explanations of the peak. Works with the points of a study; does
not know how they are computed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from plotly.graph_objects import Figure
from streamlit.delta_generator import DeltaGenerator

from core.advice.study_verdict import Measure, Over
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import counted
from core.descent.point import CurvePoint
from core.figures.descent import curve, phase, reasons, seeds
from core.figures.descent.lines import SIZES, CurveData, Unit, View, rows
from core.figures.template import Mode
from pages.kit import live_chart
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title
from pages.parts.double_descent import comparisons
from pages.parts.double_descent.answer import (
    MEASURES,
    choose,
    describe_progress,
    measure_switch,
    show_answer,
    show_with_action,
)
from pages.parts.double_descent.comparison_studies import ComparisonStudy
from pages.parts.double_descent.expectations import EXPECT, SEEDS

AXES: dict[Over, str] = {"width": "Model size", "steps": "Training steps", "samples": "Samples"}
AGAINST = {"width": "model size", "steps": "training steps", "samples": "training samples"}
REASONS: dict[str, reasons.Reason] = {"Norm": "norm", "Variance": "variance"}
NOT_VARIED = {
    "width": "This study has models of one size. Choose a preset over model size above.",
    "steps": "This study measures each model only at the end of training. Choose “Over steps” "
    "above to measure it during training.",
    "samples": "This study has a fixed number of training samples. Choose “Over samples” above to "
    "vary it.",
}
FEW_LINES = 2  # which are always drawn
HELP = {
    "norm": "‖w‖ is the Euclidean norm of all weights, median over seeds. A model that can just "
    "fit every sample has only one way to do so, with large weights. A larger model can choose "
    "the solution with the smallest norm among many.",
    "variance": "Test loss = loss of the ensemble + variance over seeds (exact for squared loss). "
    "Where the variance causes the peak, averaging several models removes most of it. This chart "
    "shows means over seeds, because only means add up; the curve shows medians.",
}


@dataclass(frozen=True)
class Scene:
    """What the cards show: points, how they are drawn (`view`), the axes that the study varies (its
    main one first), and the first and last x that it will reach in each unit.

    `complete` is True when all points are present, `empty` is shown while there are none.
    `comparisons` holds, for causes of the peak, the study without it; `request` starts it or
    returns why it cannot. `offer_best` adds a button for the best value of a varied setting. `name`
    begins the file names of downloads; `id` is the study's, empty before there is one. `measure` is
    shown first, `caution` beside the finding, and `value_names` names control values that are not
    numbers.
    """

    points: Sequence[CurvePoint]
    view: View
    axes: tuple[Over, ...]
    reach: Mapping[Unit, tuple[float, float]]
    live: bool
    complete: bool
    measure: Measure
    caution: str
    value_names: Mapping[float, str]
    name: str
    empty: str
    comparisons: Mapping[str, ComparisonStudy]
    request: Callable[[ComparisonStudy], str]
    offer_best: Callable[[Finding], None]
    id: str


def show_cards(scene: Scene) -> None:
    """Show the finding on top, the curve on the left and its explanations on the right."""
    above = st.container()
    if scene.axes[0] == "control":
        seeds_card(scene, above)
        return
    if not scene.points and not scene.view.trained:
        expected_card(scene, above)
        return
    if scene.view.trained and scene.axes[0] == "samples":  # a learning curve needs no explanation
        with st.container(border=True, gap="xsmall"):
            data = rows(scene.points, curve_card(scene))
    else:
        left, right = st.columns([8, 5], gap="small")
        with left.container(border=True, height="stretch", gap="xsmall"):
            view = curve_card(scene)
        if view.over not in scene.axes:  # the curve card explains why there is nothing to draw
            return
        data = rows(scene.points, view)
        with right:
            reason_cards(scene, data)
    with above:
        if not scene.points:
            st.markdown(f"### {escape(scene.empty)}")
        elif scene.live or data.verdict.code == "too_few_points":
            st.markdown(f"### {describe_progress(data)}")
        else:
            show_answer(data, scene.id, scene.caution)


def seeds_card(scene: Scene, above: DeltaGenerator) -> None:
    """The results of several seeds, of one experiment or for each value of a setting."""
    if not scene.points:
        above.markdown(f"### {escape(scene.empty)}" if scene.empty else "")
        with st.container(border=True, gap="xsmall"):
            card_title("What is measured")
            st.markdown(SEEDS)
        return
    with st.container(border=True, gap="xsmall"):
        with card_title("Result of each seed"):
            measure = MEASURES[measure_switch(scene.measure, scene.id)]
        results = seeds.rows(scene.points, measure, scene.view.control, scene.value_names)
        live_chart.drawn(
            lambda mode: seeds.figure(results, mode), key="descent starts", height=seeds.HEIGHT,
            alt="Test result of each seed", name=f"{scene.name}-seeds", csv=seeds.csv(results),
        )  # fmt: skip
    finding = results.finding
    with above:
        show_with_action(f"### {escape(finding.text)}", finding.action)
        if not scene.live:
            scene.offer_best(finding)


def expected_card(scene: Scene, above: DeltaGenerator) -> None:
    """What is shown before the first point: the axes with the thresholds and the expected shape,
    and how to read them.
    """
    above.markdown(f"### {escape(scene.empty)}" if scene.empty else "")
    left, right = st.columns([8, 5], gap="small")
    with left.container(border=True, height="stretch", gap="xsmall"):
        curve_card(scene)
    with right.container(border=True, height="stretch", gap="xsmall"):
        card_title("What to expect")
        st.markdown(EXPECT[scene.axes[0]])


def curve_card(scene: Scene) -> View:
    """Show the curve with its switches; return the view that they select."""
    with st.container(**STACK, gap="small"):
        title = st.empty()
        over = AXES[scene.axes[0]]
        if not scene.view.trained:
            over = choose("X-axis", list(AXES.values()), over)
        measure = measure_switch(scene.measure, scene.id)
    over = next(name for name, label in AXES.items() if label == over)
    heading = f"{measure} against {AGAINST[over]}"
    title.subheader(heading, anchor=False, width="stretch")
    view = replace(scene.view, over=over, measure=MEASURES[measure])
    view = replace(view, unit={"samples": "n", "steps": "steps"}.get(over, view.unit))
    above = st.container(height=curve.HEIGHT, border=False, vertical_alignment="center")
    if over not in scene.axes:
        above.markdown(NOT_VARIED[over])
        return view
    with st.container(**STACK, gap="small", horizontal_alignment="distribute"):
        view = choose_unit(scene, view)  # first, so that it stays where it is
        pills = st.container(**STACK, gap="small", width="stretch")
    selected = []
    if scene.points and scene.complete:  # the best of a part is not the best
        with pills:
            selected = comparisons.choose_comparisons(
                scene.points, view, scene.comparisons, scene.id
            )
        comparisons.show_missing(selected, scene.points, view, scene.comparisons, scene.request)
    overlays = comparisons.overlay_lines(selected, scene.points, view, scene.comparisons)
    data = rows(scene.points, view)
    with pills:
        every = len(data.lines) <= FEW_LINES or show_every_line(data)
    visible = data if every and not overlays else replace(data, lines=data.lines[:1])

    def draw(mode: Mode) -> Figure:
        return curve.figure(visible, mode, overlays=overlays, reach=scene.reach.get(view.unit))

    with above:
        alt = f"Test and training {measure.lower()} against {AGAINST[over]}"
        live_chart.drawn(
            draw, key="descent curve", height=curve.HEIGHT, alt=alt, name=f"{scene.name}-curve"
        )
    if lost := data.verdict.lost:
        st.caption(
            f":material/warning: {counted(lost, 'point')} without a finite value (the loss "
            "overflowed), marked with a triangle."
        )
    return view


def show_every_line(data: CurveData) -> bool:
    """Show the switch between the main curve and all of them."""
    return st.toggle(
        f"All {len(data.lines)} values of {data.view.control}", key="descent every line",
        persist_state="session",
        help=f"The main curve is that of the smallest value: {data.lines[0].name}.",
    )  # fmt: skip


def choose_unit(scene: Scene, view: View) -> View:
    """Show the switch under the curve: the unit of model size, or the width of an epoch-wise
    curve.
    """
    if view.over == "width":
        units = list(SIZES[scene.view.features])
        return replace(view, unit=choose("Unit", units, units[0]))
    widths = sorted({point.width for point in scene.points})
    if view.over == "steps" and len(widths) > 1:
        width = st.select_slider(
            "Width", widths, widths[-1], format_func=lambda units: f"width {whole(units)}",
            width=150, key="descent width", label_visibility="collapsed",
        )  # fmt: skip
        return replace(view, width=width)
    return view


def reason_cards(scene: Scene, data: CurveData) -> None:
    """Show the map where widths were measured during training, otherwise the variance; and the
    weight norm.
    """
    view = data.view
    peak = data.verdict.peak
    width = peak.x if peak and view.over == "width" else 0
    width_step_map = phase.rows(scene.points, view.measure, width)
    reach = scene.reach.get(view.unit)
    if view.trained:  # ordinary runs of any network: only their weight norm is known
        with st.container(border=True, height="stretch", gap="xsmall"):
            card_title("Norm of the weights", help=HELP["norm"])
            show_reason(scene, data, "norm", curve.HEIGHT, reach)
        return
    with st.container(border=True, gap="xsmall"):
        if width_step_map:
            map_card(width_step_map, scene)
        else:
            card_title("Variance over seeds", help=HELP["variance"])
            show_reason(scene, data, "variance", phase.HEIGHT, reach)
    with st.container(border=True, height="stretch", gap="xsmall"):
        grows = view.over != "steps" and reasons.norm_grows(data)  # over steps it always grows
        title = "Why: the weight norm grows" if grows else "Norm of the weights"
        with card_title(title, help=HELP["norm"]):
            kind = "norm"
            if width_step_map:
                kind = REASONS[choose("Reason", list(REASONS), "Norm")]
        show_reason(scene, data, kind, reasons.HEIGHT, reach)


def map_card(width_step_map: phase.WidthStepMap, scene: Scene) -> None:
    """Show width × steps, with both cuts through the cell under the pointer."""
    what = "test error" if width_step_map.measure == "test_error" else "test loss"
    with card_title(
        "Width × training steps",
        help="Each cell is a network of that width after that many steps, median over seeds. "
        "Below: the curve over widths at the pointer's step. Right: the curve over steps at the "
        "pointer's width. Above the dotted line, all training samples are fitted.",
    ):
        st.caption(what, width="content")
    live_chart.drawn(
        lambda mode: phase.figure(width_step_map, mode), key="descent map", height=phase.HEIGHT,
        alt=f"Map of the {what} by width and training steps", name=f"{scene.name}-map",
    )  # fmt: skip


def show_reason(
    scene: Scene, data: CurveData, kind: reasons.Reason, height: int, reach: tuple | None
) -> None:
    """Show one of the two explanations as a chart."""
    alt = {"norm": "Norm of the weights", "variance": "Variance over seeds"}[kind]
    live_chart.drawn(
        lambda mode: reasons.figure(data, kind, mode, reach=reach, height=height),
        key=f"descent {kind}", height=height, alt=alt, name=f"{scene.name}-{kind}",
    )  # fmt: skip
