"""Reading: how spreadsheets are interpreted, where the user overrides automatic detection."""

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.spec import Value, ranged


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

    @field_validator("form", mode="before")
    @classmethod
    def _read_earlier_name(cls, value: object) -> object:
        is_earlier = isinstance(value, str) and re.fullmatch("pictures", value)
        return "images" if is_earlier else value  # the name in files of earlier versions

    @model_validator(mode="after")
    def _white_above_black(self) -> Self:
        black = self.black or 0.0
        if self.white is not None and self.white <= black:
            raise ValueError(
                f"white is {self.white:g} and black is {black:g}: white must be larger than black"
            )
        return self
