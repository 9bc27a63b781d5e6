"""The spreadsheet of a study's points holds every number of every seed, to the last digit."""

import csv
import io
from math import inf

from core.descent.point import CurvePoint
from core.export.points import points_csv

ONE = CurvePoint(
    8, 85, 500, 100, 1e-3, True, (0.1, 0.2), (0.0, 0.5), (1 / 3, inf), (0.25, 0.75), (6.0, 7.0),
    0.4, 0.5, 0.05,
)  # fmt: skip


def test_a_row_for_each_seed_with_all_its_numbers():
    rows = list(csv.DictReader(io.StringIO(points_csv([ONE]))))
    assert [row["seed"] for row in rows] == ["0", "1"]
    for seed, row in enumerate(rows):
        for name in ("train_loss", "train_error", "test_loss", "test_error", "norm"):
            assert float(row[name]) == getattr(ONE, name)[seed]
        for name in ("width", "parameters", "samples", "steps", "control", "ensemble_loss"):
            assert float(row[name]) == getattr(ONE, name)
        assert row["last"] == "True"
    assert points_csv([]).count("\n") == 1
