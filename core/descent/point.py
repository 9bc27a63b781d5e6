"""Point: one place on a double-descent curve, over all seeds, as plain numbers. Knows no torch."""

from dataclasses import dataclass
from typing import Literal

Loss = Literal["squared", "cross_entropy"]


@dataclass(frozen=True)
class Point:
    """What the models of one size did, measured after `steps` steps (0 where none are taken).

    `width` counts features, hidden units or maps; `parameters` all weights. `control` is what tells
    the lines of one picture apart: the ridge, the weight decay, the scale of a block; `last` is
    False for what was measured on the way. Tuples hold one number per seed: losses are summed over
    the outputs and averaged over the rows, errors are shares of wrong answers, training figures
    are on the noisy labels, test figures on clean ones, `norm` is that of all weights together.
    `ensemble_…` belong to the mean of all seeds' predictions (for cross-entropy: probabilities),
    `variance` is the mean squared distance from it. So, exactly, for squared loss:
    mean(test_loss) = ensemble_loss + variance.
    """

    width: int
    parameters: int
    samples: int
    steps: int
    control: float
    last: bool
    train_loss: tuple[float, ...]
    train_error: tuple[float, ...]
    test_loss: tuple[float, ...]
    test_error: tuple[float, ...]
    norm: tuple[float, ...]
    ensemble_loss: float
    ensemble_error: float
    variance: float
