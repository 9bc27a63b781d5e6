"""Samples: inputs with their targets, as plain numpy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from core.base.numbers import short
from core.data.dataset import Facts
from core.data.gaps import Fill, fill_gaps, fit_fills
from core.data.split_keys import SplitKeys

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Corrections:
    """What a person corrected: the `original` targets (N,), the rows that have another label now
    (whether it differs or not), and the rows that are in no part.
    """

    original: np.ndarray
    relabeled: np.ndarray
    dropped: np.ndarray


@dataclass(frozen=True)
class Samples:
    """Inputs and targets, with the official test samples if the dataset has any.

    Image `inputs` (N, C, H, W) are uint8, or float32 on the same scale (0 is black, 255 is white)
    if the source is finer or exceeds that range. Table `inputs` (N, F) are float32. They may be
    memory-mapped. With `classes`, `targets` (N,) are int64 indices into them; without, `targets`
    (N,) are float32 values to predict. `columns` names the F inputs of a table, if known.
    `test_inputs` and `test_targets` have the same form, or are both None. `validation` holds the
    sorted indices of the samples that the dataset itself assigns to the validation set, if it does.
    `row_numbers` (N,) and `test_row_numbers` are the rows of the samples in their spreadsheets,
    where these differ from 1, 2, …: a header counts, and rows may have been left out.
    `fills` say how missing values (NaN) of a table are filled; there are none elsewhere.
    `keys` (N,) are the values of the column by which the samples can be split.
    `corrections` describe how `targets` differ from those of the dataset. `start` are the weights
    by name that a training on these samples starts from, if its experiment names some
    (`core.training.inputs.load_inputs`).
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    classes: tuple[str, ...]
    test_inputs: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    columns: tuple[str, ...] = ()
    validation: np.ndarray | None = None
    row_numbers: np.ndarray | None = None
    test_row_numbers: np.ndarray | None = None
    fills: tuple[Fill, ...] = ()
    corrections: Corrections | None = None
    keys: SplitKeys | None = None
    start: Mapping[str, "Tensor"] | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of an image, or (F,) of a table row."""
        return tuple(self.inputs.shape[1:])

    @property
    def outputs(self) -> int:
        """Number of network outputs per input: one per class, or one for a value."""
        return len(self.classes) or 1

    @property
    def facts(self) -> Facts:
        """Its facts, which are also known before it is loaded."""
        test_rows = 0 if self.test_inputs is None else len(self.test_inputs)
        validation_rows = 0 if self.validation is None else len(self.validation)
        dropped = 0 if self.corrections is None else len(self.corrections.dropped)
        counts = (len(self), test_rows, validation_rows, dropped)
        return Facts(self.shape, self.classes, *counts, keys=self.keys)

    @property
    def has_test(self) -> bool:
        """Whether the dataset has its own test samples."""
        return self.test_inputs is not None

    def numbers_of(self, rows: np.ndarray, *, of_test: bool = False) -> list[int]:
        """Return the spreadsheet's numbers of samples (n,), or of samples `of_test`."""
        numbers = self.test_row_numbers if of_test else self.row_numbers
        return (np.asarray(rows) + 1 if numbers is None else numbers[rows]).tolist()

    def fill_values(self, train: np.ndarray) -> np.ndarray:
        """Return the values (F,) that fill gaps, fitted to the training rows `train` (n,)."""
        return fit_fills(self.inputs, train, self.fills)

    def describe_fills(self, train: np.ndarray) -> list[tuple[str, str, str]]:
        """Return column, strategy and value of each fill, fitted to the rows `train` (n,): "age",
        "median", "38". The value of a one-hot encoded text is the text.
        """
        values, described = self.fill_values(train), []
        for fill in self.fills:
            most = fill.start + int(values[fill.start : fill.start + fill.width].argmax())
            name = self.columns[most] if self.columns else f"column {fill.start + 1}"
            value = short(float(values[fill.start]), 4)
            if fill.width > 1:
                name, _, value = name.partition("=")
            described.append((name, fill.strategy.replace("_", " "), value))
        return described

    def filled(self, train: np.ndarray) -> Self:
        """Return the samples without gaps, filled with values of the training rows `train` (n,)."""
        if not self.fills:
            return self
        values = self.fill_values(train)
        test = None if self.test_inputs is None else fill_gaps(self.test_inputs, values)
        inputs = fill_gaps(self.inputs, values)
        return replace(self, inputs=inputs, test_inputs=test, fills=())


def fill_like(new: Samples, training: Samples, rows: np.ndarray) -> np.ndarray:
    """Return inputs with their gaps filled with values of the training set: the `rows` (n,) of the
    samples that it is a part of.
    """
    if not new.fills:
        return new.inputs
    return fill_gaps(new.inputs, fit_fills(training.inputs, rows, new.fills))
