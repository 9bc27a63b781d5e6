"""Split: how much is kept for validation and test.

The choice only; the drawing is in `parts.py`.
"""

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from core.base.spec import Value, ranged

if TYPE_CHECKING:
    import numpy as np

    from core.data.parts import Parts


class Split(Value):
    """Shares of all pictures.

    Technique D6, the fraction D8. A test set that comes with the data stays one; its share is
    then unused.
    """

    validation: float = ranged(
        0.15, 0, 0.9, help="Share of the pictures that choose the best epoch."
    )
    test: float = ranged(0.15, 0, 0.9, help="Share that is looked at once, at the end.")
    stratified: bool = ranged(True, help="Every class has the same shares in every part.")
    seed: int = ranged(0, 0, 2**31 - 1, help="Which pictures fall where.")
    fraction: float = ranged(
        1.0,
        above=0,
        high=1,
        label="Trained on",
        help="Share of the training part that is used; a smaller one is a part of a larger one.",
    )

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError(
                "validation and test together leave nothing to train on: make one share smaller"
            )
        return self

    def parts(self, labels: "np.ndarray", has_test: bool = False) -> "Parts":
        """Which picture, by index, is in which part.

        Raises BadData when no picture is left to train on.
        """
        from core.data.parts import divide, thinned

        test = 0.0 if has_test else self.test
        stratified = self.stratified and labels.dtype.kind != "f"  # values have no classes
        how = dict(stratified=stratified, seed=self.seed)
        parts = divide(labels, self.validation, test, **how)
        kept = self.kept(len(parts.train))
        return parts if kept == len(parts.train) else thinned(parts, labels, kept, **how)

    def kept(self, train: int) -> int:
        """How many of `train` training pictures are used: at least one, if there is one."""
        return max(int(train * self.fraction + 0.5), min(train, 1))
