"""A run that reads digits, and twenty drawings of digits."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.analysis.inside.familiarity import Familiarity
from core.analysis.results import ask
from core.analysis.trained import TrainedRun
from core.predict.predictor import Predictor
from core.predict.strokes import render

DRAWINGS = Path(__file__).parents[2] / "data" / "drawings.json"


@dataclass(frozen=True)
class Drawing:
    """Ink (280, 280) from 0 to 1, and the digit that it shows. Pen, place, size, slant and
    handwriting differ.
    """

    digit: int
    ink: np.ndarray


@pytest.fixture(scope="session")
def drawings() -> list[Drawing]:
    """Twenty drawings as strokes of a pen; no sample of a dataset is among them."""
    stored = json.loads(DRAWINGS.read_text())
    return [Drawing(d["digit"], render(d["strokes"], pen=d["pen"])) for d in stored]


@pytest.fixture(scope="session")
def predictor(digits_run: TrainedRun) -> Predictor:
    """The digits, with the training samples compared."""
    ask(digits_run, Familiarity())
    return Predictor(digits_run)


def answers(predictor: Predictor, inks: list[np.ndarray]) -> list[int | float]:
    """The answers for drawings."""
    images = np.stack([predictor.form.prepare_drawing(ink).pixels for ink in inks])
    return [prediction.answer for prediction in predictor.predict(images)]
