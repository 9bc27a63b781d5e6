"""A typed expression as a graph of operations. Pure functions; no `eval`.

An expression uses + − * / ^, parentheses, numbers, the constants pi and e, the functions of
FUNCTIONS, and variables: letters, optionally with a number (x, x0, w1), or names that the caller
allows.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.base.errors import BadInput
from core.base.text import clip

LONGEST = 120  # characters
MOST_NODES = 40
MOST_VARIABLES = 6
TYPED = str.maketrans("₀₁₂₃₄₅₆₇₈₉·×−", "0123456789**-") | {
    ord("^"): "**", ord("²"): "**2", ord("³"): "**3",
}  # fmt: skip
CONSTANTS = {"pi": math.pi, "e": math.e}
VARIABLE = re.compile(r"[a-z]\d{0,2}")


@dataclass(frozen=True)
class Primitive:
    """`apply` computes the value; `slopes` the derivative by each input, given the inputs and the
    value; `rules` the same as text, with a and b for the inputs and v for the value.
    """

    sign: str
    apply: Callable[..., float]
    slopes: Callable[..., tuple[float, ...]]
    rules: tuple[str, ...]


OPERATIONS = {
    "+": Primitive("+", lambda a, b: a + b, lambda a, b, v: (1.0, 1.0), ("1", "1")),
    "-": Primitive("−", lambda a, b: a - b, lambda a, b, v: (1.0, -1.0), ("1", "−1")),
    "*": Primitive("·", lambda a, b: a * b, lambda a, b, v: (b, a), ("b", "a")),
    "/": Primitive("/", lambda a, b: a / b, lambda a, b, v: (1 / b, -a / b**2), ("1/b", "−a/b²")),
    "neg": Primitive("−", lambda a: -a, lambda a, v: (-1.0,), ("−1",)),
}
FUNCTIONS = {
    "sin": Primitive("sin", math.sin, lambda a, v: (math.cos(a),), ("cos a",)),
    "cos": Primitive("cos", math.cos, lambda a, v: (-math.sin(a),), ("−sin a",)),
    "tan": Primitive("tan", math.tan, lambda a, v: (1 + v * v,), ("1 + v²",)),
    "exp": Primitive("exp", math.exp, lambda a, v: (v,), ("v",)),
    "log": Primitive("log", math.log, lambda a, v: (1 / a,), ("1/a",)),
    "sqrt": Primitive("sqrt", math.sqrt, lambda a, v: (0.5 / v,), ("1/(2v)",)),
    "tanh": Primitive("tanh", math.tanh, lambda a, v: (1 - v * v,), ("1 − v²",)),
    "sigmoid": Primitive(
        "σ", lambda a: 0.5 * (1 + math.tanh(a / 2)), lambda a, v: (v * (1 - v),), ("v(1 − v)",)
    ),
    "relu": Primitive(
        "relu", lambda a: max(a, 0.0), lambda a, v: (float(a > 0),), ("1 if a > 0, else 0",)
    ),
}  # fmt: skip


def _power(exponent: float) -> Primitive:
    """The operation a^n with a constant n."""
    return Primitive(
        f"^{exponent:g}",
        lambda a: math.pow(a, exponent),
        lambda a, v: (exponent * math.pow(a, exponent - 1) if exponent else 0.0,),
        (f"{exponent:g}·a^{exponent - 1:g}",),
    )


@dataclass(frozen=True)
class Node:
    """One intermediate value. An input has no operation: a variable (`name`) or a constant."""

    name: str
    operation: Primitive | None
    inputs: tuple[int, ...] = ()
    constant: float | None = None

    @property
    def is_variable(self) -> bool:
        return self.operation is None and self.constant is None

    def value(self, values: Sequence[float], at: Mapping[str, float]) -> float:
        """Return its value, from the values of the nodes before it and of the variables. Raises
        ValueError, ZeroDivisionError or OverflowError where it is not defined.
        """
        if self.operation:
            return float(self.operation.apply(*(values[i] for i in self.inputs)))
        return float(at[self.name]) if self.constant is None else self.constant


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which each follows its inputs; the last one is the result."""

    text: str
    nodes: tuple[Node, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(sorted(node.name for node in self.nodes if node.is_variable))

    def value(self, at: Mapping[str, float]) -> float | None:
        """Return the result; None where it, or a step on the way, is not finite."""
        values: list[float] = []
        try:
            for node in self.nodes:
                values.append(node.value(values, at))
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
        return values[-1] if all(map(math.isfinite, values)) else None

    def name(self, index: int) -> str:
        """Return what the node is called: its variable, its constant, or v1, v2, … in order."""
        node = self.nodes[index]
        if node.operation is None:
            return node.name
        before = sum(earlier.operation is not None for earlier in self.nodes[:index])
        return f"v{before + 1}"

    def formula(self, index: int) -> str:
        """Return how the node is computed from its inputs: "v1 · x0"."""
        node = self.nodes[index]
        if node.operation is None:
            return node.name
        names, sign = [self.name(i) for i in node.inputs], node.operation.sign
        if len(names) == 2:
            return f"{names[0]} {sign} {names[1]}"
        if sign.startswith("^"):
            return names[0] + sign
        return f"−{names[0]}" if sign == "−" else f"{sign}({names[0]})"

    def layers(self) -> list[int]:
        """Return the layer of each node: inputs 0, others one more than the highest input."""
        found: list[int] = []
        for node in self.nodes:
            found.append(1 + max(found[i] for i in node.inputs) if node.inputs else 0)
        return found


def parse(text: str, variables: Sequence[str] = ()) -> Graph:
    """Return the graph of an expression; equal parts are computed once. With `variables` only
    these names are allowed, and none needs to occur. Raises BadInput (bad_expression) with what is
    not understood.
    """
    plain = text.strip().translate(TYPED)
    example = f"sqrt(2/{variables[0]})" if variables else "x*y + sin(x)"
    if not plain:
        raise _bad(f"The expression is empty. Type one, such as {example}.")
    if len(plain) > LONGEST:
        raise _bad(f"The expression has {len(plain)} characters; the maximum is {LONGEST}.")
    try:
        tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _bad(
            f"“{clip(text)}” is not a complete expression. Check the parentheses, and "
            "write products with *: 7*x0."
        ) from None
    builder = _Builder(variables)
    builder.add(tree)
    graph = Graph(text.strip(), tuple(builder.nodes))
    if variables:
        return graph
    if not graph.variables:
        raise _bad("The expression has no variable. Use letters such as x, y or x0.")
    if len(graph.variables) > MOST_VARIABLES:
        raise _bad(
            f"The expression has {len(graph.variables)} variables; the maximum is {MOST_VARIABLES}."
        )
    return graph


class _Builder:
    """Turns Python's syntax tree, of which only a few kinds of nodes are allowed, into nodes."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.nodes: list[Node] = []
        self.known: dict[tuple, int] = {}

    def add(self, tree: ast.AST) -> int:
        match tree:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self.put(Node(f"{value:g}", None, constant=float(value)))
            case ast.Name(id=name) if name in CONSTANTS:
                return self.put(Node(name, None, constant=CONSTANTS[name]))
            case ast.Name(id=name) if name in self.names:
                return self.put(Node(name, None))
            case ast.Name(id=name) if not self.names and VARIABLE.fullmatch(name):
                return self.put(Node(name, None))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.add(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.put_operation(OPERATIONS["neg"], self.add(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.put_operation(_power(_constant(right)), self.add(left))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as kind,
                           right=right):  # fmt: skip
                sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(kind)]
                return self.put_operation(OPERATIONS[sign], self.add(left), self.add(right))
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
                name in FUNCTIONS
            ):
                return self.put_operation(FUNCTIONS[name], self.add(argument))
        raise _bad(f"“{clip(ast.unparse(tree))}” is not understood. {_allowed(self.names)}")

    def put_operation(self, operation: Primitive, *inputs: int) -> int:
        return self.put(Node("", operation, inputs))

    def put(self, node: Node) -> int:
        sign = node.operation.sign if node.operation else None
        key = (node.name, sign, node.inputs)
        if key not in self.known:
            if len(self.nodes) == MOST_NODES:
                raise _bad(f"The expression has more than {MOST_NODES} steps. Shorten it.")
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return self.known[key]


def _constant(tree: ast.AST) -> float:
    """Return the number that an exponent stands for; it can be computed, as in x^(1/2)."""
    builder = _Builder(("",))  # no variable has this name
    with suppress(BadInput):
        builder.add(tree)
        value = Graph("", tuple(builder.nodes)).value({})
        if value is not None:
            return value
    raise _bad("An exponent must be a number, as in x^2. Write other powers as exp(b*log(a)).")


def _allowed(names: Sequence[str]) -> str:
    variables = (
        f"the variables {', '.join(names)}"
        if names
        else ("variables of one letter, such as x or x0")
    )
    return f"Use + − * / ^, parentheses, the functions {', '.join(FUNCTIONS)}, and {variables}."


def _bad(message: str) -> BadInput:
    return BadInput(message, code="bad_expression")
