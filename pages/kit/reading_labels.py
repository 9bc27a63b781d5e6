"""Labels of other readings of a file: what a button does that reads it another way."""

from typing import Any

from core.data.inspection.shapes import format_image_shape
from core.data.spreadsheet.encodings import ENCODINGS

_LABELS = {
    ("turn_sheet", True): "Swap rows and columns",
    ("decimal", "point"): "Commas separate thousands",
    ("decimal", "comma"): "Commas are decimal signs",
    ("na_words", "text"): "Read words such as NA as text",
    ("swap", True): "Swap the two files",
    ("test_file", "keep"): "Hold out part of the training data",
    ("form", "table"): "Read as a table",
    ("form", "images"): "Read as images",
    ("task", "classes"): "Read labels as classes",
    ("task", "values"): "Read labels as values",
    ("label_column", "first"): "Use the first column as labels",
    ("label_column", "last"): "Use the last column as labels",
    ("label_column", "auto"): "Detect the label column",
}


def reading_label(change: dict[str, Any]) -> str:
    """Return the label of the button that changes one field of the reading."""
    name, value = next(iter(change.items()))
    if list(change) == ["sheet"]:
        return f"Read sheet {value}"
    if "label_sheet" in change:
        return f"Read labels from sheet {change['label_sheet']}"
    if name == "encoding":
        return f"Read as {ENCODINGS[value].label}"
    if name == "shape":
        return f"Read as images of {format_image_shape(value)}"
    return _LABELS.get((name, value), f"Set {name.replace('_', ' ')} to {value}")
