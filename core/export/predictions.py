"""Answers for new inputs as a spreadsheet: one row for each input."""

from pathlib import Path
from typing import Any

from core.base.cells import csv_text, xlsx_content
from core.base.errors import BadInput, NotFound
from core.predict.inputs import Inputs
from core.predict.prediction import Prediction, Predictions

SUFFIXES = (".csv", ".xlsx")


def check_goal(path: Path) -> None:
    """Raise BadInput for a file that is neither CSV nor XLSX, NotFound without its folder."""
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(
            f"Answers cannot be saved as {path.name}. Choose a name that ends in "
            f"{' or '.join(SUFFIXES)}.",
            code="unknown_format",
        )
    if not path.parent.is_dir():
        raise NotFound(
            f"The folder {path.parent} does not exist, so {path.name} cannot be saved there. "
            "Create it, or choose another one.",
            code="folder_not_found",
        )


def answers_csv(inputs: Inputs, predictions: Predictions) -> str:
    """Return the answers as a CSV file."""
    return csv_text(*answer_rows(inputs, predictions))


def answers_xlsx(inputs: Inputs, predictions: Predictions) -> bytes:
    """Return the answers as a workbook."""
    return xlsx_content(*answer_rows(inputs, predictions))


def answer_rows(inputs: Inputs, predictions: Predictions) -> tuple[list[str], list[list[Any]]]:
    """Return titles and rows: the name of each input, the identifiers of its row, its answer, the
    most probable classes with their probabilities, whether it is unlike the training set, and the
    codes of what was changed in an image. Images that cannot be read come last, with the reason.
    """
    tops = min(3, len(predictions.classes))
    identifiers = [cells.tolist() for cells in inputs.identifiers.values()]
    head = ["input", *inputs.identifiers, "answer", *["probability"] * bool(tops)]
    for place in ("second", "third")[: max(tops - 1, 0)]:
        head += [place, f"{place}_probability"]
    known = predictions.distances is not None
    head += ["unlike_training_set", "distance"] * known
    head += ["changes"] * any(inputs.steps) + ["problem"] * bool(inputs.problems)
    rows = []
    for index, prediction in enumerate(predictions):
        row = [prediction.name, *(cells[index] for cells in identifiers)]
        row += _answer(prediction, predictions.classes)
        if known:
            row += ["yes" if prediction.is_unfamiliar else "no", _digits(prediction.distance)]
        if any(inputs.steps):
            row.append(" ".join(finding.code for finding in inputs.steps[index]))
        rows.append(row + [None] * (len(head) - len(row)))
    for name, problem in inputs.problems:
        rows.append([name, *[None] * (len(head) - 2), problem])
    return head, rows


def _answer(prediction: Prediction, classes: tuple[str, ...]) -> list[Any]:
    if not prediction.top:
        return [_digits(prediction.answer)]
    cells: list[Any] = []
    for number in prediction.top:
        cells += [classes[number], round(prediction.probabilities[number], 4)]
    return cells


def _digits(value: float) -> float:
    """Return a value with the digits that float32 carries."""
    return float(f"{value:.7g}")
