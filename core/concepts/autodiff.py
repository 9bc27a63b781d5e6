"""Automatic differentiation of an expression: values forward, gradients backward (reverse mode),
and dual numbers (forward mode). Pure functions; no torch.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base.errors import BadInput
from core.base.expression import Graph, Node


def evaluate(graph: Graph, at: Mapping[str, float]) -> list[float]:
    """Return the value of each node, forward. Raises BadInput (bad_point) where one is not
    defined.
    """
    values: list[float] = []
    for index, node in enumerate(graph.nodes):
        try:
            values.append(node.value(values, at))
            if not math.isfinite(values[-1]):
                raise OverflowError
            if node.operation:
                slopes = _slopes(node, values, index)
                if not all(map(math.isfinite, slopes)):
                    raise OverflowError
        except (ValueError, ZeroDivisionError, OverflowError):
            place = ", ".join(f"{name} = {at[name]:g}" for name in graph.variables)
            raise BadInput(
                f"{graph.formula(index)} has no finite value or slope at {place}. Choose another "
                "point.",
                code="bad_point",
            ) from None
    return values


def _slopes(node: Node, values: Sequence[float], index: int) -> tuple[float, ...]:
    return node.operation.slopes(*(values[i] for i in node.inputs), values[index])


@dataclass(frozen=True)
class Contribution:
    """In reverse mode, node `source` adds `gradient · slope` to the gradient of node `target`."""

    source: int
    target: int
    gradient: float
    slope: float
    rule: str

    @property
    def amount(self) -> float:
        return self.gradient * self.slope


def contributions(graph: Graph, values: Sequence[float]) -> list[Contribution]:
    """Return the steps of reverse mode, from the result to the inputs."""
    gradients = [0.0] * len(graph.nodes)
    gradients[-1] = 1.0
    steps = []
    for index in reversed(range(len(graph.nodes))):
        node = graph.nodes[index]
        if node.operation is None:
            continue
        slopes = _slopes(node, values, index)
        for target, slope, rule in zip(node.inputs, slopes, node.operation.rules, strict=True):
            steps.append(Contribution(index, target, gradients[index], slope, rule))
            gradients[target] += steps[-1].amount
    return steps


def reverse(graph: Graph, values: Sequence[float]) -> list[float]:
    """Return ∂f/∂node of each node: one pass for all variables."""
    gradients = [0.0] * len(graph.nodes)
    gradients[-1] = 1.0
    for step in contributions(graph, values):
        gradients[step.target] += step.amount
    return gradients


def forward(graph: Graph, values: Sequence[float], variable: str) -> list[float]:
    """Return ∂node/∂variable of each node: the second parts of dual numbers, one pass for each
    variable.
    """
    parts: list[float] = []
    for index, node in enumerate(graph.nodes):
        if node.operation is None:
            parts.append(float(node.is_variable and node.name == variable))
        else:
            slopes = _slopes(node, values, index)
            parts.append(sum(s * parts[i] for s, i in zip(slopes, node.inputs, strict=True)))
    return parts


def gradient(graph: Graph, at: Mapping[str, float]) -> dict[str, float]:
    """Return ∂f/∂variable by reverse mode."""
    gradients = reverse(graph, evaluate(graph, at))
    return {
        node.name: value
        for node, value in zip(graph.nodes, gradients, strict=True)
        if node.is_variable
    }


def finite_differences(
    graph: Graph, at: Mapping[str, float], step: float = 1e-5
) -> dict[str, float]:
    """Return (f(x + h) − f(x − h)) / 2h for each variable. Raises BadInput (bad_point)."""
    found = {}
    for name in graph.variables:
        above, below = (
            evaluate(graph, {**at, name: at[name] + change})[-1] for change in (step, -step)
        )
        found[name] = (above - below) / (2 * step)
    return found
