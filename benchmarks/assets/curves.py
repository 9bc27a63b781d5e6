"""The loss of each ready-made experiment whose data is included, for the cards of Start, and the
test error of random features by their number.

    python -m benchmarks.assets.curves [name …]

Trains them on the processor and writes assets/curves.json: for each name the training and the
validation loss by epoch (at most 60 epochs, evenly spaced), why the run ended, its epochs and the
seconds that it took. Experiments whose data would be downloaded are left out.
"""

import json
import sys
import tempfile
from math import isfinite, log10
from pathlib import Path

from core.base.encoding import change
from core.base.events import Ended, Epoch, Event, Started, Step

from core.experiment import Experiment, shipped
from core.figures.descent.lines import View, rows
from core.figures.thumbnails import STUDY
from core.studies import study as studies
from core.studies.folder import Studies
from core.studies.records import Record, curve
from core.studies.sweeps import create, execute
from core.training.inputs import load_inputs
from core.training.loop import train

RESULT = Path(__file__).parents[2] / "assets" / "curves.json"
NO_HOME = Path("/nowhere")  # the data is included or generated
MOST = 60  # epochs of a curve


def main(names: list[str]) -> None:
    curves = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for name, experiment in shipped().items():
        if experiment.data.is_available(NO_HOME) and (not names or name in names):
            curves[name] = record(experiment)
            print(name, {key: curves[name][key] for key in ("reason", "epochs", "seconds")})
    if not names or STUDY in names:
        curves[STUDY] = record_study()
    lines = [f"{json.dumps(name)}: {json.dumps(curve)}" for name, curve in sorted(curves.items())]
    RESULT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def record_study() -> dict[str, object]:
    """Compute the quick study of random features and return its main curve."""
    study = change(studies.shipped()["random-features"], "base.data", {"kind": "digits"})
    study = change(study, "method.ridges", [0.0])
    with tempfile.TemporaryDirectory() as home:
        study_id = create(Path(home), study)
        end = execute(Path(home), study_id, processes=1)
        events, _ = Studies(Path(home)).events(study_id)
    points = curve([event for event in events if isinstance(event, Record)])
    line = rows(points, View(features=True, unit="N")).main
    return {
        "epoch": [round(log10(x), 3) for x in line.x],  # the axis of model size is logarithmic
        "train": [None if y is None else float(f"{y:.3g}") for y in line.train],
        "validation": [None if y is None else float(f"{y:.3g}") for y in line.test],
        "best": None,
        "reason": end.reason,
        "epochs": len(line.x),
        "seconds": round(end.seconds, 1),
    }


def record(experiment: Experiment) -> dict[str, object]:
    """Train the experiment and return its curves."""
    chosen = experiment.model_copy(update={"device": "cpu"})
    events = list(train(chosen, load_inputs(experiment, NO_HOME)))
    epochs = [event for event in events if isinstance(event, Epoch) and event.validation]
    end = next(event for event in reversed(events) if isinstance(event, Ended))
    if not epochs:
        return {"best": None, "reason": end.reason, "epochs": 0, "seconds": 0.0} | steps(events)
    step = max(1, -(-len(epochs) // MOST))
    shown = epochs[::-1][::step][::-1]  # with the last one
    return {
        "epoch": [epoch.epoch for epoch in shown],
        "train": [float(f"{epoch.train['loss']:.3g}") for epoch in shown],
        "validation": [float(f"{epoch.validation['loss']:.3g}") for epoch in shown],
        "best": end.best_epoch,
        "reason": end.reason,
        "epochs": end.epochs,
        "seconds": round(end.seconds, 1),
    }


def steps(events: list[Event]) -> dict[str, list]:
    """Return the training loss of a run that diverged before its first epoch, by the fraction of an
    epoch.
    """
    started = next(event for event in events if isinstance(event, Started))
    losses = [loss for event in events if isinstance(event, Step) for loss in event.losses]
    return {
        "epoch": [float(f"{k / started.epoch_steps:.3g}") for k in range(1, len(losses) + 1)],
        "train": [float(f"{loss:.3g}") if isfinite(loss) else None for loss in losses],
        "validation": [None] * len(losses),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
