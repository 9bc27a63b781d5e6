"""Methods of double descent: random features, batched networks, gradient descent in closed form, a
small CNN. Choices only; what each does is in the modules beside it.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from core.advice.study_verdict import Measure
from core.base.spec import Call, ranged
from core.descent.point import Loss
from core.studies.method import Method, Over
from core.studies.values import spread

Positive = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1e9)], ...],
    BeforeValidator(lambda given: spread(given) if given else given),
    Field(max_length=99),
]
Controls = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1e6)], ...],
    BeforeValidator(spread),
    Field(min_length=1, max_length=20),
]
SIDES: dict[str, float] = {"features": 15.0, "nets": 7.5}  # pixels a side, about


def _rows(default: int) -> Any:
    return ranged(
        default, 40, 4800, symbol="n", unit="rows",
        help="Training rows; fewer where the data has fewer.",
    )  # fmt: skip


class CurveMethod(Method):
    """The base: a whole curve on few rows of the experiment's data, with its label noise."""

    samples: int = _rows(500)
    ratios: Positive = Field(
        (),
        description="Sizes as multiples of the threshold: N/n of features, P/(nK) or P/n of "
        "networks, of rows n over the threshold. Empty: as many as show the peak.",
    )
    side: ClassVar[float] = SIDES["nets"]


class RandomFeatures(CurveMethod):
    """Random ReLU features and ridge regression, every ridge in closed form: exact, no training.
    The peak stands where there are as many features as rows.
    """

    kind: Literal["random_features"] = "random_features"
    label: ClassVar[str] = "Random features, closed form"
    formula: ClassVar[str] = (
        r"f(x) = \phi(x)^\top w,\quad w = \arg\min \tfrac1n|\Phi w - Y|^2 + \lambda |w|^2"
    )
    source: ClassVar[str] = "Belkin et al. 2019; Rahimi & Recht 2007"
    technique: ClassVar[str] = "S1"
    gpu: ClassVar[bool] = False
    noun: ClassVar[str] = "feature"
    control: ClassVar[str] = "ridge"
    side: ClassVar[float] = SIDES["features"]
    along: Literal["width", "samples"] = ranged(
        "width", help="More features at the same rows, or more rows at the same features."
    )
    ridges: Controls = Field((0.0, 1e-6, 1e-4, 1e-3, 1e-2), description="λ, a line for each.")
    shared: bool = ranged(
        False, help="All seeds see the same rows, so that their variance is that of the features."
    )

    @property
    def over(self) -> Over:
        return self.along

    def call(self) -> Call:
        return Call("core.studies.executors.Features")


class Networks(CurveMethod):
    """Networks of one hidden layer, all seeds and widths of like size trained as one. Small first
    weights, label noise and many full-batch steps make the peak visible.
    """

    kind: Literal["networks"] = "networks"
    label: ClassVar[str] = "Networks of one hidden layer"
    source: ClassVar[str] = "Belkin et al. 2019; Nakkiran et al. 2019"
    technique: ClassVar[str] = "S1"
    control: ClassVar[str] = "weight decay"
    measure: ClassVar[Measure] = "test_loss"  # a bump of the error drowns among few seeds
    loss: Loss = ranged("squared", help="Squared loss peaks at P = nK, cross-entropy near P = n.")
    along: Literal["width", "samples"] = ranged(
        "width", help="Wider networks at the same rows, or more rows at the same width."
    )
    width: int = ranged(40, 1, 4096, unit="units", help="Of every network along the rows.")
    steps: int = ranged(1000, 1, 100_000, log=True, help="Of gradient descent, at the most.")
    learning_rate: float = ranged(0.01, above=0, high=10, log=True, symbol="η", help="The highest.")
    decays: Controls = Field((0.0,), description="Weight decays, a line for each.")
    initial: float = ranged(
        0.3, 0.01, 10, symbol="s", help="Scale of the first weights; 1 is He's: the peak moves."
    )
    optimizer: Literal["adamw", "sgd"] = ranged("adamw", help="SGD has momentum 0.95.")
    batch_size: int = ranged(0, 0, 65_536, unit="rows", help="Rows of a step; 0 takes all.")
    evaluations: int = ranged(
        12, 1, 200, help="Steps, evenly apart on a log axis, at which each network is measured."
    )
    reuse: bool = ranged(
        False,
        help="Below the threshold a network starts from the trained weights of the one before it "
        "(Belkin et al. 2019). The cliff stands where the reuse ends: an artefact.",
    )

    @property
    def over(self) -> Over:
        return self.along

    @property
    def squared(self) -> bool:
        return self.loss == "squared"

    @property
    def caution(self) -> str:
        if not self.reuse:
            return ""
        return "An artefact: the cliff stands where the reuse of weights ends."

    def call(self) -> Call:
        return Call("core.studies.executors.Nets")


class ClosedForm(CurveMethod):
    """Gradient descent on two blocks of features of unlike scale, exact at any step. With scale 1,
    the control, both are learned together and the second descent is gone.
    """

    kind: Literal["closed_form"] = "closed_form"
    label: ClassVar[str] = "Gradient descent, closed form"
    formula: ClassVar[str] = r"w(t) = V\,\frac{1-(1-\eta S^2)^t}{S}\,U^\top Y"
    source: ClassVar[str] = "Heckel & Yilmaz 2020; Pezeshki et al. 2021"
    technique: ClassVar[str] = "S2"
    gpu: ClassVar[bool] = False
    noun: ClassVar[str] = "feature"
    control: ClassVar[str] = "scale of the slow block"
    side: ClassVar[float] = SIDES["features"]
    samples: int = _rows(1000)
    scales: Positive = Field((0.02, 1.0), description="Of the slow block, a line for each.")
    steps: int = ranged(10_000_000, 1, 10**12, log=True, help="The last step.")
    evaluations: int = ranged(42, 3, 500, help="Steps, evenly apart on a log axis.")

    @property
    def over(self) -> Over:
        return "steps"

    def call(self) -> Call:
        return Call("core.studies.executors.Descents")


class ConvolutionOverEpochs(CurveMethod):
    """A convolutional network measured after every epoch. Only a wide one with much label noise
    shows the second descent clearly.
    """

    kind: Literal["cnn"] = "cnn"
    label: ClassVar[str] = "Small CNN over epochs"
    source: ClassVar[str] = "Nakkiran et al. 2019"
    technique: ClassVar[str] = "S2"
    noun: ClassVar[str] = "map"
    side: ClassVar[float] = SIDES["features"]
    samples: int = _rows(1000)
    width: int = ranged(64, 1, 512, unit="maps", help="Of the first layer; then 2 and 4 times.")
    epochs: int = ranged(32, 1, 10_000, log=True, help="How often every row is used.")
    learning_rate: float = ranged(1e-3, above=0, high=1, log=True, symbol="η", help="Of Adam.")
    batch_size: int = ranged(50, 1, 4096, unit="rows", help="Rows of a step.")

    @property
    def over(self) -> Over:
        return "steps"

    @property
    def squared(self) -> bool:
        return False

    def call(self) -> Call:
        return Call("core.studies.executors.Convolutions")
