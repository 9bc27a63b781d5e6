"""Optimizers that need no schedule: an average of the weights takes the place of annealing. Choices
only: torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.spec import Call
from core.optim.adaptive import AdamW
from core.optim.optimizer import Optimizer, beta_field, learning_rate_field


class ScheduleFreeAdamW(AdamW):
    """AdamW without a schedule: an average of the weights takes the place of a falling learning
    rate, so that training can end at any epoch. Use a constant learning rate, with a warm-up.

    The gradient g is that at θ, between the fast weights z and their average x; the network is
    evaluated with x. c = η²/Σ η², over all steps so far, so that x is the mean of z where η is
    constant. v ← β₂v + (1 − β₂)g², corrected for its start at 0. The statistics of batch
    normalization are recomputed for x after every epoch.
    """

    kind: Literal["schedule_free_adamw"] = "schedule_free_adamw"
    label: ClassVar[str] = "Schedule-free AdamW"
    formula: ClassVar[str] = (
        r"z \leftarrow z - \eta\,\big(g/(\sqrt{\hat v}+\varepsilon)+\lambda\theta\big), \qquad "
        r"x \leftarrow (1-c)\,x + c\,z, \qquad \theta \leftarrow (1-\beta_1)\,z + \beta_1 x"
    )
    source: ClassVar[str] = "Defazio et al. 2024"
    technique: ClassVar[str] = "O4 R5"
    fused: ClassVar[bool] = False
    averages_weights: ClassVar[bool] = True
    prefers_constant_lr: ClassVar[bool] = True
    learning_rate: float = learning_rate_field(2.5e-3)
    beta1: float = beta_field(
        0.9, label="β₁ (interpolation)", average="fast weights in the place of the gradient"
    )

    def call(self) -> Call:
        return Call("core.optim.interpolation.ScheduleFreeSteps", super().call().arguments)

    @property
    def memory_slots(self) -> int:
        return 3

    def keeps_state_of(self, other: Optimizer) -> bool:
        """With another β₁ the weights between z and x would be other ones."""
        return super().keeps_state_of(other) and self.beta1 == getattr(other, "beta1", None)
