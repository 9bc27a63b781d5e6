"""The command that answers for new inputs with a finished run."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.files import write_atomic
from core.base.numbers import percent, readable
from core.base.text import aligned, clip, counted
from core.commands.inspection import SIGNS
from core.commands.options import reading_from, renames_from, suggesting_options
from core.commands.requested import Answer
from core.commands.terminal import Terminal
from core.runs.store import Store

if TYPE_CHECKING:
    from core.predict.inputs import Inputs
    from core.predict.prediction import Prediction, Predictions

LISTED = 40  # answers that a terminal shows
READING, COMPARED = 0.5, 0.8  # fractions of the time until the files and the run are prepared


def predict(arguments: Namespace, terminal: Terminal) -> Answer:
    """Answer for images, archives and folders of images, or a spreadsheet without labels."""
    from core.analysis.inside.familiarity import Familiarity
    from core.analysis.results import ask
    from core.analysis.trained import TrainedRun
    from core.export.predictions import check_goal
    from core.predict.inputs import read_inputs
    from core.predict.predictor import Predictor

    goal = Path(arguments.to) if arguments.to else None
    if goal:
        check_goal(goal)
    store = Store()
    run = store.find(arguments.run)
    trained = TrainedRun(store, run, arguments.device or "")
    predictor = Predictor(trained)
    with suggesting_options():
        inputs = read_inputs(
            predictor,
            [Path(file) for file in arguments.files],
            reading=reading_from(arguments),
            renamed=renames_from(arguments),
            progress=lambda fraction: terminal.progress(READING * fraction, "Reading the files"),
        )
    if not predictor.is_compared:
        ask(
            trained,
            Familiarity(),
            lambda done, note: terminal.progress(READING + (COMPARED - READING) * done, note),
        )
    predictions = predictor.predict(
        inputs.values,
        inputs.names,
        progress=lambda done: terminal.progress(COMPARED + (1 - COMPARED) * done, "Predicting"),
    )
    terminal.progress(1.0)
    terminal.print(*(f"{SIGNS[finding.level]} {finding.text}" for finding in inputs.findings))
    _print_answers(predictions, terminal, is_saved=goal is not None)
    if goal:
        _write(goal, inputs, predictions)
        terminal.print(f"{counted(len(inputs), 'answer')} saved as {goal}.")
    return {
        "run": run,
        "answers": [_plain(p, predictions.classes) for p in predictions],
        "identifiers": {title: cells.tolist() for title, cells in inputs.identifiers.items()},
        "changes": [[finding.code for finding in steps] for steps in inputs.steps],
        "problems": [{"input": name, "message": message} for name, message in inputs.problems],
        "findings": [asdict(finding) for finding in inputs.findings],
        "file": str(goal or ""),
    }


def _print_answers(predictions: "Predictions", terminal: Terminal, *, is_saved: bool) -> None:
    rows = []
    for row in range(min(LISTED, len(predictions))):
        prediction = predictions[row]
        tops = [
            f"{clip(predictions.classes[number])} {percent(prediction.probabilities[number])}"
            for number in prediction.top
        ]
        warning = "unlike anything in the training set" * bool(prediction.is_unfamiliar)
        rows.append([clip(prediction.name), *(tops or [readable(prediction.answer)]), warning])
    terminal.print(*aligned(rows))
    if len(predictions) > LISTED:
        more = counted(len(predictions) - LISTED, "more answer")
        way = "" if is_saved else " Save all of them with --to answers.csv."
        terminal.print(f"… and {more}.{way}")


def _plain(prediction: "Prediction", classes: tuple[str, ...]) -> dict[str, Any]:
    """Return an answer as JSON data."""
    return {
        "input": prediction.name,
        "answer": prediction.label if classes else prediction.answer,
        "probability": prediction.probability,
        "top": [[classes[c], prediction.probabilities[c]] for c in prediction.top],
        "unlike_training_set": prediction.is_unfamiliar,
        "distance": prediction.distance,
        "nearest": list(prediction.nearest),
    }


def _write(goal: Path, inputs: "Inputs", predictions: "Predictions") -> None:
    from core.export.predictions import answers_csv, answers_xlsx

    if goal.suffix.lower() == ".csv":
        content = answers_csv(inputs, predictions).encode()
    else:
        content = answers_xlsx(inputs, predictions)
    write_atomic(goal, lambda file: file.write(content))
