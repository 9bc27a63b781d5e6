"""Split: how the training, validation and test sets are chosen, and their sizes. The drawing is in
`parts.py`.
"""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from core.base.spec import Value, ranged

if TYPE_CHECKING:
    import numpy as np

    from core.data.dataset import Facts
    from core.data.parts import Parts
    from core.data.samples import Samples
    from core.data.split_keys import SplitKeys


class Split(Value):
    """Fractions of all samples. The test fraction is unused if the dataset has its own test set."""

    method: Literal["random", "groups", "time", "hash"] = ranged(
        "random",
        label="Split method",
        help="At random; by groups: rows with the same split key stay in one part, such as those "
        "of a patient; by time: the rows with the largest split key are held out, such as the "
        "last months; by hash: the split key or, without one, the row number alone decides, so "
        "that rows that are added later move no other row. The split key is a column, chosen as "
        "its role in the table of columns.",
        option_labels={"groups": "By groups", "time": "By time", "hash": "By hash"},
    )
    validation: float = ranged(
        0.15,
        0,
        0.9,
        label="Validation fraction",
        help="Fraction of the samples used to select the best epoch.",
    )
    test: float = ranged(
        0.15,
        0,
        0.9,
        label="Test fraction",
        help="Fraction of the samples used once, for the final test.",
    )
    stratified: bool = ranged(True, help="Keep the class proportions in every part.")
    seed: int = ranged(0, 0, 2**31 - 1, help="Determines which samples are in which part.")
    fraction: float = ranged(
        1.0,
        above=0,
        high=1,
        label="Training fraction",
        help="Fraction of the training set that is used. Smaller ones are subsets of larger ones.",
    )

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError(
                "validation and test fractions leave no training data: reduce one of them"
            )
        return self

    def apply(self, samples: "Samples") -> "tuple[Samples, Parts]":
        """Return the samples, with gaps filled with values of the training part, and their parts.

        Raises BadData if no training sample is left.
        """
        parts = self.parts_of(samples)
        return samples.filled(parts.train), parts

    def parts_of(self, samples: "Samples") -> "Parts":
        """Return the parts of the samples. Corrections move none of them to another part: the split
        is that of the original targets, without the rows that are left out. Raises BadData.
        """
        corrections = samples.corrections
        labels = corrections.original if corrections else samples.targets
        parts = self.parts(labels, samples.has_test, samples.validation, samples.keys)
        return parts.without(corrections.dropped) if corrections else parts

    def parts(
        self,
        labels: "np.ndarray",
        has_test: bool = False,
        own_validation: "np.ndarray | None" = None,
        keys: "SplitKeys | None" = None,
    ) -> "Parts":
        """Return the indices of the samples in each part.

        `own_validation` holds the sorted indices that the dataset assigns to the validation set,
        `keys` the values by which samples can be split. Raises BadData if no training sample is
        left, or if the method cannot be used for these samples.
        """
        from core.data.parts import deal, deal_around, deal_by_key, reduce_training

        test = 0.0 if has_test else self.test
        stratified = self.stratified and labels.dtype.kind != "f"  # values cannot be stratified
        how = dict(stratified=stratified, seed=self.seed)
        if self.method != "random":
            own = 0 if own_validation is None else len(own_validation)
            parts = deal_by_key(self, keys, len(labels), has_test, own)
        elif own_validation is None:
            parts = deal(labels, self.validation, test, **how)
        else:
            parts = deal_around(labels, own_validation, test, **how)
        count = self.training_size(len(parts.train))
        return parts if count == len(parts.train) else reduce_training(parts, labels, count, **how)

    def sizes(self, facts: "Facts") -> tuple[int, int, int]:
        """Return the sizes of the training, validation and test set of a dataset, before rows are
        left out by hand. Raises BadData if the method cannot be used for it.
        """
        rows, own = facts.rows, facts.validation_rows
        if self.method != "random":
            from core.data.parts import deal_by_key

            parts = deal_by_key(self, facts.keys, rows, bool(facts.test_rows), own)
            train, validation, test = map(len, (parts.train, parts.validation, parts.test))
            return self.training_size(train), validation, facts.test_rows or test
        validation = own or int(rows * self.validation + 0.5)
        test = facts.test_rows or int((rows - own) * self.test + 0.5)
        train = rows - validation - (0 if facts.test_rows else test)
        return self.training_size(train), validation, test

    def training_size(self, train: int) -> int:
        """Return how many of `train` training samples are used, at least one."""
        return max(int(train * self.fraction + 0.5), min(train, 1))
