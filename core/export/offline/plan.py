"""The plan of a network for the offline page: its modules as plain data, their weights as numbers,
and which modules the JavaScript of the page can compute.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.base.spec import Call
from core.network.build import trace, walk_facts
from core.network.layers import Layer, Shape

ASSETS = Path(__file__).parents[3] / "assets" / "offline"
OPERATION = re.compile(r'^operation\("(\w+)", "([\w ]*)"', re.MULTILINE)
TORCH = ("torch.nn.", "core.network.modules.")  # whose modules the operations are named after


@cache
def operations() -> dict[str, frozenset[str]]:
    """Return the operations of network.js, each with the settings that it takes into account."""
    source = (ASSETS / "network.js").read_text("utf-8")
    return {name: frozenset(settings.split()) for name, settings in OPERATION.findall(source)}


def find_unknown_layer(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> str:
    """Return which layer the page cannot compute, and why; empty if it can compute all."""
    for fact in walk_facts(trace(layers, shape, outputs)):
        for call in _calls(fact.layer.call(fact.input, outputs)):
            if reason := _refusal(call):
                return (
                    f"Layer {fact.number} ({fact.layer.label}) cannot be computed by the offline "
                    f"page because {reason}. Export the run as ONNX or as a script instead."
                )
    return ""


def _refusal(call: Call) -> str:
    module, _, name = call.target.rpartition(".")
    known = operations().get(name) if f"{module}." in TORCH else None
    if known is None:
        return f"it has no JavaScript for {name}"
    if others := sorted(set(call.arguments) - known):
        return f"its JavaScript for {name} has no setting {others[0]}"
    return ""


def _calls(value: Any) -> Iterator[Call]:
    """Yield the calls within a value, inner ones first."""
    if isinstance(value, Call):
        for argument in value.arguments.values():
            yield from _calls(argument)
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _calls(inner)


class NetworkPlan:
    """`layers` are the modules as plain data, in which an array is [start, length] within `floats`,
    the numbers of all arrays in one row.
    """

    def __init__(self, layers: tuple[Layer, ...], shape: Shape, outputs: int, weights: dict):
        """`weights` maps names as in the state_dict to float32 arrays."""
        self._weights, self._arrays, self._length = weights, [], 0
        facts = trace(layers, shape, outputs)
        self.layers = [self._module(f.layer.call(f.input, outputs), f.path) for f in facts]

    def add(self, array: np.ndarray) -> list[int]:
        """Append an array. Returns its place."""
        place = [self._length, array.size]
        self._arrays.append(array.astype("<f4").ravel())
        self._length += array.size
        return place

    @property
    def floats(self) -> bytes:
        """The numbers of all arrays, little-endian."""
        return np.concatenate(self._arrays).tobytes()

    def _module(self, call: Call, path: str) -> dict[str, Any]:
        settings, inner = {}, {}
        for name, value in call.arguments.items():
            if isinstance(value, dict | list):  # chains of modules, which may be empty
                inner[name] = self._inner(value, f"{path}.{name}")
            else:
                settings[name] = value
        own = {
            name.removeprefix(f"{path}."): array
            for name, array in self._weights.items()
            if name.rpartition(".")[0] == path
        }
        return {
            "name": call.target.rpartition(".")[2],
            "settings": settings,
            "weights": {name: self.add(array) for name, array in own.items()},
            "inner": inner,
        }

    def _inner(self, value: Any, path: str) -> Any:
        """Return chains of modules as lists; each module is an attribute named after its argument,
        with its key or its index.
        """
        if isinstance(value, Call):
            return self._module(value, path)
        named = value.items() if isinstance(value, dict) else enumerate(value)
        return [self._inner(inner, f"{path}.{key}") for key, inner in named]
