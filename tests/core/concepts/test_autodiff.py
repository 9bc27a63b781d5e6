"""Expressions against torch's automatic differentiation; what is refused."""

import math

import pytest
import torch

from core.base.errors import BadInput
from core.base.expression import FUNCTIONS, TYPED, parse
from core.concepts import autodiff
from core.concepts.autodiff import evaluate, forward, gradient, reverse

EXPRESSIONS = {
    "(x0 + x1)^2 + 7*x0 + cos(x0 + x2)": {"x0": 2.0, "x1": 3.0, "x2": -2.0},
    "cos(x) * sin(y) + x/y": {"x": 1.3, "y": -0.7},
    "x*x*x - -x + (x - 2)^3 / x^-2": {"x": 1.7},
    "sigmoid(w*x + b) - y": {"w": 0.3, "x": -2.0, "b": 0.1, "y": 1.0},
    "exp(-x²/2) / sqrt(2*pi*x)": {"x": 0.4},
    "log(a + e) * (a + e)": {"a": 1.1},
    "x₀ · x₁ − 3": {"x0": 2.0, "x1": 5.0},
} | {f"{name}(a*b) + {name}(a)": {"a": 0.6, "b": 1.2} for name in FUNCTIONS}
TORCH = {name: getattr(torch, name) for name in FUNCTIONS} | {"pi": math.pi, "e": math.e}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_value_and_both_modes_equal_torch(text: str) -> None:
    graph, at = parse(text), EXPRESSIONS[text]
    assert graph.variables == tuple(sorted(at))
    names = {
        name: torch.tensor(v, dtype=torch.float64, requires_grad=True) for name, v in at.items()
    }
    expected = eval(text.translate(TYPED), {"__builtins__": {}}, TORCH | names)
    expected.backward()
    values = evaluate(graph, at)
    assert values[-1] == pytest.approx(expected.item(), rel=1e-12)
    by_reverse, checked = gradient(graph, at), autodiff.finite_differences(graph, at)
    for name, tensor in names.items():
        assert by_reverse[name] == pytest.approx(tensor.grad.item(), rel=1e-12)
        assert forward(graph, values, name)[-1] == pytest.approx(tensor.grad.item(), rel=1e-12)
        assert checked[name] == pytest.approx(tensor.grad.item(), rel=1e-6, abs=1e-8)


def test_the_example_of_the_lecture() -> None:
    text = "(x0 + x1)^2 + 7*x0 + cos(x0 + x2)"
    graph = parse(text)
    assert evaluate(graph, EXPRESSIONS[text])[-1] == 40
    assert list(gradient(graph, EXPRESSIONS[text]).values()) == pytest.approx([17, 10, 0])


def test_equal_parts_are_one_node_and_gradients_add_up() -> None:
    graph = parse("(x + y) * (x + y)")
    assert [graph.formula(k) for k in range(4)] == ["x", "y", "x + y", "v1 · v1"]
    values = evaluate(graph, {"x": 2.0, "y": 3.0})
    assert reverse(graph, values) == [10.0, 10.0, 10.0, 1.0]
    steps = autodiff.contributions(graph, values)
    assert [(one.source, one.target, one.amount) for one in steps] == [
        (3, 2, 5.0), (3, 2, 5.0), (2, 0, 10.0), (2, 1, 10.0),
    ]  # fmt: skip
    assert graph.layers() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "x +", "7x", "3 + 4", "x^y", "x if y else z", "__import__('os')", "x.real",
        "open(x)", "[x]", "sin(x, y)", "sin(x=1)", "lambda x: x", "x == y", "x and y", "'x'",
        "True*x", "long*x", "x" + "+x" * 80, "(" * 60 + "x" + ")" * 60, "a+b+c+d+f+g+h",
        "x@y", "x//y", "x := 1", "+".join(f"sin(x*{k})" for k in range(14)), "1j*x", "x\0y",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text)
    assert refused.value.code == "bad_expression"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1/x", {"x": 0.0}), ("log(x)", {"x": -1.0}), ("sqrt(x)", {"x": 0.0}),
        ("exp(x)", {"x": 999.0}), ("x^-1", {"x": 0.0}), ("x^0.5", {"x": -1.0}),
    ],
)  # fmt: skip
def test_a_point_without_a_finite_value_or_slope_is_refused(text: str, at: dict) -> None:
    with pytest.raises(BadInput) as refused:
        evaluate(parse(text), at)
    assert refused.value.code == "bad_point"
