"""Parts: the training, validation and test set of a dataset. They are drawn in `dealing.py` and
`dealing_by_key.py`.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from core.base.errors import BadData
from core.base.text import clip, counted, join_words
from core.data import dealing, dealing_by_key
from core.data.split_keys import SplitKeys

if TYPE_CHECKING:
    from core.data.split import Split


@dataclass(frozen=True)
class Parts:
    """Sorted indices into the samples, (n,) int64, each sample at most once.

    `test` is empty if the dataset has its own test set. `dropped` are the samples of the training
    set that are left out.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    dropped: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def without(self, rows: np.ndarray) -> Self:
        """Return the parts without these samples. Raises BadData if no training sample is left."""
        train, validation, test = (
            np.setdiff1d(part, rows, assume_unique=True)
            for part in (self.train, self.validation, self.test)
        )
        if not len(train):
            raise BadData(
                f"All {counted(len(self.train), 'training sample')} are dropped. Restore some of "
                "them, or use the dataset without corrections.",
                code="no_training_data",
            )
        return type(self)(train, validation, test, np.intersect1d(self.train, rows))


def deal(
    labels: np.ndarray, validation: float, test: float, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """Split samples with these labels (N,) into parts of the rounded fractions of N, as
    `dealing.deal` does. Raises BadData if the training set would be empty.
    """
    _require_training(len(labels), validation, test)
    return Parts(*dealing.deal(labels, validation, test, stratified=stratified, seed=seed))


def deal_around(
    labels: np.ndarray,
    validation: np.ndarray,
    test: float,
    *,
    stratified: bool = True,
    seed: int = 0,
) -> Parts:
    """Split samples of which the sorted indices `validation` are the validation set; `test` is the
    fraction of the others that is held out for testing. Raises BadData as `deal` does.
    """
    _require_training(len(labels) - len(validation), 0.0, test)
    return Parts(*dealing.deal_around(labels, validation, test, stratified=stratified, seed=seed))


@lru_cache(maxsize=8)
def deal_by_key(
    split: "Split", keys: SplitKeys | None, rows: int, has_test: bool, own_validation: int
) -> Parts:
    """Split `rows` samples with these keys by the method of the split, which is not "random".

    `own_validation` counts the samples that the dataset itself assigns to the validation set.
    Raises BadData if the method cannot be used for these samples.
    """
    if own_validation:
        raise BadData(
            f"The dataset assigns {counted(own_validation, 'row')} to the validation set itself, "
            "so it cannot be split by groups, time or hash. Choose the method Random, or ignore "
            "the column with the parts.",
            code="split_has_parts",
        )
    fractions = split.validation, 0.0 if has_test else split.test
    held = [int(rows * fraction + 0.5) for fraction in fractions]
    _require_training(rows, *fractions)
    if split.method == "hash":
        if keys is None:
            names, codes = np.arange(1, rows + 1), np.arange(rows)
        else:
            names, codes = keys.values, keys.codes
        places = dealing_by_key.hash_places(names, split.seed)[codes]
        parts = Parts(*dealing_by_key.deal_hashed(places, *fractions))
        _require_hashed(parts, held)
        return parts
    _require_keys(split.method, keys, 1 + sum(map(bool, held)))
    if split.method == "time":
        return Parts(*dealing_by_key.deal_in_order(keys.codes, *fractions))
    return Parts(*dealing_by_key.deal_groups(keys.codes, *fractions, seed=split.seed))


def reduce_training(
    parts: Parts, labels: np.ndarray, count: int, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """Return the parts with only `count` training samples, as `dealing.reduce_training` does."""
    train = dealing.reduce_training(parts.train, labels, count, stratified=stratified, seed=seed)
    return Parts(train, parts.validation, parts.test)


def _require_training(total: int, validation: float, test: float) -> None:
    held = [int(total * fraction + 0.5) for fraction in (validation, test)]
    if total - sum(held) < 1:
        raise BadData(
            f"{counted(total, 'sample')} with {held[0]} for validation and {held[1]} for testing "
            "leave none for training. Add samples or reduce these fractions.",
            code="no_training_data",
        )


def _require_keys(method: str, keys: SplitKeys | None, parts: int) -> None:
    """Raise BadData unless these keys can be split into so many parts."""
    use = "groups" if method == "groups" else "times"
    if keys is None:
        raise BadData(
            f"The dataset has no column with the {use} to split by. Choose the role Split key for "
            "a column in its table of columns and check the file again, or choose the method "
            "Random.",
            code="split_needs_key",
        )
    if method == "time" and not keys.ordered:
        example = next((v for v in keys.values.tolist() if not _starts_with_digit(v)), "")
        raise BadData(
            f"The split by time needs numbers or dates such as 2024-12-31 or 31.12.2024, all of "
            f"one kind, but {clip(keys.column)} has {clip(example or str(keys.values[0]))!r}. "
            "Rewrite this column, choose another split key, or choose the method By groups.",
            code="split_no_times",
        )
    if (distinct := len(np.unique(keys.codes))) < parts:
        raise BadData(
            f"{clip(keys.column)} has {counted(distinct, 'different value')}, and rows with the "
            f"same value stay together, so they cannot be split into {parts} parts. Choose another "
            "split key, set a fraction to 0, or choose the method Random.",
            code="split_too_few_keys",
        )


def _starts_with_digit(text: str) -> bool:
    return text[:1].isdecimal()


def _require_hashed(parts: Parts, held: list[int]) -> None:
    """Raise BadData if a part that should have samples got none by the hash."""
    sizes = {"training": (parts.train, 1), "validation": (parts.validation, held[0])}
    sizes["test"] = (parts.test, held[1])
    if empty := [name for name, (part, wanted) in sizes.items() if wanted and not len(part)]:
        raise BadData(
            f"The split by hash leaves the {join_words(empty)} set without a row. Choose another "
            "split seed, larger fractions, or the method Random.",
            code="split_empty_part",
        )
