"""Reading: how spreadsheets are interpreted, where the user overrides automatic detection."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from core.base.encoding import build
from core.base.spec import Value, ranged
from core.data.spreadsheet.encodings import ENCODINGS

# Fields in which a new file may differ from the training file without being other data.
OF_FILE = {"decimal", "encoding", "sheet", "na_words", "turn_sheet", "header"}
POSITIONS = ("auto", "first", "last", "none")  # values of `Reading.label_column` that are no names


class ColumnChoice(Value):
    """Choices for one column of a table; "auto" is detected from the file."""

    role: Literal["auto", "input", "label", "split", "split_key", "ignore"] = ranged(
        "auto",
        help="Whether the column is an input, the label, the part of the data that each row "
        "belongs to (split), what the rows are split by, such as a patient, a date or an "
        "identifier (split key), or is left out (ignore).",
        option_labels={"split_key": "Split key"},
    )
    missing: Literal[
        "auto",
        "rows",
        "mean",
        "median",
        "most_frequent",
        "mean_indicator",
        "median_indicator",
        "most_frequent_indicator",
    ] = ranged(
        "auto",
        label="Missing values",
        help="Leave out rows with a missing value, or fill it with the mean, the median or the "
        "most frequent value of the training rows. An indicator is one more input, which is 1 "
        "where the value was missing.",
        option_labels={
            "rows": "Leave rows out",
            "most_frequent": "Most frequent",
            "mean_indicator": "Mean + indicator",
            "median_indicator": "Median + indicator",
            "most_frequent_indicator": "Most frequent + indicator",
        },
    )
    text: Literal["auto", "one_hot", "ordinal", "ignore"] = ranged(
        "auto",
        label="Text",
        help="How values become numbers: one input per value (one-hot), or one number per value "
        "in sorted order (ordinal). Applies to columns of numbers too, if chosen.",
        option_labels={"one_hot": "One-hot", "ignore": "Leave out"},
    )
    missing_value: float | None = ranged(
        None,
        -1e300,
        1e300,
        label="Missing if",
        help="A number that marks missing values of this column, such as -999.",
    )

    @model_serializer(mode="wrap")
    def _without_unset(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave an unset `missing_value` out: digests of earlier datasets stay the same."""
        data = serialize(self)
        if data.get("missing_value", 0) is None:
            del data["missing_value"]
        return data


def current_name(form: object) -> object:
    """Return the row type, which files and commands of earlier versions may call differently."""
    return "images" if isinstance(form, str) and re.fullmatch("pictures", form) else form


class Reading(Value):
    """Choices for reading a file; fields left at their default are detected from the file.

    Part of a dataset's identity: another reading of the same files is another dataset.
    """

    transpose: bool = ranged(
        False,
        help="Swap rows and columns of each image, for files that store pixels by column, "
        "such as EMNIST.",
    )
    label_column: str = Field(
        "auto",
        max_length=200,
        description="For a single file: auto, first, last, none, or the name of the label column.",
    )
    shape: tuple[int, int, int] | None = Field(
        None, description="Channels, height and width of each image."
    )
    header: Literal["auto", "yes", "no"] = ranged(
        "auto", label="Header row", help="Whether the first row contains column names."
    )
    white: float | None = ranged(
        None, above=-1e9, high=1e9, help="The value of full brightness; it becomes 255."
    )
    black: float | None = ranged(
        None,
        above=-1e9,
        high=1e9,
        help="The value of black; it becomes 0. Default: 0.",
    )
    invert: bool = ranged(
        False, help="Swap dark and bright, for images that are dark on a bright background."
    )
    channels: Literal["auto", "planar", "interleaved"] = ranged(
        "auto",
        label="Colour order",
        help="Order of the colour values: one channel after the other (planar) or pixel by pixel "
        "(interleaved).",
    )
    form: Literal["auto", "images", "table"] = ranged(
        "auto", label="Row type", help="Whether each row is an image or a row of a table."
    )
    task: Literal["auto", "classes", "values"] = ranged(
        "auto",
        label="Label type",
        help="Whether labels are classes (classification) or values (regression).",
    )
    sheet: str = Field(
        "",
        max_length=200,
        description="Sheet to read from a workbook. If empty, the first sheet with values.",
    )

    columns: dict[str, ColumnChoice] = Field(
        {},
        description="Choices for single columns of a table, by name; by number, from 1, where "
        "there is no header or the name is empty or repeated.",
    )

    merge_classes: bool = ranged(
        False,
        help="Treat labels that differ only in upper and lower case or in spaces as one class.",
    )
    stray: Literal["keep", "clip", "rows"] = ranged(
        "keep",
        label="Stray pixel values",
        help="What happens to a few pixels outside the range of all others: keep them, clip them "
        "to the range, or leave out the images that contain them.",
        option_labels={"rows": "Leave images out"},
    )
    duplicates: Literal["keep", "remove"] = ranged(
        "keep", label="Repeated rows", help="Keep or remove rows that repeat an earlier one."
    )
    label_sheet: str = Field(
        "",
        max_length=200,
        description="Sheet with the labels, of the workbook with the labels or of the only one. If "
        "empty, the same as for the inputs.",
    )
    turn_sheet: bool = ranged(
        False,
        label="Turn the sheet",
        help="Swap rows and columns of the inputs, for a file with one column per sample.",
    )
    decimal: Literal["auto", "point", "comma"] = ranged(
        "auto",
        label="Decimal sign",
        help="Whether 1,059 is a whole number with a thousands separator (point) or a fraction "
        "(comma).",
    )
    test_file: Literal["use", "keep"] = ranged(
        "use",
        label="Test file",
        help="Whether a test file is used as the test set, or only stored with the dataset, such "
        "as one without labels. Part of the training data is then held out for testing.",
        option_labels={"use": "Use as test set", "keep": "Store without using it"},
    )
    swap: bool = ranged(
        False,
        label="Swap the two files",
        help="The first file contains the labels and the second one the inputs.",
    )

    encoding: Literal[
        "auto",
        *("cp1252", "cp1250", "cp1254", "cp1257", "mac_roman", "cp850", "cp1251", "koi8_r"),
        *("cp866", "cp1253", "cp1255", "cp1256", "cp874", "cp949", "cp932", "gb18030", "big5"),
    ] = ranged(
        "auto",
        help="Encoding of text files that are not UTF-8 or UTF-16.",
        option_labels={name: encoding.label for name, encoding in ENCODINGS.items()},
    )
    na_words: Literal["missing", "text"] = ranged(
        "missing",
        label="Words such as NA",
        help="Whether words such as NA, N/A, null and ? in columns of text are missing values, or "
        "texts like any other, such as a class.",
        option_labels={"missing": "Missing values", "text": "Text"},
    )

    @field_validator("columns")
    @classmethod
    def _without_defaults(cls, columns: dict[str, ColumnChoice]) -> dict[str, ColumnChoice]:
        """Sort the choices and drop those that leave everything to detection."""
        return {key: columns[key] for key in sorted(columns) if columns[key] != ColumnChoice()}

    @field_validator("form", mode="before")
    @classmethod
    def _read_earlier_name(cls, value: object) -> object:
        return current_name(value)

    @model_validator(mode="after")
    def _white_above_black(self) -> Self:
        black = self.black or 0.0
        if self.white is not None and self.white <= black:
            raise ValueError(
                f"white is {self.white:g} and black is {black:g}: white must be larger than black"
            )
        return self

    def for_labels(self) -> Self:
        """Return the choices for reading the file or the sheet with the labels."""
        return self.model_copy(
            update={"sheet": self.label_sheet or self.sheet, "turn_sheet": False}
        )

    def changes(self) -> dict[str, Any]:
        """Return the fields that the user chose, as JSON data; the others are detected."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def with_changes(self, changes: Mapping[str, Any]) -> Self:
        """Return a validated copy with these fields replaced, as the action of a finding asks for.

        Of "columns", only the named fields of the named columns are replaced. Raises BadExperiment.
        """
        data = self.model_dump()
        columns = dict(data["columns"])
        for key, choice in changes.get("columns", {}).items():
            columns[key] = {**columns.get(key, {}), **choice}
        return build(type(self), {**data, **changes, "columns": columns})
