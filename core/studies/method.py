"""Method: the family of ways to compute the points of a study, and the general one. Choices only;
each names the torch code that does it.
"""

from typing import ClassVar, Literal

from core.advice.study_verdict import Measure
from core.base.spec import Call, Choice

Over = Literal["width", "samples", "steps", "control"]


class Method(Choice, family="method"):
    """What is done with each experiment that a study proposes."""

    together: ClassVar[bool] = True  # all seeds of a point are computed at once, as one point
    gpu: ClassVar[bool] = True  # whether the experiment's device counts
    noun: ClassVar[str] = "hidden unit"  # what the width of a model counts
    control: ClassVar[str] = ""  # what tells the lines of one picture apart
    measure: ClassVar[Measure] = "test_error"  # in which its peak is clearest

    @property
    def over(self) -> Over:
        """What its curve is drawn over."""
        return "width"

    @property
    def squared(self) -> bool:
        """Whether its losses are squared errors, summed over the outputs."""
        return True

    @property
    def caution(self) -> str:
        """What must be said beside its result, in a sentence; empty for nothing."""
        return ""

    def call(self) -> Call:
        """The constructor of its work (`core.studies.work.Work`), which takes the method, the
        experiment, its samples and the number of seeds.
        """
        raise NotImplementedError


class Trained(Method):
    """Every point is a training as any run: the experiment exactly as it stands, on all its data.
    Any field can be an axis.
    """

    kind: Literal["trained"] = "trained"
    label: ClassVar[str] = "Trained networks"
    together: ClassVar[bool] = False
    noun: ClassVar[str] = "unit"

    @property
    def over(self) -> Over:
        return "control"

    @property
    def squared(self) -> bool:
        return False

    def call(self) -> Call:
        return Call("core.studies.run_executor.Trainings")
