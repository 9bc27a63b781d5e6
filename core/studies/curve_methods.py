"""The methods of double descent: random features, batched networks, gradient descent in closed
form, a small CNN. Choices only; `curve_executors` runs them.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from core.advice.study_verdict import Measure
from core.base.spec import Call, ranged
from core.descent.point import LossName
from core.studies.axes import XAxis
from core.studies.method import Method
from core.studies.values import expand_range

Positive = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1e9)], ...],
    BeforeValidator(lambda values: expand_range(values) if values else values),
    Field(max_length=99),
]
Controls = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1e6)], ...],
    BeforeValidator(expand_range),
    Field(min_length=1, max_length=20),
]
# approximate pixels per side: 14 × 14 and 7 × 7 of MNIST, 16 × 16 and 8 × 8 of CIFAR
FEATURE_SIDE, NETWORK_SIDE = 15.0, 7.5
RIDGES = (1e-6, 1e-4, 1e-3, 1e-2, 0.1)  # tried where the best ridge is chosen
DECAYS = (0.01, 0.1, 1.0, 3.0)
MANY_EVALUATIONS = 24  # steps at which each network is measured to find its best step


def _samples(default: int) -> Any:
    return ranged(
        default, 40, 4800, label="Training samples", symbol="n",
        help="Number of training samples; smaller datasets use fewer.",
    )  # fmt: skip


def _list(default: tuple[float, ...], label: str, help: str, symbol: str = "") -> Any:
    return ranged(default, label=label, symbol=symbol, help=help)


class CurveMethod(Method):
    """The base class: a whole curve on a subset of the experiment's data, with its label noise."""

    samples: int = _samples(500)
    ratios: Positive = _list(
        (),
        "Model sizes",
        "Relative to the threshold: N/n for features, P/(nK) or P/n for networks; over samples, n "
        "relative to the threshold. Leave empty for sizes that show the peak.",
    )
    side: ClassVar[float] = NETWORK_SIDE

    @property
    def planned_samples(self) -> int:
        return self.samples


class RandomFeatures(CurveMethod):
    """Random ReLU features with ridge regression, solved in closed form for every ridge: exact, no
    training. The peak is at N = n, with as many features as training samples.
    """

    kind: Literal["random_features"] = "random_features"
    label: ClassVar[str] = "Random features, closed form"
    formula: ClassVar[str] = (
        r"f(x) = \phi(x)^\top w,\quad w = \arg\min \tfrac1n|\Phi w - Y|^2 + \lambda |w|^2"
    )
    source: ClassVar[str] = "Belkin et al. 2019; Rahimi & Recht 2007"
    technique: ClassVar[str] = "S2"
    gpu: ClassVar[bool] = False
    noun: ClassVar[str] = "feature"
    linear: ClassVar[bool] = True
    control: ClassVar[str] = "ridge"
    side: ClassVar[float] = FEATURE_SIDE
    along: Literal["width", "samples"] = ranged(
        "width",
        label="X-axis",
        help="Vary the number of features or the number of training samples.",
    )
    ridges: Controls = _list(
        (0.0, 1e-6, 1e-4, 1e-3, 1e-2), "Ridges", "Ridge penalties, one line each.", "λ"
    )
    shared: bool = ranged(
        False,
        label="Same samples for all seeds",
        help="All seeds use the same training samples, so the variance over seeds is that of the "
        "random features alone.",
    )

    @property
    def over(self) -> XAxis:
        return self.along

    def tuned(self) -> dict[str, Any]:
        return {"ridges": sorted({*self.ridges, *RIDGES})}

    def call(self) -> Call:
        return Call("core.studies.curve_executors.RandomFeatureExecutor")


class Networks(CurveMethod):
    """Networks with one hidden layer; all seeds and similar widths are trained as one batched
    network. Small initial weights, label noise and many full-batch steps make the peak visible.
    """

    kind: Literal["networks"] = "networks"
    label: ClassVar[str] = "Networks with one hidden layer"
    formula: ClassVar[str] = r"f(x) = W_2\,\mathrm{relu}(W_1 x + b_1) + b_2"
    source: ClassVar[str] = "Belkin et al. 2019; Nakkiran et al. 2019"
    technique: ClassVar[str] = "S1"
    control: ClassVar[str] = "weight decay"
    measure: ClassVar[Measure] = "test_loss"  # a small peak of the error needs many seeds
    loss: LossName = ranged(
        "squared",
        help="The peak is at P = nK with squared loss and near P = n with cross-entropy.",
        option_labels={"cross_entropy": "Cross-entropy"},
    )
    along: Literal["width", "samples"] = ranged(
        "width", label="X-axis", help="Vary the width or the number of training samples."
    )
    width: int = ranged(
        40, 1, 4096, unit="units", help="Hidden units of every network, when samples vary."
    )
    steps: int = ranged(1000, 1, 100_000, log=True, help="Maximum number of gradient steps.")
    learning_rate: float = ranged(
        0.01, above=0, high=10, log=True, symbol="η", help="Peak learning rate."
    )
    decays: Controls = _list((0.0,), "Weight decays", "Weight decays, one line each.", "λ")
    initial: float = ranged(
        0.3,
        0.01,
        10,
        label="Initial weight scale",
        symbol="s",
        help="Relative to He initialization. At 1 the second descent nearly disappears.",
    )
    optimizer: Literal["adamw", "sgd"] = ranged(
        "adamw",
        help="SGD uses momentum 0.95.",
        option_labels={"adamw": "AdamW", "sgd": "SGD"},
    )
    batch_size: int = ranged(0, 0, 65_536, unit="samples", help="0 is full batch.")
    evaluations: int = ranged(
        12,
        1,
        200,
        label="Measurements",
        help="Number of log-spaced steps at which each network is measured.",
    )
    reuse: bool = ranged(
        False,
        label="Reuse weights",
        help="Below the threshold, each network starts from the trained weights of the next "
        "smaller one (Belkin et al. 2019). The drop where the reuse ends is an artefact.",
    )

    @property
    def over(self) -> XAxis:
        return self.along

    @property
    def squared(self) -> bool:
        return self.loss == "squared"

    @property
    def caution(self) -> str:
        return "Artefact: the drop is where the reuse of weights ends." if self.reuse else ""

    @property
    def reuses_weights(self) -> bool:
        return self.reuse

    @property
    def measured_in_training(self) -> bool:
        return self.evaluations > 1

    def tuned(self) -> dict[str, Any]:
        return {} if self.reuse else {"decays": sorted({*self.decays, *DECAYS})}

    def measured_often(self) -> dict[str, Any]:
        return {"evaluations": max(MANY_EVALUATIONS, self.evaluations)}

    def call(self) -> Call:
        return Call("core.studies.curve_executors.NetworkExecutor")


class ClosedForm(CurveMethod):
    """Gradient descent on two blocks of features with different scales, exact at any step. At scale
    1, the control, both blocks are learned together and there is no second descent.
    """

    kind: Literal["closed_form"] = "closed_form"
    label: ClassVar[str] = "Gradient descent, closed form"
    formula: ClassVar[str] = r"w(t) = V\,\frac{1-(1-\eta S^2)^t}{S}\,U^\top Y"
    source: ClassVar[str] = "Heckel & Yilmaz 2020; Pezeshki et al. 2021"
    technique: ClassVar[str] = "S2"
    gpu: ClassVar[bool] = False
    noun: ClassVar[str] = "feature"
    linear: ClassVar[bool] = True
    control: ClassVar[str] = "scale of the slow block"
    side: ClassVar[float] = FEATURE_SIDE
    samples: int = _samples(1000)
    scales: Positive = _list((0.02, 1.0), "Scales", "Scale of the slow block, one line each.")
    steps: int = ranged(
        10_000_000, 1, 10**12, log=True, help="Number of gradient steps, computed exactly."
    )
    evaluations: int = ranged(
        42, 3, 500, label="Measurements", help="Number of log-spaced steps that are measured."
    )

    @property
    def over(self) -> XAxis:
        return "steps"

    def call(self) -> Call:
        return Call("core.studies.curve_executors.ClosedFormExecutor")


class ConvolutionOverEpochs(CurveMethod):
    """A convolutional network measured after every epoch. Only a wide one with a lot of label noise
    shows the second descent clearly.
    """

    kind: Literal["cnn"] = "cnn"
    label: ClassVar[str] = "Small CNN over epochs"
    formula: ClassVar[str] = r"\text{conv } k \to \text{conv } 2k \to \text{conv } 4k \to C"
    source: ClassVar[str] = "Nakkiran et al. 2019"
    technique: ClassVar[str] = "S1"
    noun: ClassVar[str] = "channel"
    side: ClassVar[float] = FEATURE_SIDE
    samples: int = _samples(1000)
    width: int = ranged(
        64,
        1,
        512,
        unit="channels",
        help="Channels of the first convolution; the next two have 2 and 4 times as many.",
    )
    epochs: int = ranged(32, 1, 10_000, log=True, help="Passes over the training set.")
    learning_rate: float = ranged(
        1e-3, above=0, high=1, log=True, symbol="η", help="Learning rate of Adam."
    )
    batch_size: int = ranged(50, 1, 4096, unit="samples", help="Samples per gradient step.")

    @property
    def over(self) -> XAxis:
        return "steps"

    @property
    def squared(self) -> bool:
        return False

    def call(self) -> Call:
        return Call("core.studies.curve_executors.CnnExecutor")
