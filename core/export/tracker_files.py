"""Exports for other tools that show trainings: the events of a run in their files."""

from pathlib import Path
from typing import ClassVar, Literal

from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import counted
from core.export.export_format import ExportFormat, Result, Writing
from core.runs.history import History
from core.runs.lineage import effective_experiment
from core.runs.store import Store
from core.runs.tracking.live import TRACKERS
from core.runs.tracking.scalars import ScalarReader, events_of

PIECE = 200  # events between two looks at Stop


class TrackerFormat(ExportFormat):
    """What the formats for trackers have in common; `shows` is the command that opens the files."""

    technique: ClassVar[str] = "K4"
    requirements: ClassVar[str] = "requirements-tracking.txt"
    reads_data: ClassVar[bool] = False
    needs_weights: ClassVar[bool] = False
    shows: ClassVar[str] = ""

    def write(self, store: Store, run: str, path: Path) -> Writing:
        events = events_of(History.of(store.read(run)[0]))
        experiment = effective_experiment(store, run)
        reader, names, count = ScalarReader(), set(), 0
        path.mkdir()
        tracker = TRACKERS[self.kind](path, run, experiment)
        try:
            for number, event in enumerate(events):
                if number % PIECE == 0:
                    yield number / len(events), f"Writing the files of {self.label}"
                tracker.add(event)
                scalars = reader.read(event)
                names.update(scalar.name for scalar in scalars)
                count += len(scalars)
        finally:
            tracker.close()
        return {"series": len(names), "values": count}

    def findings(self, result: Result) -> list[Finding]:
        values = f"{whole(result['values'])} values of {counted(result['series'], 'quantity')}"
        text = f"{values} and all settings were written. Show them with: {self.shows}"
        return [Finding("tracker_written", "ok", text, result)]


class TensorBoardFormat(TrackerFormat):
    """Losses, errors, learning rate, norms by layer, settings and final scores as event files of
    TensorBoard.
    """

    kind: Literal["tensorboard"] = "tensorboard"
    label: ClassVar[str] = "TensorBoard"
    source: ClassVar[str] = "Abadi et al. 2016"
    place: ClassVar[int] = 7
    packages: ClassVar[tuple[str, ...]] = ("tensorboard",)
    shows: ClassVar[str] = "tensorboard --logdir FOLDER"


class MLflowFormat(TrackerFormat):
    """The same numbers and settings as a run in the files of an MLflow tracking store."""

    kind: Literal["mlflow"] = "mlflow"
    label: ClassVar[str] = "MLflow"
    source: ClassVar[str] = "Zaharia et al. 2018"
    place: ClassVar[int] = 8
    packages: ClassVar[tuple[str, ...]] = ("mlflow",)
    shows: ClassVar[str] = "MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri FOLDER"
