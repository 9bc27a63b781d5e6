"""Fork: the point of another run at which a run begins. Choices only; torch is not imported."""

from typing import Literal, Self

from pydantic import Field, model_validator

from core.base.numbers import whole
from core.base.spec import Value, ranged

Continuation = Literal["continued", "restarted", "held"]  # how a schedule goes on at a fork
CONTINUATIONS: tuple[Continuation, ...] = ("continued", "restarted", "held")


class Fork(Value):
    """A run goes on from an epoch of another run, its parent, with the weights, the state of the
    optimizer and the random generators of this epoch.

    The parent's settings are not repeated here: what the fork changes is the difference of the two
    experiments (core/runs/lineage.py).
    """

    run: str = Field(min_length=1, max_length=40, description="The parent.")
    epoch: int = ranged(0, 0, 100_000, help="Completed epochs of the parent. 0: its first weights.")
    step: int = ranged(0, 0, 2**53, help="Completed steps of the parent.")
    schedule_from: int = ranged(
        0,
        0,
        100_000,
        help="The epoch from which the schedule of the learning rate counts: 0 continues it, the "
        "epoch of the fork restarts it.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.schedule_from > self.epoch:
            raise ValueError(
                f"the schedule cannot count from epoch {self.schedule_from}, which is after the "
                f"fork at epoch {self.epoch}: use 0 or {self.epoch}"
            )
        if bool(self.epoch) != bool(self.step):
            raise ValueError(
                f"epoch {self.epoch} and step {self.step} do not belong together: both are 0, or "
                "none is"
            )
        return self

    @property
    def summary(self) -> str:
        """The point in a few words."""
        return f"epoch {whole(self.epoch)} of run {self.run}"
