"""Regularizer: the family of changes to a training step beyond its optimizer, without its members.

Choices only; the arithmetic is in `transforms.py`, `sharpness.py` and `averages.py`.
`regularizers.py` brings all members together.
"""

from typing import ClassVar

from core.base.spec import Call, Choice


class Regularizer(Choice, family="regularizer"):
    """A change of the training step. Several may be on; each kind at most once."""

    page: ClassVar[str] = "Train"
    changes_gradient: ClassVar[bool] = False  # replaces or limits the gradient before the step
    weight_copies: ClassVar[int] = 0  # further copies of all weights in memory
    averages_weights: ClassVar[bool] = False  # the network is evaluated with averaged weights
    penalizes_weights: ClassVar[bool] = False  # pulls weights towards 0, by a penalty or by decay
    prefers_constant_lr: ClassVar[bool] = False  # averages weights that should stay apart

    def call(self) -> Call:
        """Return its transform: an object of `core.optim.transforms`, `sharpness` or `averages`."""
        raise NotImplementedError

    @property
    def named_layers(self) -> tuple[str, ...]:
        """The layers that it treats differently, by their path in the network."""
        return ()

    @property
    def extra_gradients(self) -> float:
        """How many gradients one step computes in addition to its own, about."""
        return 0.0
