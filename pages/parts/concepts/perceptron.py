"""Demonstration: the perceptron rule, one update per sample, beside gradient descent."""

import streamlit as st

from core.base.numbers import whole
from core.concepts import perceptron
from core.concepts.perceptron import SAMPLES, PerceptronProblem
from core.figures import perceptron as figures
from pages.kit.layout import card_title
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

PASSES = 20


@st.fragment
def show() -> None:
    """Draw the settings, both lines after the selected number of samples, and the errors."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        gap = st.slider(
            "Gap between the classes", -1.0, 1.0, 0.1, 0.1, width=240, key="perceptron gap",
            help="Half the width of the empty strip between the classes. Below 0, they overlap.",
        )  # fmt: skip
        seen = st.slider("Samples seen", 0, PASSES * SAMPLES, 36, width=340, key="perceptron seen")
        seed = st.number_input("Data seed", 0, 999, 0, width=110, key="perceptron seed")
    problem = perceptron.make_problem(gap, seed)
    rule = perceptron.perceptron(problem, PASSES)
    descent = perceptron.gradient_descent(problem, PASSES)
    passes = seen // SAMPLES
    counts = (
        [perceptron.count_errors(problem, w) for w in rule[::SAMPLES]],
        [perceptron.count_errors(problem, w) for w in descent],
    )
    weights = (rule[seen], descent[passes])
    wrong = [perceptron.count_errors(problem, w) for w in weights]
    with st.container(border=True):
        card_title(
            f"After {whole(seen)} samples: perceptron rule {wrong[0]} of {SAMPLES} wrong, gradient "
            f"descent {wrong[1]} wrong"
        )
        left, right = st.columns(2, gap="small")
        with left:
            visited = (seen - 1) % SAMPLES if seen else None
            drawn(
                lambda mode: figures.lines(problem, weights, visited, mode),
                key="perceptron lines", height=figures.HEIGHT, name="perceptron",
                alt="Samples of two classes, with the separating line of each method.",
            )  # fmt: skip
        with right:
            drawn(
                lambda mode: figures.errors(counts, passes, mode),
                key="perceptron errors", height=figures.HEIGHT, name="perceptron-errors",
                alt="Wrong samples of both methods after each pass over the samples.",
            )  # fmt: skip
        updates = perceptron.count_updates(rule[: seen + 1])
        st.markdown(f":small[{describe_visit(problem, rule, seen, updates)}]")
        st.markdown(f":small[{describe_limit(problem)}]")
    lead("Open a network with the perceptron's step function", "perceptron-1-step")


def describe_visit(problem: PerceptronProblem, rule, seen: int, updates: int) -> str:
    """Return what the rule did with the last sample, and how many updates it has made."""
    if not seen:
        return "Both methods start at w = 0, where every sample counts as wrong. Move the slider."
    row = (seen - 1) % SAMPLES
    margin = problem.y[row] * (rule[seen - 1] @ problem.x[row])
    value = f"{margin + 0.0:.3g}".replace("-", "−")
    done = "w ← w + y x" if margin <= 0 else "no update"
    count = f"{whole(updates)} update{'s' * (updates != 1)}"
    return (
        f"Sample {row + 1} (ringed): y w·x = {value}, so {done}. The perceptron rule has made "
        f"{count}, one per mistake. Gradient descent (logistic loss, η = 1) makes one per pass, "
        f"{seen // SAMPLES} so far."
    )


def describe_limit(problem: PerceptronProblem) -> str:
    """Return what is known of the number of updates."""
    if problem.bound is None:
        return (
            "The classes overlap along the line that separated them, so the perceptron rule may "
            "never stop: its line jumps with every mistake. Gradient descent still converges, "
            "unless another line separates the classes."
        )
    return (
        f"A line separates the classes, so the perceptron rule makes at most (R/γ)² = "
        f"{whole(problem.bound)} updates (Novikoff 1962) and then stops. R: norm of the longest "
        "(x₁, x₂, 1). γ: smallest distance from the separating plane."
    )
