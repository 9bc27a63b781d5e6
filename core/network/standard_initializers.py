"""Initializers that treat every weight tensor alike, or whose scale depends on its size alone.
Choices only: torch is named, not imported.
"""

from math import erf, exp, pi, sqrt
from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.network.initializer import Initializer, Moments, initial_bias
from core.network.weight_places import WeightPlace


class PyTorchDefault(Initializer):
    """The default of `nn.Linear` and `nn.Conv2d`: weights and biases uniform within ±1/√n_in."""

    kind: Literal["pytorch"] = "pytorch"
    label: ClassVar[str] = "PyTorch default"
    formula: ClassVar[str] = r"w, b \sim U\!\left(\pm\tfrac{1}{\sqrt{n_{in}}}\right)"
    source: ClassVar[str] = "LeCun et al. 1998; He et al. 2015 with a = √5"
    technique: ClassVar[str] = "I3"

    def call(self, place: WeightPlace) -> Call:
        return Call("torch.nn.init.kaiming_uniform_", {"a": 5**0.5})

    def biases(self, fan_in: int) -> tuple[float, float]:
        return -(fan_in**-0.5), fan_in**-0.5

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, 1 / sqrt(3 * place.fan_in)


class Xavier(Initializer):
    """Keeps the variance of signals and gradients about equal from layer to layer, for tanh and
    linear units.
    """

    kind: Literal["xavier"] = "xavier"
    label: ClassVar[str] = "Xavier"
    formula: ClassVar[str] = r"\sigma^2 = \frac{2}{n_{in}+n_{out}}"
    source: ClassVar[str] = "Glorot & Bengio 2010"
    technique: ClassVar[str] = "I1"
    assumes_activation: ClassVar[bool] = True
    distribution: Literal["normal", "uniform"] = ranged("normal", help="Both have variance σ².")
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call(f"torch.nn.init.xavier_{self.distribution}_")

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, sqrt(2 / (place.fan_in + place.fan_out))


class He(Initializer):
    """Like Xavier with about twice the variance, because ReLU removes half of the signal."""

    kind: Literal["he"] = "he"
    label: ClassVar[str] = "He"
    formula: ClassVar[str] = r"\sigma^2 = \frac{2}{n_{in}}"
    source: ClassVar[str] = "He et al. 2015"
    technique: ClassVar[str] = "I2"
    assumes_activation: ClassVar[bool] = True
    distribution: Literal["normal", "uniform"] = ranged("normal", help="Both have variance σ².")
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call(f"torch.nn.init.kaiming_{self.distribution}_", {"nonlinearity": "relu"})

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, sqrt(2 / place.fan_in)


class Orthogonal(Initializer):
    """A random rotation: signals keep their length through any number of linear layers. The rows of
    W (or its columns, if fewer) are orthogonal and have length g.
    """

    kind: Literal["orthogonal"] = "orthogonal"
    label: ClassVar[str] = "Orthogonal"
    formula: ClassVar[str] = r"W W^\top = g^2 I \text{ or } W^\top W = g^2 I"
    source: ClassVar[str] = "Saxe, McClelland & Ganguli 2014"
    technique: ClassVar[str] = "I3"
    gain: float = ranged(
        1.0,
        above=0,
        high=10,
        symbol="g",
        help="√2 compensates for the half of the signal that ReLU removes.",
    )
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call("torch.nn.init.orthogonal_", {"gain": self.gain})

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, self.gain / sqrt(max(place.shape[0], place.fan_in))


class LSUV(Initializer):
    """Orthogonal weights, scaled layer by layer until the outputs have variance 1 on a mini-batch
    of the training set. It measures the effect of the
    activations instead of assuming one.
    """

    kind: Literal["lsuv"] = "lsuv"
    label: ClassVar[str] = "LSUV"
    formula: ClassVar[str] = r"W_l \leftarrow W_l / \sqrt{\mathrm{Var}(z_l)}"
    source: ClassVar[str] = "Mishkin & Matas 2016"
    technique: ClassVar[str] = "I4"
    tolerance: float = ranged(
        0.01, above=0, high=0.5, log=True, help="How far the final variance may be from 1."
    )
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call("torch.nn.init.orthogonal_")

    def fit(self) -> Call:
        return Call("core.network.modules.lsuv_", {"tolerance": self.tolerance})


class Normal(Initializer):
    """The same standard deviation for every layer, whatever its size: signals grow or vanish with
    depth.
    """

    kind: Literal["normal"] = "normal"
    label: ClassVar[str] = "Normal"
    formula: ClassVar[str] = r"w \sim N(0, \sigma^2)"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, section 8.4"
    technique: ClassVar[str] = "I3"
    std: float = ranged(
        0.01,
        0,
        10,
        symbol="σ",
        label="Standard deviation",
        log=True,
        help="Standard deviation of the initial weights.",
    )
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call("torch.nn.init.normal_", {"std": self.std})

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, self.std


class TruncatedNormal(Normal):
    """Like normal, without weights beyond 2σ: they are drawn again. What is left has the standard
    deviation 0.880 σ. The usual choice for transformers.
    """

    kind: Literal["truncated_normal"] = "truncated_normal"
    label: ClassVar[str] = "Truncated normal"
    formula: ClassVar[str] = r"w \sim N(0, \sigma^2),\; |w| \le 2\sigma"
    source: ClassVar[str] = "Abadi et al. 2016 (TensorFlow); Dosovitskiy et al. 2021"
    std: float = ranged(
        0.02, 0, 10, symbol="σ", label="Standard deviation", log=True,
        help="Standard deviation before the weights beyond 2σ are drawn again.",
    )  # fmt: skip

    def call(self, place: WeightPlace) -> Call:
        limits = {"a": -2 * self.std, "b": 2 * self.std}
        return Call("torch.nn.init.trunc_normal_", {"std": self.std, **limits})

    def expected_moments(self, place: WeightPlace) -> Moments:
        inside = erf(sqrt(2))  # the fraction of a normal distribution within 2σ
        return 0.0, self.std * sqrt(1 - 4 * exp(-2) / sqrt(2 * pi) / inside)


class Uniform(Initializer):
    """Uniform between −a and a in every layer, whatever its size, with the standard deviation a/√3;
    or between 0 and a, as `torch.rand` draws: then the signal grows with the number of inputs,
    because its terms no longer cancel.
    """

    kind: Literal["uniform"] = "uniform"
    label: ClassVar[str] = "Uniform"
    formula: ClassVar[str] = r"w \sim U(-a, a),\; \sigma^2 = a^2/3"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, section 8.4"
    technique: ClassVar[str] = "I3"
    limit: float = ranged(
        0.05, 0, 10, symbol="a", label="Limit", log=True, help="The largest initial weight."
    )
    from_zero: bool = ranged(
        False, label="From 0", help="Between 0 and a, so that no weight is negative: U(0, 1) with "
        "a = 1.",
    )  # fmt: skip
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        lowest = 0.0 if self.from_zero else -self.limit
        return Call("torch.nn.init.uniform_", {"a": lowest, "b": self.limit})

    def expected_moments(self, place: WeightPlace) -> Moments:
        if self.from_zero:
            return self.limit / 2, self.limit / sqrt(12)
        return 0.0, self.limit / sqrt(3)


class Zeros(Initializer):
    """All weights are 0, so all units of a layer stay equal. Shows why random initial weights are
    needed.
    """

    kind: Literal["zeros"] = "zeros"
    label: ClassVar[str] = "Zeros"
    formula: ClassVar[str] = r"w = 0"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, section 8.4"
    technique: ClassVar[str] = "I3"
    is_symmetric: ClassVar[bool] = True
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call("core.network.modules.zeros_")

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, 0.0


class Ones(Initializer):
    """All weights are 1: units stay equal as with zeros, and the signal explodes."""

    kind: Literal["ones"] = "ones"
    label: ClassVar[str] = "Ones"
    formula: ClassVar[str] = r"w = 1"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, section 8.4"
    technique: ClassVar[str] = "I3"
    is_symmetric: ClassVar[bool] = True
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call("core.network.modules.ones_")

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 1.0, 0.0
