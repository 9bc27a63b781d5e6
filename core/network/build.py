"""From layers to a torch module, and the facts of every layer on the way: shapes, parameters,
multiply-adds, misfits.

Shapes come from the meta device: nothing is allocated, so a network that is too large for the
machine can still be described.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain as chained
from typing import TYPE_CHECKING, Any

from core.base.errors import BadNetwork
from core.base.numbers import whole
from core.base.text import format_shape
from core.network.chains import inner_misfit
from core.network.initializer import Initializer
from core.network.layers import Layer, Misfit, Shape, layer_names
from core.network.weight_places import WeightPlace, find_weight_places

if TYPE_CHECKING:
    import torch
    from torch import nn

MAX_PARAMETERS = 2**31  # above it, no single machine that this lab is made for can train


@dataclass(frozen=True)
class LayerFacts:
    """What the Network page shows of one layer. Shapes are without batch; `output` is None if the
    layer, or one before it, does not fit.

    `index` counts from 0 within the chain; `number` is the one that people read, "3" or "3.2"
    inside a block; `path` is the layer's name in the module; `note` describes what the layer adds
    by itself; `chains` are the facts of each chain inside it.
    """

    index: int
    name: str
    layer: Layer
    input: Shape | None
    output: Shape | None
    parameters: int = 0
    multiply_adds: int = 0
    misfit: Misfit | None = None
    note: str = ""
    chains: tuple[tuple["LayerFacts", ...], ...] = ()
    number: str = ""
    path: str = ""

    @property
    def has_weights(self) -> bool:
        """Whether it learns more than the scales and shifts of a normalization."""
        return bool(self.parameters) and not self.layer.is_normalization


@lru_cache(maxsize=256)
def trace(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[LayerFacts, ...]:
    """Return the facts of every layer for one sample of `shape`. Never raises: a misfit is recorded
    at its layer.
    """
    return _with_ending(_trace_chain(layers, shape, outputs), outputs)


def _trace_chain(
    layers: tuple[Layer, ...], shape: Shape | None, outputs: int, number: str = "", path: str = ""
) -> list[LayerFacts]:
    """Return the facts of a chain. `shape` is None behind a misfit; `number` and `path` are the
    prefixes of the block that contains the chain.
    """
    facts: list[LayerFacts] = []
    for index, (layer, name) in enumerate(zip(layers, layer_names(layers), strict=True)):
        fact = LayerFacts(index, name, layer, shape, None)
        fact = replace(fact, number=f"{number}{index + 1}", path=path + name)
        fact = replace(fact, chains=_trace_inside(layer, fact, outputs))
        if shape is not None:
            misfit = inner_misfit(layer, shape) if number else layer.misfit(shape)
            measured = {"misfit": misfit} if misfit else _measure(layer, shape, outputs)
            fact = replace(fact, **measured)
        shape = fact.output
        facts.append(fact)
    return facts


def _trace_inside(
    layer: Layer, fact: LayerFacts, outputs: int
) -> tuple[tuple[LayerFacts, ...], ...]:
    traced = []
    for index, chain in enumerate(layer.chains()):
        suffix, path = layer.chain_location(index)
        prefixes = (f"{fact.number}{suffix}.", f"{fact.path}.{path}.")
        traced.append(tuple(_trace_chain(chain, fact.input, outputs, *prefixes)))
    return tuple(traced)


def walk_facts(facts: Sequence[LayerFacts]) -> Iterator[LayerFacts]:
    """Yield all facts with those inside them, the inner ones first: in the order of the
    calculation.
    """
    for fact in facts:
        for chain in fact.chains:
            yield from walk_facts(chain)
        yield fact


def input_shape(
    facts: Sequence[LayerFacts], path: Sequence[int], shape: Shape | None
) -> Shape | None:
    """Return the shape of the input at a path as in `core.network.tree`, also behind the last layer
    of a chain; `shape` is the chain's input. None if a layer before it does not fit.
    """
    index, *rest = path
    if rest:
        chain, *rest = rest
        return input_shape(facts[index].chains[chain], rest, facts[index].input)
    return facts[index - 1].output if index else shape


def first_misfit_facts(facts: Sequence[LayerFacts]) -> LayerFacts | None:
    """Return the facts of the innermost layer that does not fit; None if all do."""
    return next((fact for fact in walk_facts(facts) if fact.misfit), None)


@lru_cache(maxsize=4096)
def _measure(layer: Layer, shape: Shape, outputs: int) -> dict[str, Any]:
    """Return output shape, parameters and multiply-adds of a layer that fits."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        module = layer.call(shape, outputs).make().eval()
        output = module(torch.empty(2, *shape))  # two samples, as some modules refuse one
    return {
        "output": tuple(output.shape[1:]),
        "parameters": sum(p.numel() for p in module.parameters()),
        "multiply_adds": counter.get_total_flops() // 4,
        "note": layer.note(shape, outputs),
    }


def _with_ending(facts: list[LayerFacts], outputs: int) -> tuple[LayerFacts, ...]:
    """Record a misfit at the last layer unless it gives one score for each class."""
    if facts and facts[-1].output not in (None, (outputs,)):
        last = facts[-1]
        text = (
            f"The network ends with {format_shape(last.output)} values, but the data needs "
            f"{outputs}. Add an Output layer at the end."
        )
        evidence = {"shape": list(last.output), "outputs": outputs}
        facts[-1] = replace(last, misfit=Misfit("wrong_output_size", text, evidence))
    return tuple(facts)


def check(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[LayerFacts, ...]:
    """Return the facts of a network that can be trained. Raises BadNetwork with the layer and the
    fix for any other.
    """
    if not layers:
        raise BadNetwork("The network has no layers. Start from a preset.", code="no_layers")
    facts = trace(layers, shape, outputs)
    if fact := first_misfit_facts(facts):
        outer = int(fact.number.partition(".")[0]) - 1
        raise BadNetwork(describe_misfit(fact), outer, code=fact.misfit.code)
    total = sum(fact.parameters for fact in facts)
    if total == 0:
        raise BadNetwork(
            "The network has no weights that can be trained. Add an Output layer.",
            code="no_weights",
        )
    if total > MAX_PARAMETERS:
        raise BadNetwork(
            f"The network has {whole(total)} parameters; the limit is {whole(MAX_PARAMETERS)}. "
            "Reduce the number of units or filters.",
            code="too_many_parameters",
        )
    return facts


@lru_cache(maxsize=64)
def state_shapes(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> dict[str, Shape]:
    """Return the shape of every tensor of the network's state_dict by name. Raises BadNetwork."""
    tensors = _assemble(check(layers, shape, outputs), outputs).state_dict()
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


@lru_cache(maxsize=64)
def weight_places(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> dict[str, WeightPlace]:
    """Return the place of each weight tensor that the initializer draws, by the path of its module,
    in the order of the draws. Raises BadNetwork.
    """
    facts = check(layers, shape, outputs)
    return find_weight_places(_assemble(facts, outputs), facts)


def check_initializer(
    initializer: Initializer, layers: tuple[Layer, ...], shape: Shape, outputs: int
) -> None:
    """Raise BadNetwork if the initializer cannot draw the weights of this network."""

    def places() -> Iterator[WeightPlace]:  # most initializers do not need them
        yield from weight_places(layers, shape, outputs).values()

    if misfit := initializer.misfit(places()):
        raise BadNetwork(misfit.text, code=misfit.code)


def _assemble(facts: Sequence[LayerFacts], outputs: int) -> "nn.Sequential":
    """Return the module on the meta device, without memory for its weights."""
    import torch
    from torch import nn

    with torch.device("meta"):
        modules = [(fact.name, fact.layer.call(fact.input, outputs).make()) for fact in facts]
    return nn.Sequential(OrderedDict(modules))


def describe_misfit(fact: LayerFacts) -> str:
    """Return the text of a misfit with the number and the name of its layer in front."""
    return f"Layer {fact.number} ({fact.name}): {fact.misfit.text}"


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
    """Return the module on `device`, with weights drawn from `generator` (a CPU generator, so that
    every device starts alike).

    The facts of the layer classes are marked on the modules: `is_activation` for the activation
    charts and penalties, `uses_initializer` for the weights that the initializer has drawn, and
    `generator` (`dropout`) for those that draw random numbers.
    """
    facts = check(layers, shape, outputs)
    check_initializer(initializer, layers, shape, outputs)
    model = _assemble(facts, outputs).to_empty(device="cpu")
    inner = {fact.path: fact.layer for fact in walk_facts(facts)}
    places = weight_places(layers, shape, outputs)
    for path, module in model.named_modules():
        layer = inner.get(path)
        if path in places:
            _draw(module, layer, places[path], initializer, generator)
        else:
            _reset(module)
        if layer and layer.is_activation:
            module.is_activation = True
        if layer and layer.draws_random_numbers:
            module.generator = dropout
    return model.to(device)


def _draw(
    module: "nn.Module",
    layer: Layer | None,
    place: WeightPlace,
    initializer: Initializer,
    generator: "torch.Generator",
) -> None:
    """Draw a weight matrix (out, in, …) and its bias."""
    from torch import nn

    initializer.call(place).make(module.weight, generator=generator)
    if getattr(module, "bias", None) is not None:
        low, high = initializer.biases(place.fan_in)
        nn.init.uniform_(module.bias, low, high, generator=generator)
        if offset := getattr(layer, "initial_bias", 0.0):
            module.bias.data += offset
    module.uses_initializer = True


def _reset(module: "nn.Module") -> None:
    """Let any other module reset its own parameters, which must not need random numbers: a
    normalization begins at ones and zeros.
    """
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()
    elif any(True for _ in chained(module.parameters(False), module.buffers(False))):
        raise TypeError(
            f"{type(module).__name__} has parameters, but neither a weight matrix nor a method "
            "reset_parameters(): its values would be undefined"
        )
