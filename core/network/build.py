"""From layers to a torch module, and the facts of every layer on the way: shapes, parameters,
multiply-adds, what is wrong.

Shapes come from the meta device: nothing is allocated, so a network too large for the machine is
described, not tried.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

from core.base.errors import BadNetwork
from core.base.numbers import whole
from core.base.text import format_shape
from core.network.chains import inner_problem
from core.network.initializers import Initializer
from core.network.layers import Layer, Shape, names

if TYPE_CHECKING:
    import torch
    from torch import nn

LARGEST = 2**31  # parameters; above it no single machine that this lab is for can train


@dataclass(frozen=True)
class LayerFacts:
    """What the Network page shows of one layer. Shapes without batch; `output` is None behind a
    problem. `note`: what the layer adds by itself. `inside`: the facts of each chain within it.
    `number`: as people count, "3" or "3.2" within a block; `path`: its name in the module.
    """

    index: int
    name: str
    label: str
    input: Shape | None
    output: Shape | None
    parameters: int = 0
    multiply_adds: int = 0
    problem: str | None = None
    note: str = ""
    inside: tuple[tuple["LayerFacts", ...], ...] = ()
    number: str = ""
    path: str = ""


@lru_cache(maxsize=256)
def trace(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[LayerFacts, ...]:
    """The facts of every layer for one picture of `shape` (C, H, W). Never raises: a problem stands
    at its layer.
    """
    return _with_ending(_walk(layers, shape, outputs), outputs)


def _walk(
    layers: tuple[Layer, ...], shape: Shape | None, outputs: int, number: str = "", path: str = ""
) -> list[LayerFacts]:
    """The facts of a chain; `shape` is None behind a problem, `number` and `path` are those of the
    layer it is in.
    """
    facts: list[LayerFacts] = []
    for index, (layer, name) in enumerate(zip(layers, names(layers), strict=True)):
        fact = LayerFacts(index, name, layer.label, shape, None)
        fact = replace(fact, number=f"{number}{index + 1}", path=path + name)
        fact = replace(fact, inside=_inside(layer, fact, outputs))
        if shape is not None:
            wrong = inner_problem(layer, shape) if number else layer.problem(shape)
            found = {"problem": wrong} if wrong else _measure(layer, shape, outputs)
            fact = replace(fact, **found)
        shape = fact.output
        facts.append(fact)
    return facts


def _inside(layer: Layer, fact: LayerFacts, outputs: int) -> tuple[tuple[LayerFacts, ...], ...]:
    chains = []
    for index, chain in enumerate(layer.inside()):
        behind, lies = layer.within(index)
        place = (f"{fact.number}{behind}.", f"{fact.path}.{lies}.")
        chains.append(tuple(_walk(chain, fact.input, outputs, *place)))
    return tuple(chains)


def flat(facts: Sequence[LayerFacts]) -> Iterator[LayerFacts]:
    """All facts with those inside them, the inner ones first: in the order of the calculation."""
    for fact in facts:
        for chain in fact.inside:
            yield from flat(chain)
        yield fact


def first_problem(facts: Sequence[LayerFacts]) -> LayerFacts | None:
    """The innermost layer that does not fit; None when all do."""
    return next((fact for fact in flat(facts) if fact.problem), None)


@lru_cache(maxsize=4096)
def _measure(layer: Layer, shape: Shape, outputs: int) -> dict[str, Any]:
    """Output shape, parameters and multiply-adds of a layer that fits."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        module = layer.call(shape, outputs).make().eval()
        output = module(torch.empty(2, *shape))  # two pictures: some modules refuse one
    return {
        "output": tuple(output.shape[1:]),
        "parameters": sum(p.numel() for p in module.parameters()),
        "multiply_adds": counter.get_total_flops() // 4,
        "note": layer.note(shape, outputs),
    }


def _with_ending(facts: list[LayerFacts], outputs: int) -> tuple[LayerFacts, ...]:
    """The last layer must give one score for each class."""
    if facts and facts[-1].output not in (None, (outputs,)):
        last = facts[-1]
        got = format_shape(last.output)
        problem = (
            f"The network ends in {got} values, the data asks for {outputs}: end it "
            "with an Output layer."
        )
        facts[-1] = replace(last, problem=problem)
    return tuple(facts)


def check(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[LayerFacts, ...]:
    """The facts, or BadNetwork with one sentence that names the layer and the way out."""
    if not layers:
        raise BadNetwork("The network has no layers: start from a preset.")
    facts = trace(layers, shape, outputs)
    if wrong := first_problem(facts):
        outer = int(wrong.number.partition(".")[0]) - 1
        raise BadNetwork(f"Layer {wrong.number}, {wrong.name}: {wrong.problem}", outer)
    total = sum(fact.parameters for fact in facts)
    if total == 0:
        raise BadNetwork("The network has no weights to learn: add an Output layer.")
    if total > LARGEST:
        raise BadNetwork(
            f"The network has {whole(total)} parameters, at most {whole(LARGEST)} can be "
            "trained: make it narrower."
        )
    return facts


def build(
    layers: tuple[Layer, ...],
    shape: Shape,
    outputs: int,
    *,
    initializer: Initializer,
    generator: "torch.Generator",
    dropout: "torch.Generator",
    device: str = "cpu",
) -> "nn.Sequential":
    """The module on `device`, its weights drawn from `generator` (a CPU generator, so that every
    device begins alike).
    """
    import torch
    from torch import nn

    facts = check(layers, shape, outputs)
    with torch.device("meta"):
        made = [
            (fact.name, layer.call(fact.input, outputs).make())
            for fact, layer in zip(facts, layers, strict=True)
        ]
    model = nn.Sequential(OrderedDict(made)).to_empty(device="cpu")
    for module in model.modules():
        _initialize(module, initializer, generator)
        if hasattr(module, "generator"):
            module.generator = dropout
    return model.to(device)


def _initialize(
    module: "nn.Module", initializer: Initializer, generator: "torch.Generator"
) -> None:
    from torch import nn

    if isinstance(module, (nn.Linear, nn.Conv2d)):
        initializer.call().make(module.weight, generator=generator)
        if module.bias is not None:
            low, high = initializer.biases(prod(module.weight.shape[1:]))
            nn.init.uniform_(module.bias, low, high, generator=generator)
    elif hasattr(module, "reset_parameters"):
        module.reset_parameters()  # normalization: ones and zeros, no chance in it
