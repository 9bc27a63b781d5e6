"""The curves and layers of a run as spreadsheets: every measurement with its numbers."""

import csv
import io

from core.base.events import Probe, to_json
from core.export.curves import curves_csv, layers_csv
from core.runs.history import History
from tests.conftest import LAYERS, script


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_step_and_each_measured_layer_has_a_row() -> None:
    history = History()
    history.add(map(to_json, script()))
    steps = read(curves_csv(history))
    assert [float(row["loss"]) for row in steps] == [float(f"{v:.7g}") for v in history.losses]
    probes = [event for event in script() if isinstance(event, Probe)]
    rows = read(layers_csv(history))
    for layer in LAYERS:
        for quantity in ("gradient", "weight", "update"):
            shown = [float(row[quantity]) for row in rows if row["layer"] == layer]
            assert shown == [float(f"{getattr(p, quantity)[layer]:.7g}") for p in probes]
