"""Demonstration: automatic differentiation of a typed expression."""

import streamlit as st

from core.base.errors import BadInput
from core.base.expression import Graph, parse
from core.base.numbers import short
from core.concepts import autodiff
from core.figures import autodiff as figures
from core.figures.autodiff import number
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

DECK = "(x0 + x1)^2 + 7*x0 + cos(x0 + x2)"
EXAMPLES = {DECK: (2.0, 3.0, -2.0), "cos(x) * sin(y) + x/y": (1.0, 2.0), "sigmoid(w*x + b)": ()}
REVERSE, FORWARD = "Reverse mode", "Forward mode"


@st.fragment
def show() -> None:
    """Draw the expression and its variables, its graph step by step, and both modes."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.selectbox(
            "Expression f (choose one or type your own)", [*EXAMPLES], accept_new_options=True,
            width=340, key="expression",
        )  # fmt: skip
        try:
            graph = parse(text)
        except BadInput as error:
            finding("bad", escape(str(error)))
            return
        start = dict(zip(graph.variables, EXAMPLES.get(text, ()), strict=False))
        at = {
            name: st.number_input(
                name, -1000.0, 1000.0, start.get(name, 1.0), 0.1, format="%g", width=100,
                key=f"autodiff {name} {text in EXAMPLES and text}",
            )
            for name in graph.variables
        }  # fmt: skip
        mode = st.segmented_control(
            "Derivatives by",
            (REVERSE, FORWARD),
            default=REVERSE,
            required=True,
            key="autodiff mode",
        )
        variable = graph.variables[0]
        if mode == FORWARD and len(graph.variables) > 1:
            variable = st.segmented_control(
                "Dual part of", graph.variables, default=variable, required=True,
                key=f"dual of {' '.join(graph.variables)}",
            )  # fmt: skip
    try:
        values = autodiff.evaluate(graph, at)
        checked = autodiff.finite_differences(graph, at)
    except BadInput as error:
        finding("bad", escape(str(error)))
        return
    gradient = autodiff.gradient(graph, at)
    with st.container(border=True):
        row = card_title(describe_result(values[-1], gradient))
        with row:
            last = count_steps(graph, values, mode)
            step = st.slider("Step", 0, last, last, width=260, key=f"autodiff step {mode} {text}")
        known, derivatives, active, sentence = after_step(graph, values, mode, variable, step)
        drawn(
            lambda mode: figures.graph(graph, known, derivatives, active, mode),
            key="autodiff graph", height=figures.HEIGHT, name="autodiff",
            alt=f"The graph of {text}: values above the nodes, derivatives below.",
        )  # fmt: skip
        st.markdown(f":small[{escape(sentence)}]")
        st.markdown(f":small[{escape(describe_passes(graph, gradient, checked))}]")
        if text == DECK and at["x0"] + at["x2"] == 0:
            finding(
                "info",
                "The lecture slides with this example label ∂f/∂x₂ wrongly. It is −sin(x₀ + x₂), "
                "which is 0 at this point.",
            )
    lead("Open an experiment and watch its gradients", "spirals")


def describe_result(value: float, gradient: dict[str, float]) -> str:
    """Return the value and the gradient in one line."""
    parts = ", ".join(number(part) for part in gradient.values())
    names = ", ".join(gradient)
    return f"f = {number(value)}, and its gradient by ({names}) is ({parts})"


def count_steps(graph: Graph, values: list[float], mode: str) -> int:
    """Return the number of steps: one per node forward; in reverse mode, one more per edge."""
    edges = len(autodiff.contributions(graph, values)) if mode == REVERSE else 0
    return len(graph.nodes) + edges


def after_step(
    graph: Graph, values: list[float], mode: str, variable: str, step: int
) -> tuple[dict[int, float], dict[int, float], list[tuple[int, int]], str]:
    """Return the values and derivatives known after a step, the edges it used, and a sentence."""
    count = len(graph.nodes)
    known = dict(enumerate(values[: min(step, count)]))
    if step == 0:
        return {}, {}, [], "Step 0: nothing is computed yet. Move the slider."
    if mode == FORWARD:
        parts = autodiff.forward(graph, values, variable)
        index = step - 1
        edges = [(i, index) for i in graph.nodes[index].inputs]
        name, formula = graph.name(index), graph.formula(index)
        sentence = (
            f"Each value carries its derivative by {variable} along: {name} = {formula} is "
            f"{number(values[index])}, and ∂{name}/∂{variable} is {number(parts[index])}."
        )
        return known, dict(enumerate(parts[:step])), edges, sentence
    if step <= count:
        index = step - 1
        edges = [(i, index) for i in graph.nodes[index].inputs]
        name, formula = graph.name(index), graph.formula(index)
        return known, {}, edges, f"Forward: {name} = {formula} = {number(values[index])}."
    steps = autodiff.contributions(graph, values)[: step - count]
    gradients = {count - 1: 1.0}
    for one in steps:
        gradients[one.target] = gradients.get(one.target, 0.0) + one.amount
    last = steps[-1]
    source, target = graph.name(last.source), graph.name(last.target)
    sentence = (
        f"Backward: ∂f/∂{source} = {number(last.gradient)}, times the slope "
        f"∂{source}/∂{target} = {number(last.slope)}, adds {number(last.amount)} to ∂f/∂{target}, "
        f"which is now {number(gradients[last.target])}."
    )
    return known, gradients, [(last.target, last.source)], sentence


def describe_passes(graph: Graph, gradient: dict[str, float], checked: dict[str, float]) -> str:
    """Return how many passes each mode needs, and how well finite differences agree."""
    count = len(graph.variables)
    passes = "1 pass" if count == 1 else f"{count} passes, one for each variable"
    gap = max(abs(gradient[name] - checked[name]) for name in gradient)
    return (
        f"Reverse mode needs 1 pass backward for all derivatives, forward mode {passes}. Finite "
        f"differences (h = 1e-5) differ by at most {short(gap, 1)}."
    )
