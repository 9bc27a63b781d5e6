"""One point on a double-descent curve, over all seeds, as plain numbers. No torch."""

from dataclasses import dataclass, field
from typing import Literal

LossName = Literal["squared", "cross_entropy"]


@dataclass(frozen=True)
class CurvePoint:
    """What the models of one size reached, measured after `steps` steps (0 where there are none).

    `width` counts features, hidden units or channels; `parameters` all weights. `control`
    distinguishes the lines of one chart: the ridge, the weight decay, the scale of a block. `last`
    is False for measurements during training. Tuples hold one number per seed: losses are summed
    over the outputs and averaged over the samples, errors are fractions of wrong predictions,
    training figures use the noisy labels, test figures the correct ones, and `norm` is the norm of
    all weights. `ensemble_…` belong to the mean prediction of all seeds (with cross-entropy: of
    their probabilities), `variance` is the mean squared distance from it. With squared loss,
    exactly: mean(test_loss) = ensemble_loss + variance. Ordinary runs also have `validation_…`, by
    which settings are chosen, and `seconds` of training, which do not distinguish points.
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
    validation_loss: tuple[float, ...] = ()
    validation_error: tuple[float, ...] = ()
    seconds: tuple[float, ...] = field(default=(), compare=False, repr=False)
