"""The network of an experiment in Keras 3, to compare the two libraries. Shapes and numbers of
parameters are those of PyTorch; numbers differ, because Keras draws other initial weights.

Images have their channels last in Keras: (H, W, C).
"""

from collections.abc import Sequence
from typing import Any

from core.base.spec import Call
from core.data.dataset import Facts
from core.experiment import Experiment
from core.export.script.rendering import code, comment
from core.network import layers as L
from core.network.build import LayerFacts, check
from core.network.chains import find_strides

ACTIVATIONS: dict[type[L.Layer], Any] = {
    L.ReLU: lambda a: layer("ReLU"),
    L.LeakyReLU: lambda a: layer("LeakyReLU", negative_slope=a.alpha),
    L.ELU: lambda a: layer("ELU", alpha=a.alpha),
    L.Softplus: lambda a: layer("Activation", activation="softplus"),
    L.Swish: lambda a: layer("Activation", activation="silu"),
    L.GELU: lambda a: layer("Activation", activation="gelu"),
    L.Tanh: lambda a: layer("Activation", activation="tanh"),
    L.Sigmoid: lambda a: layer("Activation", activation="sigmoid"),
}


def layer(name: str, **arguments: Any) -> Call:
    """Return the constructor of a layer."""
    return Call(f"keras.layers.{name}", arguments)


def keras_code(experiment: Experiment, facts: Facts) -> str:
    """Return the code of the network. Raises BadNetwork for one that does not fit the data."""
    checked = check(experiment.network, facts.shape, facts.outputs)
    lines = ["import keras", "", f"x = inputs = keras.Input({_last(facts.shape)})"]
    for fact in checked:
        lines += _lines(fact, facts.outputs)
    lines += ["model = keras.Model(inputs, x)", "model.summary()"]
    return "\n".join(lines)


def _last(shape: Sequence[int]) -> tuple[int, ...]:
    """(C, H, W) -> (H, W, C)."""
    return tuple(shape) if len(shape) == 1 else (*shape[1:], shape[0])


def _lines(fact: LayerFacts, outputs: int, x: str = "x", source: str = "x") -> list[str]:
    """Return the lines that apply a layer to `source` and name its output `x`."""
    if fact.layer.chains():
        return _block(fact, outputs, x, source)
    if isinstance(fact.layer, L.SqueezeExcitation):
        return _squeeze_excitation(fact, x, source)
    if isinstance(fact.layer, L.SelfAttention):
        heads, axes = fact.layer.heads, (1, 2)
        each = {"num_heads": heads, "key_dim": fact.input[0] // heads, "attention_axes": axes}
        call = layer("MultiHeadAttention", **each)
        return [code(call, str, before=f"{x} = ") + f"({source}, {source})"]
    calls = _calls(fact, outputs)
    if calls is None:
        text = f"{fact.name}: Keras has no layer like {fact.layer.label}. It is left out."
        return [comment(text), *([f"{x} = {source}"] * (x != source))]
    lines = []
    for call in calls:
        made = code(call, str, before=f"{x} = ")
        lines.append(f"{made}({source})")
        source = x
    return lines


def _squeeze_excitation(fact: LayerFacts, x: str, source: str) -> list[str]:
    """Return the lines of the factors of all channels and of their product with the channels."""
    factors, channels = f"{fact.name}_factors", fact.input[0]
    calls = (
        layer("GlobalAveragePooling2D", keepdims=True),
        layer("Dense", units=fact.layer.hidden(fact.input), activation="relu"),
        layer("Dense", units=channels, activation="sigmoid"),
    )
    lines, inner = [], source
    for call in calls:
        lines.append(code(call, str, before=f"{factors} = ") + f"({inner})")
        inner = factors
    return [*lines, f"{x} = keras.layers.Multiply()([{source}, {factors}])"]


def _block(fact: LayerFacts, outputs: int, x: str, source: str) -> list[str]:
    """Return the lines of a residual block or of branches."""
    name, ends, lines = fact.name, [], []
    for number, chain in enumerate(fact.chains):
        end = f"{name}_{number + 1}"
        lines.append(f"{end} = {source}")
        for inner in chain:
            lines += _lines(inner, outputs, end, end)
        ends.append(end)
    block = fact.layer
    if block.adds_input:
        lines += [comment("Stochastic depth is left out.")] * bool(block.drop)
        shortcut = source
        if fact.output != fact.input:
            shortcut = f"{name}_input"
            lines += _projection(fact, block, shortcut, source)
        return [*lines, f"{x} = keras.layers.Add()([{shortcut}, {ends[0]}])"]
    if len(ends) == 1:
        return [*lines, f"{x} = {ends[0]}"]
    join = "Concatenate" if block.join_sign == "‖" else "Add"
    return [*lines, f"{x} = keras.layers.{join}()([{', '.join(ends)}])"]


def _projection(fact: LayerFacts, block: L.Residual, name: str, source: str) -> list[str]:
    """Return the lines of a shortcut that changes the shape."""
    if len(fact.input) == 1:
        call = layer("Dense", units=fact.output[0], use_bias=False)
        return [code(call, str, before=f"{name} = ") + f"({source})"]
    stride = find_strides(fact.input, fact.output)
    call = layer("Conv2D", filters=fact.output[0], kernel_size=1, strides=stride, use_bias=False)
    lines = [code(call, str, before=f"{name} = ") + f"({source})"]
    if block.normalize:
        lines.append(f"{name} = keras.layers.BatchNormalization(epsilon=1e-05)({name})")
    return lines


def _calls(fact: LayerFacts, outputs: int) -> list[Call] | None:
    """Return the layers of Keras that stand for one of PyTorch; None where there is none."""
    chosen = fact.layer
    match chosen:
        case L.Linear() | L.Output():
            units = outputs if chosen.is_output else chosen.units
            return [layer("Dense", units=units, use_bias=chosen.bias)]
        case L.Conv2d():
            conv = layer(
                "Conv2D",
                filters=chosen.maps,
                kernel_size=chosen.kernel,
                strides=chosen.stride,
                use_bias=chosen.bias,
            )
            return [*_padding(chosen.padding), conv]
        case L.Conv1d():
            conv = layer(
                "Conv2D",
                filters=chosen.maps,
                kernel_size=(1, chosen.kernel),
                strides=(1, chosen.stride),
                use_bias=chosen.bias,
            )
            return [*_padding((0, chosen.padding)), conv]
        case L.AsSequence():  # channels last
            return [layer("Reshape", target_shape=fact.output), layer("Permute", dims=(2, 3, 1))]
        case L.DepthwiseConv2d():
            conv = layer(
                "DepthwiseConv2D",
                kernel_size=chosen.kernel,
                strides=chosen.stride,
                use_bias=chosen.bias,
            )
            return [*_padding(chosen.padding), conv]
        case L.MaxPool():
            return [layer("MaxPooling2D", pool_size=chosen.window(fact.input))]
        case L.AvgPool():
            return [layer("AveragePooling2D", pool_size=chosen.window(fact.input))]
        case L.GlobalPool():
            return [layer("GlobalAveragePooling2D")]
        case L.Flatten():
            if len(fact.input) == 1:
                return [layer("Flatten")]
            return [layer("Permute", dims=(3, 1, 2)), layer("Flatten")]  # channels first
        case L.BatchNorm():
            how = {"momentum": 1 - chosen.momentum, "epsilon": chosen.epsilon}
            return [layer("BatchNormalization", **how)]
        case L.LayerNorm():
            axes = (1, 2, 3) if len(fact.input) == 3 else -1
            return [layer("LayerNormalization", axis=axes, epsilon=chosen.epsilon)]
        case L.ChannelNorm():
            return [layer("LayerNormalization", axis=-1, epsilon=chosen.epsilon)]
        case L.GroupNorm():
            how = {"groups": chosen.groups, "epsilon": chosen.epsilon}
            return [layer("GroupNormalization", **how)]
        case L.InstanceNorm():
            return [layer("GroupNormalization", groups=-1, epsilon=chosen.epsilon)]
        case L.Dropout():
            return [layer("Dropout", rate=chosen.p)]
    make = ACTIVATIONS.get(type(chosen))
    return [make(chosen)] if make else None


def _padding(padding: int | tuple[int, int]) -> list[Call]:
    """Return the layer that pads the input of a convolution; none without padding."""
    return [layer("ZeroPadding2D", padding=padding)] if padding not in (0, (0, 0)) else []
