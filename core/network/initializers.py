"""Initializers: where the weights begin. Choices only; each names the function of torch.nn.init it
stands for.
"""

from typing import ClassVar, Literal

from core.spec import Call, Choice, ranged


class Initializer(Choice, family="initializer"):
    """n_in, n_out: inputs and outputs of one unit of the layer. Biases begin at 0, normalization at
    1 and 0.
    """

    def call(self) -> Call:
        """A function of one weight tensor and a `generator`."""
        raise NotImplementedError

    def bias(self, fan_in: int) -> float:
        """Biases begin uniformly in ±this; 0 for a plain zero."""
        return 0.0


class PyTorchDefault(Initializer):
    """What `nn.Linear` and `nn.Conv2d` do by themselves: weights and biases uniform within
    1/√n_in.
    """

    kind: Literal["pytorch"] = "pytorch"
    label: ClassVar[str] = "PyTorch default"
    formula: ClassVar[str] = r"w, b \sim U\!\left(\pm\tfrac{1}{\sqrt{n_{in}}}\right)"
    source: ClassVar[str] = "LeCun et al. 1998; He et al. 2015 with a = √5"
    technique: ClassVar[str] = "I3"

    def call(self) -> Call:
        return Call("torch.nn.init.kaiming_uniform_", {"a": 5**0.5})

    def bias(self, fan_in: int) -> float:
        return fan_in**-0.5


class Xavier(Initializer):
    """Keeps the spread of signals and of gradients about equal from layer to layer, for tanh and
    linear units.
    """

    kind: Literal["xavier"] = "xavier"
    label: ClassVar[str] = "Xavier"
    formula: ClassVar[str] = r"\sigma^2 = \frac{2}{n_{in}+n_{out}}"
    source: ClassVar[str] = "Glorot & Bengio 2010"
    technique: ClassVar[str] = "I1"
    distribution: Literal["normal", "uniform"] = ranged(
        "normal", help="The shape of the draw; both have variance σ²."
    )

    def call(self) -> Call:
        return Call(f"torch.nn.init.xavier_{self.distribution}_")


class He(Initializer):
    """As Xavier, but twice the variance, for ReLU stops half of the signal."""

    kind: Literal["he"] = "he"
    label: ClassVar[str] = "He"
    formula: ClassVar[str] = r"\sigma^2 = \frac{2}{n_{in}}"
    source: ClassVar[str] = "He et al. 2015"
    technique: ClassVar[str] = "I2"
    distribution: Literal["normal", "uniform"] = ranged(
        "normal", help="The shape of the draw; both have variance σ²."
    )

    def call(self) -> Call:
        return Call(f"torch.nn.init.kaiming_{self.distribution}_", {"nonlinearity": "relu"})


class Normal(Initializer):
    """The same spread for every layer, whatever its size: signals grow or die with depth."""

    kind: Literal["normal"] = "normal"
    label: ClassVar[str] = "Normal"
    formula: ClassVar[str] = r"w \sim N(0, \sigma^2)"
    source: ClassVar[str] = "decks B and D"
    technique: ClassVar[str] = "I3"
    std: float = ranged(
        0.01,
        0,
        10,
        symbol="σ",
        label="Standard deviation",
        log=True,
        help="The spread of the weights.",
    )

    def call(self) -> Call:
        return Call("torch.nn.init.normal_", {"std": self.std})


class Zeros(Initializer):
    """All weights 0: every unit of a layer stays equal to its neighbours for ever. To see why
    chance is needed.
    """

    kind: Literal["zeros"] = "zeros"
    label: ClassVar[str] = "Zeros"
    formula: ClassVar[str] = r"w = 0"
    source: ClassVar[str] = "decks B and D"
    technique: ClassVar[str] = "I3"

    def call(self) -> Call:
        return Call("core.network.modules.zeros_")
