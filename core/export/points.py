"""The points of a study as a spreadsheet: one row per model and seed, with unrounded numbers."""

import csv
import io
from collections.abc import Sequence

from core.descent.point import CurvePoint

PLACE = ("width", "parameters", "samples", "steps", "control", "last")
SEEDS = ("train_loss", "train_error", "test_loss", "test_error", "norm")
CHOSEN_BY = ("validation_loss", "validation_error")  # of ordinary runs only
TOGETHER = ("ensemble_loss", "ensemble_error", "variance")


def points_csv(points: Sequence[CurvePoint]) -> str:
    """Return UTF-8 text with a header; values shared by all seeds are repeated in each of their
    rows.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*PLACE, "seed", *SEEDS, *TOGETHER, *CHOSEN_BY])
    for point in points:
        place, together = ([getattr(point, name) for name in names] for names in (PLACE, TOGETHER))
        for seed in range(len(point.norm)):
            own = [getattr(point, name)[seed] for name in SEEDS]
            validation = [
                values[seed] if (values := getattr(point, name)) else None for name in CHOSEN_BY
            ]
            writer.writerow([*place, seed, *own, *together, *validation])
    return text.getvalue()
