"""Layers: what a network is assembled from. Choices only; each names the torch module it stands
for.

Shapes here leave out the batch: (C, H, W) for pictures, (F,) for flat values.
"""

from typing import ClassVar, Literal

from core.spec import Call, Choice, ranged

Shape = tuple[int, ...]


def times(shape: Shape) -> str:
    """A shape as people read it.

    >>> times((16, 5, 5))
    '16 × 5 × 5'
    """
    return " × ".join(str(n) for n in shape)


class Layer(Choice, family="layer"):
    """One step of the network, from a tensor to a tensor."""

    stem: ClassVar[str] = ""  # of its name in the state_dict: conv1, conv2, linear1 …
    icon: ClassVar[str] = "layers"  # Material

    def call(self, shape: Shape, outputs: int) -> Call:
        """The module for an input of this shape (without batch); `outputs` is what the last layer
        must give.
        """
        raise NotImplementedError

    def problem(self, shape: Shape) -> str | None:
        """Why it cannot take this input, and what to do; None when it can."""
        return None


def _wants_pictures(what: str, shape: Shape) -> str | None:
    if len(shape) == 3:
        return None
    return (
        f"{what} needs pictures (channels × height × width), got {times(shape)} values: "
        "put it before Flatten."
    )


class Linear(Layer):
    """Every output is a weighted sum of all inputs, plus a bias."""

    kind: Literal["linear"] = "linear"
    label: ClassVar[str] = "Linear"
    formula: ClassVar[str] = r"z = W x + b"
    source: ClassVar[str] = "Rosenblatt 1958"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "linear"
    icon: ClassVar[str] = "hub"
    units: int = ranged(100, 1, 65_536, help="How many values come out.")
    bias: bool = ranged(True, help="Adds b, one learned number for each output.")

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call(
            "torch.nn.Linear",
            {"in_features": shape[0], "out_features": self.units, "bias": self.bias},
        )

    def problem(self, shape: Shape) -> str | None:
        return (
            None
            if len(shape) == 1
            else f"Linear needs a flat input, got {times(shape)}: put Flatten before it."
        )

    @property
    def summary(self) -> str:
        return f"{self.units} units"


class Output(Layer):
    """A linear layer with one output, the score (logit), for each class of the data; one in all
    where values are predicted.
    """

    kind: Literal["output"] = "output"
    label: ClassVar[str] = "Output"
    formula: ClassVar[str] = r"z = W x + b,\; z \in \mathbb{R}^C"
    source: ClassVar[str] = "Bridle 1990"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "output"
    icon: ClassVar[str] = "output"
    bias: bool = ranged(True, help="Adds b, one learned number for each class.")

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call(
            "torch.nn.Linear", {"in_features": shape[0], "out_features": outputs, "bias": self.bias}
        )

    def problem(self, shape: Shape) -> str | None:
        return (
            None
            if len(shape) == 1
            else f"Output needs a flat input, got {times(shape)}: put Flatten before it."
        )

    @property
    def summary(self) -> str:
        return "one unit per class"


class Conv2d(Layer):
    """Slides small filters over the picture; each filter gives one map of where it fits."""

    kind: Literal["conv2d"] = "conv2d"
    label: ClassVar[str] = "Convolution"
    formula: ClassVar[str] = r"z_{m,i,j} = b_m + \sum_{c,u,v} w_{m,c,u,v}\; x_{c,\,si+u-p,\,sj+v-p}"
    source: ClassVar[str] = "LeCun et al. 1989"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "conv"
    icon: ClassVar[str] = "blur_on"
    maps: int = ranged(16, 1, 2048, help="How many filters, and so maps, come out.")
    kernel: int = ranged(3, 1, 31, symbol="k", unit="px", help="Side of the square filter.")
    stride: int = ranged(
        1,
        1,
        16,
        symbol="s",
        unit="px",
        help="How far the filter moves at once; 2 halves the picture.",
    )
    padding: int = ranged(
        0, 0, 15, symbol="p", unit="px", help="Zeros around the picture; (k − 1)/2 keeps its size."
    )
    bias: bool = ranged(True, help="Adds b, one learned number for each map.")

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"in_channels": shape[0], "out_channels": self.maps, "kernel_size": self.kernel}
        return Call(
            "torch.nn.Conv2d",
            {**sizes, "stride": self.stride, "padding": self.padding, "bias": self.bias},
        )

    def problem(self, shape: Shape) -> str | None:
        if wrong := _wants_pictures(self.label, shape):
            return wrong
        room = min(shape[1:]) + 2 * self.padding
        if room >= self.kernel:
            return None
        return (
            f"Convolution with a {self.kernel} × {self.kernel} kernel does not fit into "
            f"{times(shape)}: "
            f"set the padding to at least {-(-(self.kernel - min(shape[1:])) // 2)} or take a "
            "smaller kernel."
        )

    @property
    def summary(self) -> str:
        more = [f"stride {self.stride}"] * (self.stride != 1) + [f"padding {self.padding}"] * (
            self.padding != 0
        )
        return ", ".join([f"{self.maps} maps {self.kernel} × {self.kernel}", *more])


class MaxPool(Layer):
    """Keeps the largest value of each small square, so that the picture shrinks."""

    kind: Literal["max_pool"] = "max_pool"
    label: ClassVar[str] = "Max pool"
    formula: ClassVar[str] = r"z_{c,i,j} = \max_{u,v<k} x_{c,\,ki+u,\,kj+v}"
    source: ClassVar[str] = "Weng et al. 1993; deck C"
    technique: ClassVar[str] = "N1"
    stem: ClassVar[str] = "pool"
    icon: ClassVar[str] = "compress"
    size: int = ranged(
        2, 2, 16, symbol="k", unit="px", help="Side of the square, and how far it moves."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.MaxPool2d", {"kernel_size": self.size})

    def problem(self, shape: Shape) -> str | None:
        if wrong := _wants_pictures(self.label, shape):
            return wrong
        fits = min(shape[1:]) >= self.size
        return (
            None
            if fits
            else f"Max pool of {self.size} × {self.size} does not fit into {times(shape)}: "
            "leave it out."
        )

    @property
    def summary(self) -> str:
        return f"{self.size} × {self.size}"


class Flatten(Layer):
    """Lays the maps out as one row of values, as linear layers want them."""

    kind: Literal["flatten"] = "flatten"
    label: ClassVar[str] = "Flatten"
    formula: ClassVar[str] = r"(C, H, W) \to (C\,H\,W)"
    technique: ClassVar[str] = "N1"
    source: ClassVar[str] = "a change of shape only"
    stem: ClassVar[str] = "flatten"
    icon: ClassVar[str] = "horizontal_rule"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Flatten")

    @property
    def summary(self) -> str:
        return ""


class BatchNorm(Layer):
    """Centres and scales every map (or value) over the minibatch, then lets it learn a scale γ and
    a shift β.

    At inference the running mean and variance, gathered while training, stand in for those of the
    batch.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    label: ClassVar[str] = "Batch normalization"
    formula: ClassVar[str] = r"z = \gamma\,\frac{x-\mu_B}{\sqrt{\sigma_B^2+\varepsilon}} + \beta"
    source: ClassVar[str] = "Ioffe & Szegedy 2015"
    technique: ClassVar[str] = "N4"
    stem: ClassVar[str] = "norm"
    icon: ClassVar[str] = "align_vertical_center"
    momentum: float = ranged(
        0.1, above=0, high=1, help="The share of each new batch in the running mean and variance."
    )
    epsilon: float = ranged(
        1e-5, above=0, high=1, symbol="ε", log=True, help="Keeps the division finite."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        name = "torch.nn.BatchNorm2d" if len(shape) == 3 else "torch.nn.BatchNorm1d"
        return Call(
            name, {"num_features": shape[0], "eps": self.epsilon, "momentum": self.momentum}
        )

    @property
    def summary(self) -> str:
        return ""


class Dropout(Layer):
    """While training, sets each value to 0 with probability p and scales the others by 1/(1 − p);
    off at inference.
    """

    kind: Literal["dropout"] = "dropout"
    label: ClassVar[str] = "Dropout"
    formula: ClassVar[str] = r"z = \frac{m \odot x}{1-p},\; m \sim \mathrm{Bernoulli}(1-p)"
    source: ClassVar[str] = "Srivastava et al. 2014"
    technique: ClassVar[str] = "N5"
    stem: ClassVar[str] = "dropout"
    icon: ClassVar[str] = "grain"
    p: float = ranged(
        0.5, 0, below=1, symbol="p", label="Probability", help="The share of values set to 0."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.Dropout", {"p": self.p})

    @property
    def summary(self) -> str:
        return f"p = {self.p:g}"
