"""From layers to a torch module, and the facts of every layer on the way: shapes, parameters,
multiply-adds, what is wrong.

Shapes come from the meta device: nothing is allocated, so a network too large for the machine is
described, not tried.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from core.errors import BadNetwork
from core.network.initializers import Initializer
from core.network.layers import Layer, Output, Shape, times
from core.numbers import whole

if TYPE_CHECKING:
    import torch
    from torch import nn

LARGEST = 2**31  # parameters; above it no single machine that this lab is for can train


@dataclass(frozen=True)
class LayerFacts:
    """What the Network page shows of one layer. Shapes without batch; `output` is None behind a
    problem.
    """

    index: int
    name: str
    label: str
    input: Shape | None
    output: Shape | None
    parameters: int = 0
    multiply_adds: int = 0
    problem: str | None = None


def names(layers: Sequence[Layer]) -> list[str]:
    """A name for each layer, as in its state_dict: conv1, relu1, …; `output` alone is not
    numbered.
    """
    total, seen, result = Counter(layer.stem for layer in layers), Counter(), []
    for layer in layers:
        seen[layer.stem] += 1
        alone = isinstance(layer, Output) and total[layer.stem] == 1
        result.append(layer.stem if alone else f"{layer.stem}{seen[layer.stem]}")
    return result


@lru_cache(maxsize=256)
def trace(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[LayerFacts, ...]:
    """The facts of every layer for one picture of `shape` (C, H, W). Never raises: a problem stands
    at its layer.
    """
    facts: list[LayerFacts] = []
    current: Shape | None = shape
    for index, (layer, name) in enumerate(zip(layers, names(layers), strict=True)):
        place = dict(index=index, name=name, label=layer.label, input=current)
        if current is None:
            facts.append(LayerFacts(**place, output=None))
        elif wrong := layer.problem(current):
            facts.append(LayerFacts(**place, output=None, problem=wrong))
            current = None
        else:
            facts.append(_measure(layer, place, current, outputs))
            current = facts[-1].output
    return _with_ending(facts, outputs)


def _measure(layer: Layer, place: dict, shape: Shape, outputs: int) -> LayerFacts:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        module = layer.call(shape, outputs).make().eval()
        output = tuple(
            module(torch.empty(2, *shape)).shape[1:]
        )  # two pictures: some modules refuse one
    parameters = sum(p.numel() for p in module.parameters())
    return LayerFacts(
        **place, output=output, parameters=parameters, multiply_adds=counter.get_total_flops() // 4
    )


def _with_ending(facts: list[LayerFacts], outputs: int) -> tuple[LayerFacts, ...]:
    """The last layer must give one score for each class."""
    if facts and facts[-1].output not in (None, (outputs,)):
        last = facts[-1]
        got = times(last.output)
        problem = (
            f"The network ends in {got} values, the data asks for {outputs}: end it "
            "with an Output layer."
        )
        facts[-1] = LayerFacts(**{**last.__dict__, "problem": problem})
    return tuple(facts)


def check(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[LayerFacts, ...]:
    """The facts, or BadNetwork with one sentence that names the layer and the way out."""
    if not layers:
        raise BadNetwork("The network has no layers: start from a preset.")
    facts = trace(layers, shape, outputs)
    for fact in facts:
        if fact.problem:
            raise BadNetwork(f"Layer {fact.index + 1}, {fact.name}: {fact.problem}", fact.index)
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
            bound = initializer.bias(prod(module.weight.shape[1:]))
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    elif hasattr(module, "reset_parameters"):
        module.reset_parameters()  # normalization: ones and zeros, no chance in it
