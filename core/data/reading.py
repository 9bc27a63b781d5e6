"""Reading: how spreadsheets are to be understood, where a person knows better than the finder."""

from typing import Literal

from pydantic import Field

from core.spec import Value, ranged


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
        None, above=0, high=1e9, help="The value of full brightness, shown as 255."
    )
