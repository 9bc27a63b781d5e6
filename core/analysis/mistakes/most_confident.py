"""Mistakes: the samples that a network classifies wrongly, most confident first, and why."""

from typing import Any, ClassVar, Literal

import numpy as np

from core.analysis.analysis import Analysis, Answering, Result, predicting
from core.analysis.mistakes.influence import column_influences
from core.analysis.mistakes.neighbours import affordable, nearest_training_samples
from core.analysis.mistakes.suits import needs_classes
from core.analysis.trained import Outputs, TrainedRun
from core.base.numbers import MISSING, exact, percent, readable, short, whole
from core.base.text import aligned, clip, counted
from core.data.dataset import Facts

KEPT = 20_000  # mistakes of a result
RIGHT = 24  # samples of each class that are right, the least certain ones
COLUMNS = 5  # most influential columns of a row
LISTED = 10  # mistakes that a terminal lists


class Mistakes(Analysis):
    """The misclassified samples of one part, most confident first. Each has the three training
    samples that are nearest in the last hidden layer; a table row also has the columns that favour
    the predicted class over the true one most: gradient × input, measured from the training mean
    (Shrikumar et al. 2016). Then the correct samples of each class that are least certain.
    """

    kind: Literal["mistakes"] = "mistakes"
    label: ClassVar[str] = "Mistakes"
    technique: ClassVar[str] = "V6"
    source: ClassVar[str] = "Shrikumar et al. 2016"
    version: ClassVar[int] = 2
    is_quick: ClassVar[bool] = True
    place: ClassVar[int] = 4
    part: Literal["train", "validation", "test"] = "test"

    def unsuitable(self, facts: Facts) -> str:
        return needs_classes(facts)

    def answer(self, trained: TrainedRun) -> Answering:
        outputs = yield from predicting(trained, self.part, end=0.3)
        chosen = select(outputs)
        width = outputs.hidden.shape[1]
        explained = chosen[: affordable(len(trained.part("train")), width)]
        own = explained if self.part == "train" else None
        search = nearest_training_samples(trained, outputs.hidden[explained], own)
        while True:
            try:
                done = next(search)
            except StopIteration as end:
                neighbours, distances = end.value
                break
            yield 0.3 + 0.6 * done, "Comparing with the training samples"
        is_table = len(trained.data.shape) == 1
        if is_table:
            yield 0.9, "Attributing the mistakes to columns"
        probabilities = outputs.probabilities
        rows = trained.dataset_rows(self.part)[chosen]
        near = trained.dataset_rows("train")[neighbours]
        return {
            "part": self.part,
            "names": list(trained.classes),
            "samples": len(outputs.targets),
            "wrong": int((outputs.predicted != outputs.targets).sum()),
            "rows": rows.tolist(),
            "row_numbers": trained.row_numbers(self.part, rows),
            "true": outputs.targets[chosen].tolist(),
            "predicted": outputs.predicted[chosen].tolist(),
            "probability": np.round(probabilities[chosen].max(1), 6).tolist(),
            "probability_of_true": np.round(
                probabilities[chosen, outputs.targets[chosen]], 6
            ).tolist(),
            "neighbours": near.tolist(),
            "neighbour_numbers": trained.row_numbers("train", near),
            "neighbour_classes": trained.part("train").targets.cpu().numpy()[neighbours].tolist(),
            "distances": [[float(f"{d:.4g}") for d in row] for row in distances],
            "columns": self._columns(trained, outputs, explained) if is_table else [],
            "column_names": list(trained.data.columns) if is_table else [],
        }

    def _columns(
        self, trained: TrainedRun, outputs: Outputs, rows: np.ndarray
    ) -> list[list[tuple[int, float, float]]]:
        """Return the number, value and influence of the most influential columns of each row."""
        predicted = outputs.predicted[rows]
        others = np.where(
            predicted == outputs.targets[rows],
            np.argsort(outputs.scores[rows], axis=1)[:, -2],
            outputs.targets[rows],
        )
        pairs = np.stack([predicted, others], 1)
        influences = column_influences(trained, self.part, rows, pairs)
        return most_influential(influences, trained.inputs(self.part, rows))

    def lines(self, result: Result) -> list[str]:
        names = [clip(name) for name in result["names"]]
        rows = [("Row", "True class", "Predicted", "Probability", "Nearest training samples")]
        for i in range(min(result["wrong"], len(result["rows"]), LISTED)):
            near = ", ".join(
                f"{names[c]} ({short(d)})"
                for c, d in zip(result["neighbour_classes"][i], result["distances"][i], strict=True)
            )
            truth, guess = (names[result[key][i]] for key in ("true", "predicted"))
            probability = percent(result["probability"][i])
            rows.append(
                (whole(result["row_numbers"][i]), truth, guess, probability, near or MISSING)
            )
            if result["columns"]:
                rows.append(("", "", "", "", describe_columns(result, i)))
        share = f"{counted(result['wrong'], 'mistake')} on {counted(result['samples'], 'sample')}"
        if len(rows) == 1:
            return [share]
        return [f"{share}. The most confident:", *aligned(rows)]


def select(outputs: Outputs) -> np.ndarray:
    """Return the samples of a result: the mistakes, most confident first, then up to RIGHT correct
    samples of each class, least certain first.
    """
    confidence, wrong = outputs.probabilities.max(1), outputs.predicted != outputs.targets
    order = np.argsort(-confidence, kind="stable")
    mistakes = order[wrong[order]][:KEPT]
    right = order[~wrong[order]][::-1]
    classes = outputs.targets[right]
    by_class = [right[classes == c][:RIGHT] for c in np.unique(classes)]
    return np.concatenate([mistakes, *by_class])


def most_influential(
    influences: np.ndarray, inputs: np.ndarray
) -> list[list[tuple[int, float, float]]]:
    """Return (column, value, influence) of the COLUMNS inputs of each row (n, F) with the largest
    absolute influence.
    """
    order = np.argsort(-np.abs(influences), axis=1, kind="stable")[:, :COLUMNS]
    return [
        [(int(j), float(exact(float(x[j]))), float(f"{a[j]:.4g}")) for j in columns]
        for columns, x, a in zip(order, inputs, influences, strict=True)
    ]


def describe_columns(result: dict[str, Any], sample: int) -> str:
    """Return the most influential columns of a sample with values and influences as text."""
    names = result["column_names"]
    return ", ".join(
        f"{clip(names[j]) if names else f'column {j + 1}'} = {exact(value).replace('-', '−', 1)} "
        f"({'+' * (influence > 0)}{signed(influence)})"
        for j, value, influence in result["columns"][sample]
    )


def signed(value: float, digits: int = 2) -> str:
    """Return a value as `readable` with a minus sign instead of a hyphen; exponents keep theirs.

    >>> signed(-0.25), signed(2e-5), signed(-1234567).split()
    ('−0.25', '2e-5', ['−1', '234', '567'])
    """
    return f"{'−' * (value < 0)}{readable(abs(value), digits)}"
