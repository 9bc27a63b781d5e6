"""The family of methods that compute the points of a study, and ordinary runs as one of them.
Choices only; each names the torch code that does it.
"""

from typing import Any, ClassVar, Literal

from core.advice.study_verdict import Measure
from core.base.spec import Call, Choice
from core.studies.axes import XAxis


class Method(Choice, family="method"):
    """What is computed for each experiment that a study proposes."""

    page: ClassVar[str] = "Double descent"
    whole_curve: ClassVar[bool] = True  # one experiment gives all points, each with all seeds
    gpu: ClassVar[bool] = True  # whether it runs on the experiment's device
    noun: ClassVar[str] = "hidden unit"  # what the width of a model counts
    linear: ClassVar[bool] = False  # whether its models are linear in random features
    control: ClassVar[str] = ""  # what distinguishes the lines of one chart
    measure: ClassVar[Measure] = "test_error"  # in which its peak is clearest

    @property
    def over(self) -> XAxis:
        """What its curve is drawn over."""
        return "width"

    @property
    def squared(self) -> bool:
        """Whether its losses are squared errors, summed over the outputs."""
        return True

    @property
    def caution(self) -> str:
        """A sentence that must accompany its result; empty for none."""
        return ""

    @property
    def planned_samples(self) -> int:
        """The number of training samples before the data is loaded; 0 where it is unknown."""
        return 0

    @property
    def reuses_weights(self) -> bool:
        """Whether a network starts from the trained weights of the next smaller one."""
        return False

    @property
    def measured_in_training(self) -> bool:
        """Whether models are also measured before the end of their training."""
        return False

    def tuned(self) -> dict[str, Any]:
        """The changed fields with which the best ridge or weight decay can be chosen; empty where
        it has none.
        """
        return {}

    def measured_often(self) -> dict[str, Any]:
        """The changed fields with which each network is measured often enough to stop it early;
        empty where that does not apply.
        """
        return {}

    def call(self) -> Call:
        """The constructor of its executor (`core.studies.executor.Executor`), which takes the
        method, the experiment, its samples and the number of seeds.
        """
        raise NotImplementedError


class Trained(Method):
    """Every point is an ordinary run: the experiment exactly as it is, on all its data. Any field
    can be an axis.
    """

    kind: Literal["trained"] = "trained"
    label: ClassVar[str] = "Trained networks"
    formula: ClassVar[str] = (
        r"\bar e \pm s, \qquad s^2 = \tfrac{1}{k-1}\sum_{i=1}^{k} (e_i - \bar e)^2"
    )
    source: ClassVar[str] = "Nakkiran et al. 2019; Bouthillier et al. 2021 (repeated seeds)"
    technique: ClassVar[str] = "S1 O8"
    whole_curve: ClassVar[bool] = False
    noun: ClassVar[str] = "unit"

    @property
    def over(self) -> XAxis:
        return "control"

    @property
    def squared(self) -> bool:
        return False

    def call(self) -> Call:
        return Call("core.studies.run_executor.RunExecutor")
