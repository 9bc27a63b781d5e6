"""Reading: how spreadsheets are to be understood, where a person knows better than the finder."""

from typing import Literal, Self

from pydantic import Field, model_validator

from core.base.spec import Value, ranged


class Reading(Value):
    """What is left at its default is found.

    Part of a set's identity: another reading is another set.
    """

    transpose: bool = ranged(
        False, help="Pixels are stored column by column (EMNIST, Arabic digits): turn each picture."
    )
    label_column: str = Field(
        "auto",
        max_length=200,
        description="In one file with labels: auto, first, last, none, or the column's name.",
    )
    shape: tuple[int, int, int] | None = Field(
        None, description="Channels, height and width of one picture."
    )
    header: Literal["auto", "yes", "no"] = ranged("auto", help="Whether the first row holds names.")
    white: float | None = ranged(
        None, above=-1e9, high=1e9, help="The value of full brightness, shown as 255."
    )
    black: float | None = ranged(
        None,
        above=-1e9,
        high=1e9,
        help="The value of darkness, shown as 0; 0 where nothing is said.",
    )
    invert: bool = ranged(
        False, help="Signs are dark on a bright ground: swap dark and bright in each picture."
    )
    channels: Literal["auto", "planar", "interleaved"] = ranged(
        "auto",
        help="Colours one after the other (planar: all red, all green, all blue) or together in "
        "each pixel (interleaved).",
    )
    form: Literal["auto", "pictures", "table"] = ranged(
        "auto", help="Whether a row is a picture, or numbers that are no picture."
    )
    task: Literal["auto", "classes", "values"] = ranged(
        "auto", help="Whether the labels are classes to tell apart, or values to predict."
    )
    sheet: str = Field(
        "",
        max_length=200,
        description="Of a workbook with several sheets the one to read, by its name; the first "
        "with values where empty.",
    )

    @model_validator(mode="after")
    def _bright_above_dark(self) -> Self:
        black = self.black or 0.0
        if self.white is not None and self.white <= black:
            raise ValueError(
                f"white is {self.white:g} and black {black:g}: make white the larger one"
            )
        return self
